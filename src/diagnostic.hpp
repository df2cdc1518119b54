// What went wrong, why, and the next command: the form in which every problem is told.
#pragma once

#include "exit_code.hpp"

#include <varve/failure.hpp>

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace varve::tool {

enum class severity {
    error,
    warning,
    note,  ///< Not said on standard error if that is to be quiet.
};

inline std::string_view to_string(severity how) noexcept {
    switch (how) {
        case severity::error: return "error";
        case severity::warning: return "warning";
        case severity::note: return "note";
    }
    return "?";
}

struct diagnostic {
    std::string code;  ///< One word: that of the failure, or one of the tool's own (docs/tool.md).
    std::string message;  ///< What and why; may hold any bytes.
    std::string hint{};   ///< The next thing to do, a command if there is one; printable.
    varve::tool::severity severity = varve::tool::severity::error;
};

/// A problem that ends a command, and how.
struct problem {
    diagnostic what;
    exit_code code;
};

/// A value, or the problem that ends the command.
template <class T>
using answer = std::expected<T, problem>;

/// `return refuse(exit_code::usage, "usage", "...", "...")` from any function with an answer.
inline std::unexpected<problem> refuse(exit_code code, std::string word, std::string message,
                                       std::string hint = {}) {
    return std::unexpected(problem{{std::move(word), std::move(message), std::move(hint)}, code});
}

/// A failure of the library, told to a person. The hint is the general one for its code unless given.
inline problem told(failure f, std::string hint) {
    return {{std::string{to_string(f.code)}, std::move(f.message), std::move(hint)},
            exit_code_of(f.code)};
}

}  // namespace varve::tool
