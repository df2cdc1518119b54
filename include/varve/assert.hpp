// An assertion that stays on in release builds.
//
// What can happen is a value (`failure.hpp`); what must not happen ends the process here, before a
// wrong byte reaches the disk.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace varve::inline v0::detail {

[[noreturn]] inline void broken(const char* what, const std::source_location& where) noexcept {
    std::fprintf(stderr, "varve: broken invariant: %s (%s:%u)\n", what, where.file_name(),
                 static_cast<unsigned>(where.line()));
    std::abort();
}

/// Aborts with `what` and the place unless `holds`. Costs one predictable branch.
inline void ensure(bool holds, const char* what,
                   const std::source_location& where = std::source_location::current()) noexcept {
    if (!holds) [[unlikely]]
        broken(what, where);
}

}  // namespace varve::inline v0::detail
