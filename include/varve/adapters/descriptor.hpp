// A file descriptor that closes itself, the system's errors as failures, and which process this is.
#pragma once

#include <varve/failure.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

namespace varve::inline v0::detail {

/// `open: No such file or directory` with the code that fits.
inline std::unexpected<failure> system_failure(const std::string& what, int error) {
    errc code = errc::io;
    if (error == ENOENT || error == ENOTDIR) code = errc::not_found;
    if (error == EACCES || error == EPERM || error == EROFS) code = errc::denied;
    if (error == ENOSPC || error == EDQUOT) code = errc::full;
    return fail(code, what + ": " + std::generic_category().message(error));
}

/// Which process this is; another one after `fork()`.
inline std::int64_t process_id() noexcept { return ::getpid(); }

/// A file descriptor that closes itself.
class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int raw) noexcept : raw_(raw) {}
    descriptor(descriptor&& other) noexcept : raw_(std::exchange(other.raw_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~descriptor() {
        if (raw_ >= 0) ::close(raw_);
    }
    int get() const noexcept { return raw_; }
    explicit operator bool() const noexcept { return raw_ >= 0; }

private:
    int raw_ = -1;
};

}  // namespace varve::inline v0::detail
