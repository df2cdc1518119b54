// A store and its writers on one thread under a seed: faults, power cuts, jumping clocks, and the
// same run again from the same seed (semantics.md §1, §10, §35 to §38).
#include "conformance/engines.hpp"

#include <varve/eventstore/simulation/sqlite_vfs.hpp>
#include <varve/testing/audit.hpp>
#include <varve/testing/ledger.hpp>
#include <varve/testing/simulation.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace varve::tests {
namespace {

using namespace testkit;
using namespace std::chrono_literals;

/// One run. Writers append asynchronously; the disk fails and the power is cut when the seed says so.
class simulated_run {
public:
    simulated_run(std::string_view engine, std::uint64_t seed) : world_(seed), harness_(engine) {
        seed_sqlite(static_cast<std::uint32_t>(seed));
        open();
    }

    void run(int steps) {
        for (int i = 0; i < steps && wrong_.empty(); ++i) step();
        harness_.clear_faults();
        settle();
        if (wrong_.empty()) check();
    }

    const std::string& wrong() const noexcept { return wrong_; }
    std::string story() const { return world_.story(); }
    std::uint64_t hash() noexcept { return world_.trace().hash(); }
    std::size_t acknowledged() const noexcept { return account_.acknowledged(); }
    int cuts = 0;
    int unknowns = 0;

private:
    void step() {
        const auto dice = world_.chance().below(100);
        if (dice < 55) {
            const auto delay = std::chrono::microseconds{world_.chance().below(500)};
            world_.executor().post_after(delay, [this] { append(); });
        } else if (dice < 85) {
            world_.executor().step();
        } else if (dice < 90) {
            world_.clock().jump(std::chrono::seconds{world_.chance().below(7200)} - 1h);
        } else if (dice < 93) {
            plan();
        } else if (dice < 95) {
            settle();
        } else if (dice < 97) {
            power_cut();
        } else {
            world_.executor().run_for(1ms);
        }
    }

    void append() {
        const auto id = world_.env().ids().next<append_id>();
        drawn_from(id).send([&](const append_request& request) {
            store_->append_async(request, [this, id](result<receipt> answer) {
                account_.note(id, answer);
                world_.note(answer ? "stored at " + to_string(answer->first)
                                   : std::string{to_string(answer.error().code)});
                if (code_of(answer) == errc::unknown) ++unknowns;
            });
        });
    }

    void plan() {
        constexpr disk_operation kinds[]{disk_operation::write, disk_operation::sync,
                                         disk_operation::any};
        constexpr disk_error errors[]{disk_error::io, disk_error::no_space,
                                      disk_error::short_write};
        harness_.plan({.kind = kinds[world_.chance().below(3)],
                       .at = world_.chance().between(1, 20),
                       .for_ever = world_.chance().chance(30),
                       .error = errors[world_.chance().below(3)]});
    }

    /// Whoever waits is answered; then the store is opened again if it must be, and asked again.
    void settle() {
        world_.executor().run();
        harness_.clear_faults();
        if (const auto reopened = store_->reopen(); !reopened)
            return fail(to_string(reopened.error()));
        world_.note("head " + to_string(store_->head()));
        if (auto found = account_.compare(*store_); !found.empty()) return fail(std::move(found));
        for (const auto& id : account_.unknown_ids()) {
            drawn_from(id).send([&](const append_request& request) {
                store_->append_async(request, [this](result<receipt> answer) {
                    if (!answer) return fail("asked again: " + to_string(answer.error()));
                    account_.acknowledge(*answer);
                });
            });
        }
        world_.executor().run();
        if (auto found = account_.compare(*store_); !found.empty()) fail(std::move(found));
    }

    void power_cut() {
        ++cuts;
        harness_.power_cut(world_.chance().next());
        world_.executor().run();  // what was under way meets a dead disk
        store_.reset();
        open();
        world_.note("after a power cut: head " + to_string(store_->head()));
        if (auto found = account_.compare(*store_); !found.empty()) fail(std::move(found));
    }

    void check() {
        const auto found = audit(*store_);
        if (!found.sound()) fail(found.text());
        world_.note(found.text());
    }

    void open() {
        auto opened = harness_.open(world_.env());
        if (!opened) return fail("opening: " + to_string(opened.error()));
        store_.emplace(std::move(*opened));
    }

    void fail(std::string why) {
        if (wrong_.empty()) wrong_ = std::move(why);
    }

    template <class T>
    static std::optional<errc> code_of(const result<T>& answer) {
        return answer ? std::nullopt : std::optional{answer.error().code};
    }

