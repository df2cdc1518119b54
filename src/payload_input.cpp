#include "payload_input.hpp"

#include <varve/limits.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace varve::tool {
namespace {

std::unexpected<problem> unreadable(const std::string& name) {
    const int error = errno;
    const auto code = error == ENOENT ? exit_code::not_found : exit_code::fault;
    return refuse(
        code, error == ENOENT ? "not_found" : "io",
        "reading the payload from " + name + ": " + std::generic_category().message(error),
        "give the payload itself, @FILE, or @- for standard input");
}

answer<std::string> read_all(int descriptor, const std::string& name) {
    std::string text;
    std::array<char, 65'536> piece;
    for (;;) {
        const auto got = ::read(descriptor, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return unreadable(name);
        if (got == 0) return text;
        text.append(piece.data(), static_cast<std::size_t>(got));
        if (text.size() > limits::payload)
            return refuse(exit_code::usage, "too_large",
                          name + " has more than " + std::to_string(limits::payload) +
                              " bytes, the limit of a payload",
                          "split it into several events");
    }
}

}  // namespace

answer<std::string> read_payload(std::string_view typed) {
    if (!typed.starts_with('@')) return std::string{typed};
    if (typed == "@-") return read_all(STDIN_FILENO, "standard input");
    const std::string name{typed.substr(1)};
    const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return unreadable("'" + name + "'");
    auto text = read_all(file, "'" + name + "'");
    ::close(file);
    return text;
}

}  // namespace varve::tool
