// Chance that can be repeated: a seeded source, and where a run's seed comes from.
#pragma once

#include <varve/environment.hpp>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace varve::inline v0::testkit {

/// Scrambles 64 bits; the finisher of splitmix64 (Steele, Lea, Flood, OOPSLA 2014).
constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

/// The same numbers for the same seed. Callable from any thread; the order is then the threads'.
class seeded_random final : public random_source {
public:
    explicit seeded_random(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept override {
        constexpr std::uint64_t step = 0x9e3779b97f4a7c15ull;
        return scramble(state_.fetch_add(step, std::memory_order_relaxed) + step);
    }

    /// A number from 0 to `bound` - 1; `bound` is not 0.
    std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }

    /// A number from `low` to `high`, both included.
    std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
        return low + below(high - low + 1);
    }

    /// True `percent` times out of a hundred.
    bool chance(std::uint64_t percent) noexcept { return below(100) < percent; }

private:
    std::atomic<std::uint64_t> state_;
};

/// An environment variable as a number; `otherwise` if it is not set or not a number.
inline std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    if (text == nullptr || *text == '\0') return otherwise;
    char* end = nullptr;
    const auto value = std::strtoull(text, &end, 0);
    return *end == '\0' ? value : otherwise;
}

/// The seed of a run: `VARVE_SEED` if it is set, which is how a failure is repeated.
inline std::uint64_t chosen_seed(std::uint64_t otherwise) {
    return number_from_environment("VARVE_SEED", otherwise);
}

}  // namespace varve::inline v0::testkit