    simulation world_;
    our_harness harness_;
    ledger account_;
    std::optional<any_store> store_;
    std::string wrong_;
};

void simulate(std::string_view engine, std::uint64_t otherwise) {
    const auto seeds = number_from_environment("VARVE_SEEDS", otherwise);
    const auto first = chosen_seed(1);
    std::size_t acknowledged = 0;
    int cuts = 0;
    int unknowns = 0;
    std::set<std::uint64_t> hashes;
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        simulated_run run{engine, seed};
        run.run(400);
        ASSERT_EQ(run.wrong(), "") << run.story();
        simulated_run again{engine, seed};
        again.run(400);
        ASSERT_EQ(run.hash(), again.hash()) << "the same seed, another run: " << run.story();
        hashes.insert(run.hash());
        acknowledged += run.acknowledged();
        cuts += run.cuts;
        unknowns += run.unknowns;
    }
    std::printf("simulation on %s: seeds %llu to %llu, %zu appends, %d power cuts, %d unknown\n",
                std::string{engine}.c_str(), static_cast<unsigned long long>(first),
                static_cast<unsigned long long>(first + seeds - 1), acknowledged, cuts, unknowns);
    EXPECT_EQ(hashes.size(), seeds) << "another seed is another run";
    EXPECT_GT(cuts, 0);
    EXPECT_GT(unknowns, 0);
}

TEST(store_simulation, S36_a_seeded_run_keeps_its_promises_and_repeats_exactly_on_memory) {
    simulate("memory", 40);
}

TEST(store_simulation, S36_a_seeded_run_keeps_its_promises_and_repeats_exactly_on_sqlite) {
    simulate("sqlite", 15);
}

TEST(store_simulation, S36_a_seeded_run_keeps_its_promises_and_repeats_exactly_on_rocksdb) {
    simulate("rocksdb", 8);
}

TEST(simulation_kit, tasks_run_in_an_order_that_the_seed_decides) {
    const auto order = [](std::uint64_t seed) {
        simulation world{seed};
        std::vector<int> done;
        for (int i = 0; i < 8; ++i) world.executor().post([&done, i] { done.push_back(i); });
        EXPECT_EQ(world.executor().run(), 8u);
        return done;
    };
    std::set<std::vector<int>> orders;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        EXPECT_EQ(order(seed), order(seed));
        orders.insert(order(seed));
    }
    EXPECT_GT(orders.size(), 40u);
}

TEST(simulation_kit, time_passes_only_when_nothing_is_ready) {
    simulation world{1};
    std::vector<std::chrono::nanoseconds> when;
    const auto start = world.clock().monotonic();
    const auto note = [&] { when.push_back(world.clock().monotonic() - start); };
    world.executor().post_after(5s, note);
    world.executor().post_after(2s, note);
    world.executor().post([&] { world.executor().post_after(1h, note), note(); });
    world.executor().run();
    EXPECT_EQ(when, (std::vector<std::chrono::nanoseconds>{0s, 2s, 5s, 1h}));
    EXPECT_EQ(world.clock().now() - manual_clock::default_start, 1h);
}

TEST(simulation_kit, running_for_a_while_runs_what_is_due_and_no_more) {
    simulation world{1};
    int done = 0;
    world.executor().post_after(1s, [&] { ++done; });
    world.executor().post_after(3s, [&] { ++done; });
    EXPECT_EQ(world.executor().run_for(2s), 1u);
    EXPECT_EQ(done, 1);
    EXPECT_EQ(world.clock().now() - manual_clock::default_start, 2s);
    world.executor().drop_all();
    EXPECT_FALSE(world.executor().step()) << "a dropped task does not run";
}

TEST(simulation_kit, a_jump_of_the_wall_clock_moves_no_deadline) {
    simulation world{1};
    bool done = false;
    world.executor().post_after(1s, [&] { done = true; });
    world.clock().jump(-48h);
    EXPECT_EQ(world.executor().run_for(1s), 1u);
    EXPECT_TRUE(done);
    EXPECT_EQ(world.clock().now() - manual_clock::default_start, 1s - 48h);
}

TEST(simulation_kit, a_trace_tells_two_runs_apart) {
    const auto hash = [](auto... notes) {
        trace t;
        (t.note(notes), ...);
        return t.hash();
    };
    using std::string_view;
    EXPECT_EQ(hash(string_view{"a"}, string_view{"b"}), hash(string_view{"a"}, string_view{"b"}));
    EXPECT_NE(hash(string_view{"a"}, string_view{"b"}), hash(string_view{"b"}, string_view{"a"}));
    EXPECT_NE(hash(string_view{"ab"}, string_view{""}), hash(string_view{"a"}, string_view{"b"}));
    EXPECT_NE(hash(std::uint64_t{1}), hash(std::uint64_t{2}));
}

}  // namespace
}  // namespace varve::tests
