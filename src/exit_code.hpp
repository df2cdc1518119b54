// What the tool's exit codes mean, and which failure leads to which.
//
// The table is in docs/tool.md; a test compares the two.
#pragma once

#include <varve/failure.hpp>

namespace varve::tool {

/// How a command ended. The numbers never change.
enum class exit_code : int {
    good = 0,           ///< Done.
    fault = 1,          ///< Ran and found a fault, or the system failed it.
    usage = 2,          ///< The command cannot be meant like this.
    not_found = 3,      ///< What was named is not there.
    conflict = 4,       ///< The stream moved on or ended, the append id was used, a claim was lost.
    corrupt = 5,        ///< Stored bytes fail their checks.
    busy = 6,           ///< Somebody else holds the store, or it is overloaded.
    partial = 7,        ///< Done in part; the message says how to go on.
    interrupted = 130,  ///< Stopped by a signal; the message says how to resume.
};

/// The code that a failure of the library leads to.
constexpr exit_code exit_code_of(errc code) noexcept {
    switch (code) {
        case errc::conflict:
        case errc::exists:
        case errc::tombstoned:
        case errc::id_reused:
        case errc::fenced: return exit_code::conflict;
        case errc::corrupt: return exit_code::corrupt;
        case errc::not_found: return exit_code::not_found;
        case errc::busy:
        case errc::overloaded:
        case errc::reserved: return exit_code::busy;
        case errc::invalid_argument:
        case errc::too_large:
        case errc::foreign:
        case errc::unsupported: return exit_code::usage;
        case errc::unknown: return exit_code::partial;
        case errc::cancelled: return exit_code::interrupted;
        case errc::rejected:
        case errc::poisoned:
        case errc::full:
        case errc::io:
        case errc::denied:
        case errc::undecodable:
        case errc::timeout:
        case errc::closed: return exit_code::fault;
    }
    return exit_code::fault;
}

}  // namespace varve::tool
