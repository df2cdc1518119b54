// Points in time, and the clock as an argument.
#pragma once

#include <chrono>
#include <cstdint>

namespace varve::inline v0 {

/// UTC, in nanoseconds since 1970; the stored format's own resolution.
using timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Where the time comes from. Called from any thread.
class clock_source {
public:
    virtual ~clock_source() = default;

    /// Wall-clock time; may jump in both directions. Never used for order.
    virtual timestamp now() noexcept = 0;

    /// Time that only moves forward, for waits and leases; its zero means nothing.
    virtual std::chrono::nanoseconds monotonic() noexcept = 0;
};

/// The machine's own clocks.
class system_clock_source final : public clock_source {
public:
    timestamp now() noexcept override {
        return std::chrono::time_point_cast<std::chrono::nanoseconds>(
            std::chrono::system_clock::now());
    }
    std::chrono::nanoseconds monotonic() noexcept override {
        return std::chrono::steady_clock::now().time_since_epoch();
    }
};

}  // namespace varve::inline v0
