#include "tool_environment.hpp"

#include "text.hpp"
#include "time_text.hpp"

#include <cstdlib>

namespace varve::tool {
namespace {

class stopped_clock final : public clock_source {
public:
    explicit stopped_clock(timestamp at) noexcept : at_(at) {}
    timestamp now() noexcept override { return at_; }
    std::chrono::nanoseconds monotonic() noexcept override { return at_.time_since_epoch(); }

private:
    timestamp at_;
};

/// SplitMix64 (Steele, Lea, Flood 2014), enough to tell identifiers apart. One thread.
class seeded_random final : public random_source {
public:
    explicit seeded_random(std::uint64_t seed) noexcept : state_(seed) {}
    std::uint64_t next() noexcept override {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

private:
    std::uint64_t state_;
};

}  // namespace

answer<std::unique_ptr<tool_environment>> tool_environment::make() {
    std::unique_ptr<clock_source> clock = std::make_unique<system_clock_source>();
    std::unique_ptr<random_source> chance = std::make_unique<system_random_source>();
    if (const char* time = std::getenv("VARVE_TEST_TIME"); time != nullptr) {
        const auto at = parse_rfc3339(time);
        if (!at)
            return refuse(exit_code::usage, "usage", "VARVE_TEST_TIME is not an RFC 3339 time",
                          "unset VARVE_TEST_TIME");
        clock = std::make_unique<stopped_clock>(*at);
    }
    if (const char* text = std::getenv("VARVE_TEST_SEED"); text != nullptr) {
        const auto seed = parse_number(text);
        if (!seed)
            return refuse(exit_code::usage, "usage", "VARVE_TEST_SEED is not a number",
                          "unset VARVE_TEST_SEED");
        chance = std::make_unique<seeded_random>(*seed);
    }
    return std::unique_ptr<tool_environment>{
        new tool_environment{std::move(clock), std::move(chance)}};
}

}  // namespace varve::tool
