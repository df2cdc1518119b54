// The floors of the house: where a file stands, and what may be seen from there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace house {

// ---- where a file stands -------------------------------------------------------------------

/// The floors, from the ground up; `elsewhere` is bound by no rule.
enum class place {
    core,
    adapters,
    eventstore,
    projections,
    sagas,
    roof_part,  // beside app.hpp, in its include root
    roof,       // varve/app.hpp
    testing,    // varve::testing
    cli,        // varve::cli
    tool,
    samples,
    benchmarks,
    tests,
    elsewhere
};

inline constexpr std::string_view place_names[] = {
    "the core",           "an adapter",  "eventstore", "projections", "sagas",
    "a part of the roof", "the roof",    "testing",    "cli",         "the tool",
    "a sample",           "a benchmark", "a test",     "elsewhere"};

inline std::string_view name(place of) { return place_names[static_cast<std::size_t>(of)]; }

inline place place_of(std::string_view path) {
    static constexpr std::pair<std::string_view, place> folders[] = {
        {"include/varve/adapters/", place::adapters},
        {"include/", place::core},
        {"eventstore/", place::eventstore},
        {"projections/", place::projections},
        {"sagas/", place::sagas},
        {"src/include/varve/app.hpp", place::roof},
        {"src/include/varve/cli/", place::cli},
        {"src/include/", place::roof_part},
        {"src/", place::tool},
        {"tests/include/", place::testing},
        {"tests/", place::tests},
        {"samples/", place::samples},
        {"benchmarks/", place::benchmarks},
    };
    for (const auto& [prefix, where] : folders) {
        if (path.starts_with(prefix)) return where;
    }
    return place::elsewhere;
}

/// Whether an include may point from one floor to another.
inline bool may_see(place from, place to) {
    using enum place;
    if (to == elsewhere) return false;
    switch (from) {
        case core: return to == core;
        case adapters: return to == core || to == adapters;
        case eventstore:
        case projections:
        case sagas: return to == core || to == adapters || to == from;
        case roof_part: return to == core || to == adapters || to == roof_part;
        case roof: return to <= roof_part;
        case testing: return to <= testing;
        case cli: return to <= roof || to == cli;
        case tool: return to <= roof || to == cli || to == tool;
        case samples: return to <= cli || to == samples;
        case benchmarks: return to <= cli || to == samples || to == benchmarks;
        case tests:
        case elsewhere: return true;
    }
    return false;
}

// ---- what an include names -----------------------------------------------------------------

enum class origin { standard, system, library };

inline bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Where `<name>` comes from, when it is not ours.
inline origin origin_of(std::string_view header) {
    const bool bare = header.find_first_of("/.") == std::string_view::npos;
    if (bare) return origin::standard;  // C++ headers have no extension
    if (is_one_of(header, {"assert.h", "ctype.h", "errno.h", "fenv.h", "float.h", "inttypes.h",
                           "limits.h", "locale.h", "math.h", "signal.h", "stdarg.h", "stddef.h",
                           "stdint.h", "stdio.h", "stdlib.h", "string.h", "time.h"})) {
        return origin::standard;
    }
    if (header.starts_with("sys/") || header.starts_with("linux/") || header.starts_with("bits/"))
        return origin::system;
    if (is_one_of(header, {"dirent.h", "execinfo.h", "fcntl.h", "immintrin.h", "malloc.h", "poll.h",
                           "pthread.h", "pty.h", "sched.h", "semaphore.h", "spawn.h", "termios.h",
                           "unistd.h"})) {
        return origin::system;
    }
    return origin::library;
}

/// The library a third-party header belongs to: its first folder, or its name.
inline std::string library_of(std::string_view header) {
    return std::string(header.substr(0, header.find_first_of("/.")));
}

/// Whether a file at this place may include that header, which is not ours.
inline bool may_use(place from, std::string_view header) {
    using enum place;
    const origin of = origin_of(header);
    if (of == origin::standard || from == elsewhere || from == benchmarks || from == adapters)
        return true;
    if (of == origin::system) return from == tool || from == samples || from == tests;
    const std::string library = library_of(header);
    if (from == testing) return is_one_of(library, {"gtest", "gmock", "rapidcheck"});
    if (from == tests)
        return is_one_of(library,
                         {"gtest", "gmock", "rapidcheck", "google", "simdjson", "fmt", "CLI"});
    if (from == tool || from == cli)
        return is_one_of(library, {"CLI", "fmt", "google", "simdjson"});
    return false;
}

}  // namespace house
