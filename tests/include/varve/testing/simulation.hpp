// A whole process on one thread: virtual time, seeded chance, and tasks in a seeded order.
//
//     testkit::simulation world{testkit::chosen_seed(7)};
//     auto store = memory_store::open(disk, world.env()).value();
//     world.executor().post([&] { ...; });
//     world.executor().run();
//     EXPECT_EQ(..., ...) << world.story();      // the seed, the hash and the last lines
//
// Give everything in the run `world.env()`, and nothing in it can depend on the machine: the same
// seed makes the same run, and `trace().hash()` shows that it did.
#pragma once

#include <varve/environment.hpp>
#include <varve/testing/clock.hpp>
#include <varve/testing/random.hpp>
#include <varve/testing/simulated_executor.hpp>
#include <varve/testing/trace.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace varve::inline v0::testkit {

/// The environment of a simulated run. It outlives whatever runs in it.
class simulation {
public:
    explicit simulation(std::uint64_t seed)
        : seed_(seed),
          chance_(scramble(seed)),
          random_(scramble(seed + 1)),
          executor_(clock_, scramble(seed + 2), trace_),
          env_(clock_, random_, executor_) {}
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;

    /// What the code under test is given.
    environment& env() noexcept { return env_; }
    manual_clock& clock() noexcept { return clock_; }
    simulated_executor& executor() noexcept { return executor_; }

    /// The test's own choices; apart from the chance that the code under test draws from.
    seeded_random& chance() noexcept { return chance_; }

    testkit::trace& trace() noexcept { return trace_; }
    void note(std::string_view line) { trace_.note(line); }

    std::uint64_t seed() const noexcept { return seed_; }

    /// For the message of a failure: how to repeat it, and what happened last.
    std::string story() const {
        return "seed " + std::to_string(seed_) + " (VARVE_SEED=" + std::to_string(seed_) +
               " repeats it), trace " + std::to_string(trace_.hash()) + " of " +
               std::to_string(trace_.notes()) + " notes, last:\n" + trace_.tail();
    }

private:
    std::uint64_t seed_;
    testkit::trace trace_;
    manual_clock clock_;
    seeded_random chance_;
    seeded_random random_;
    simulated_executor executor_;
    environment env_;
};

}  // namespace varve::inline v0::testkit
