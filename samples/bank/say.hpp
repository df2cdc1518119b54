// What the bank prints, and the exit code that goes with it.
#pragma once

#include "../arguments.hpp"

#include <varve/failure.hpp>

#include <cstdint>
#include <cstdio>
#include <string>

namespace bank {

inline int say(const varve::failure& why) {
    std::fprintf(stderr, "bank: %s\n", to_string(why).c_str());
    return samples::exit_code_of(why.code);
}

inline int misused(const std::string& what) {
    std::fprintf(stderr, "bank: %s; `bank --help` shows how\n", what.c_str());
    return samples::usage;
}

/// A line of a report: a number in its column, and what it counts.
inline void print_count(std::uint64_t count, const char* what) {
    std::printf("%12llu  %s\n", static_cast<unsigned long long>(count), what);
}

/// `-12.05`
inline std::string money(std::int64_t cents) {
    const auto size = cents < 0 ? 0 - static_cast<std::uint64_t>(cents)
                                : static_cast<std::uint64_t>(cents);
    const auto rest = std::to_string(size % 100);
    return (cents < 0 ? "-" : "") + std::to_string(size / 100) + (rest.size() == 1 ? ".0" : ".") +
           rest;
}

}  // namespace bank
