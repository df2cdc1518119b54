#include "byte_sink.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace varve::tool {

void byte_sink::flush() {
    std::string_view rest = buffer_;
    while (!rest.empty() && error_ == 0) {
        const auto written = ::write(descriptor_, rest.data(), rest.size());
        if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {  // somebody made the terminal or pipe non-blocking
            pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
            ::poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            error_ = errno;
        }
    }
    buffer_.clear();
}

result<void> byte_sink::outcome(std::string_view name) const {
    if (error_ == 0 || error_ == EPIPE) return {};
    const bool full = error_ == ENOSPC || error_ == EDQUOT || error_ == EFBIG;
    return fail(full ? errc::full : errc::io,
                "writing to " + std::string{name} + ": " + std::generic_category().message(error_));
}

}  // namespace varve::tool
