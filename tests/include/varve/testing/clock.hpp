// A clock that stands still until a test moves it.
#pragma once

#include <varve/time.hpp>

#include <atomic>
#include <chrono>

namespace varve::inline v0::testkit {

/// Wall-clock and monotonic time under a test's hand. May be read and moved from any thread.
class manual_clock final : public clock_source {
public:
    static constexpr timestamp default_start{std::chrono::seconds{1'700'000'000}};

    explicit manual_clock(timestamp start = default_start) noexcept
        : wall_(start.time_since_epoch().count()) {}

    timestamp now() noexcept override {
        return timestamp{std::chrono::nanoseconds{wall_.load(std::memory_order_relaxed)}};
    }
    std::chrono::nanoseconds monotonic() noexcept override {
        return std::chrono::nanoseconds{monotonic_.load(std::memory_order_relaxed)};
    }

    /// Time passes: both clocks move forward by `by`, which is not negative.
    void advance(std::chrono::nanoseconds by) noexcept {
        wall_.fetch_add(by.count(), std::memory_order_relaxed);
        monotonic_.fetch_add(by.count(), std::memory_order_relaxed);
    }

    /// Somebody sets the wall clock, in either direction; the monotonic clock does not notice.
    void jump(std::chrono::nanoseconds by) noexcept {
        wall_.fetch_add(by.count(), std::memory_order_relaxed);
    }

private:
    std::atomic<std::chrono::nanoseconds::rep> wall_;
    std::atomic<std::chrono::nanoseconds::rep> monotonic_{1};
};

}  // namespace varve::inline v0::testkit
