// Which store a command means: `sqlite:FILE`, or a bare path, which is one.
#pragma once

#include "diagnostic.hpp"

#include <string>
#include <string_view>

namespace varve::tool {

struct store_location {
    std::string engine;  ///< `sqlite`.
    std::string path;

    /// As it is written after `--store`.
    std::string text() const { return engine + ":" + path; }
};

/// Refuses nothing at all, engines that come later, and engines that nobody knows.
answer<store_location> parse_location(std::string_view text);

}  // namespace varve::tool
