// Points in time as text: RFC 3339, in UTC.
#pragma once

#include <varve/time.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace varve::tool {

/// `2026-01-02T03:04:05.123Z`: no, three, six or nine digits behind the dot, as needed.
std::string rfc3339(timestamp when);

/// Reads `2026-01-02T03:04:05[.fraction](Z|+01:00)`, also a date alone (its midnight in UTC). Nothing
/// if it is anything else, or outside the years that the store can hold (1678 to 2261).
std::optional<timestamp> parse_rfc3339(std::string_view text);

/// `1.9 s`, `3 min 20 s`: how long something took.
std::string short_duration(std::chrono::nanoseconds took);

}  // namespace varve::tool
