// Other programs, asked through the shell.
#pragma once

#include <varve/failure.hpp>

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace dpkg {

/// A word that the shell takes as it is.
inline std::string shell_word(std::string_view word) {
    std::string safe = "'";
    for (const char c : word) safe += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return safe + "'";
}

/// What a command prints. Errors: `io` with its name if it ends with another code than 0.
inline varve::result<std::string> output_of(const std::string& command) {
    auto* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return varve::fail(varve::errc::io, "cannot run: " + command);
    std::string text;
    std::array<char, 1 << 16> part;
    while (const auto size = std::fread(part.data(), 1, part.size(), pipe))
        text.append(part.data(), size);
    const int status = ::pclose(pipe);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
    return varve::fail(varve::errc::io, "failed: " + command);
}

}  // namespace dpkg
