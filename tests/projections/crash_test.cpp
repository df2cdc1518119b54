// A read model on a disk that fails, fills up and loses power: rows and checkpoint stay one, and each
// event is applied exactly once (semantics §31, 34, 35, 52, 53).
#include "bank_rows.hpp"
#include "stores.hpp"

#include <varve/eventstore/simulation/sqlite_vfs.hpp>
#include <varve/projections/worker.hpp>
#include <varve/testing/simulation.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

namespace {

using varve::disk_error;
using varve::disk_fault;
using varve::disk_operation;
using varve::position;
using model_of_balances = varve::sqlite_read_model<ledger::balances>;
using bank_worker = varve::projection_worker<ledger::log, model_of_balances>;

/// How a process ends.
struct ending {
    bool power_cut = false;
    std::uint64_t seed = 0;  ///< Decides what of the unsynced is kept.
};

/// The disk of the read model, and what a worker has claimed to be durable on it.
struct machine {
    varve::testkit::simulation world;
    std::shared_ptr<varve::simulated_disk> disk = std::make_shared<varve::simulated_disk>();
    varve::sqlite_simulated_vfs vfs{disk};
    ledger::log store;
    ledger::teller teller{};
    varve::survival survives = varve::survival::power_loss;
    position claimed{};

    explicit machine(std::uint64_t seed) : world(seed), store(ledger::memory_log(world.env())) {}

    varve::result<model_of_balances> open() {
        return model_of_balances::open("balances.db", {.survives = survives, .vfs = vfs.name()});
    }

    /// The life of one process, which ends when it has caught up or after its `retries`-th retry.
    /// True if it has caught up.
    bool live(int retries, ending end = {}, bool rebuild = false) {
        auto model = open();
        bool done = false;
        if (model) {
            bank_worker worker{store, *model, world.env(), {.batch_events = 7}};
            if (rebuild) {
                claimed = {};
                static_cast<void>(worker.rebuild());
            }
            for (int i = 0; i <= retries && !done; ++i)
                done = worker.start() && worker.run_to().has_value();
            claimed = std::max(claimed, worker.status().applied);
            if (end.power_cut) disk->crash(end.seed);
        } else if (end.power_cut) {
            disk->crash(end.seed);
        }
        return done;
    }

    /// What a new process finds: a prefix of the log, whole, and nothing of it lost that was claimed.
    void expect_sound(const std::string& story) {
        auto model = open();
        ASSERT_TRUE(model) << to_string(model.error()) << "\n" << story;
        bank_worker worker{store, *model, world.env(), {.batch_events = 7}};
        const auto started = worker.start();
        ASSERT_TRUE(started) << to_string(started.error()) << "\n" << story;
        const auto found = ledger::stored_rows(*model);
        ASSERT_TRUE(found) << to_string(found.error()) << "\n" << story;
        EXPECT_EQ(found->text, ledger::expected_rows(store, found->as_of)) << story;
        if (survives == varve::survival::power_loss) {
            EXPECT_GE(found->as_of, claimed) << story;
        }

        ASSERT_TRUE(worker.run_to()) << to_string(*worker.status().why) << "\n" << story;
        const auto rows = ledger::stored_rows(*model).value();
        EXPECT_EQ(rows.as_of, store.head()) << story;
        EXPECT_EQ(rows.text, ledger::expected_rows(store)) << story;
        claimed = rows.as_of;
    }
};

constexpr int events = 40;

/// How many operations of a kind a life takes that meets no fault.
std::uint64_t operations(disk_operation kind) {
    machine sound{1};
    sound.teller.say_some(sound.store, events);
    EXPECT_TRUE(sound.live(0));
    return sound.disk->count(kind);
}

const char* name_of(disk_error error) {
    switch (error) {
        case disk_error::io: return "EIO";
        case disk_error::no_space: return "ENOSPC";
        case disk_error::short_write: return "short write";
    }
    return "?";
}

/// Lets operation `at` fail, ends the process as `power_cut` says, and looks at what is left.
void fail_at(std::uint64_t at, disk_error error, bool for_ever, bool power_cut) {
    machine box{at};
    box.teller.say_some(box.store, events);
    box.disk->plan({.at = at, .for_ever = for_ever, .error = error});
    box.live(0, {power_cut, at});
    box.disk->clear_faults();
    box.expect_sound(std::string{name_of(error)} + " at operation " + std::to_string(at) +
                     (for_ever ? " and all later ones" : "") +
                     (power_cut ? ", then a power cut" : ""));
}

// §52, reliability B2
TEST(projection_crash,
     any_operation_of_the_disk_may_fail_once_or_for_ever_before_the_process_ends) {
    const auto all = operations(disk_operation::any);
    ASSERT_GT(all, 50u);
    for (const auto error : {disk_error::io, disk_error::no_space, disk_error::short_write})
        for (std::uint64_t at = 1; at <= all && !HasFatalFailure(); ++at)
            for (const bool for_ever : {false, true}) fail_at(at, error, for_ever, false);
}

// §35, §52, reliability B2: the fault, and the power goes before anything can be mended
TEST(projection_crash, any_operation_of_the_disk_may_fail_and_then_the_power_is_cut) {
    const auto all = operations(disk_operation::any);
    for (const auto error : {disk_error::io, disk_error::short_write})
        for (std::uint64_t at = 1; at <= all && !HasFatalFailure(); ++at)
            for (const bool for_ever : {false, true}) fail_at(at, error, for_ever, true);
}

// §52: the worker says that it failed, and `start` takes it up again in the same process.
TEST(projection_crash, a_worker_that_failed_once_goes_on_when_it_is_started_again) {
    const auto all = operations(disk_operation::any);
    std::uint64_t failed = 0;
    for (std::uint64_t at = 1; at <= all && !HasFatalFailure(); ++at) {
        machine box{at};
        box.teller.say_some(box.store, events);
        auto model = box.open();
        ASSERT_TRUE(model);
        const auto before = box.disk->count(disk_operation::any);
        if (before + at > all) break;
        box.disk->plan({.at = at});
        bank_worker worker{box.store, *model, box.world.env(), {.batch_events = 7}};
        if (!worker.start() || !worker.run_to()) {
            ++failed;
            EXPECT_EQ(worker.status().state, varve::worker_state::failed) << at;
            const auto again = worker.start();
            ASSERT_TRUE(again) << to_string(again.error()) << " after a fault at " << at;
        }
        ASSERT_TRUE(worker.run_to()) << at;
        box.disk->clear_faults();
        EXPECT_EQ(ledger::stored_rows(*model).value().text, ledger::expected_rows(box.store)) << at;
    }
    EXPECT_GT(failed, 20u);
}

/// Lives that end in power cuts at random operations, with rebuilds between.
void cut_the_power(std::uint64_t seed, varve::survival survives) {
    machine box{seed};
    box.survives = survives;
    auto& chance = box.world.chance();
    for (int life = 0; life < 5 && !testing::Test::HasFatalFailure(); ++life) {
        box.teller.say_some(box.store, static_cast<int>(chance.below(30)));
        const auto at = chance.between(1, 90);
        box.disk->plan({.at = at, .for_ever = chance.chance(80)});
        const bool rebuild = chance.chance(25);
        box.live(1, {.power_cut = true, .seed = chance.next()}, rebuild);
        box.expect_sound("life " + std::to_string(life) + (rebuild ? ", rebuilding" : "") +
                         ", power cut at operation " + std::to_string(at) + "\n" +
                         box.world.story());
    }
}

// §34, §52, §53, reliability B4
TEST(projection_crash, power_cuts_at_random_points_lose_nothing_and_repeat_nothing) {
    const auto first = varve::testkit::chosen_seed(1);
    const auto runs = varve::testkit::number_from_environment("VARVE_RUNS", 150);
    for (std::uint64_t i = 0; i < runs && !HasFatalFailure(); ++i)
        cut_the_power(first + i, varve::survival::power_loss);
}

// §52: what is not synced falls back as a whole, and is applied again.
TEST(projection_crash, a_read_model_that_survives_only_its_process_falls_back_with_its_checkpoint) {
    const auto first = varve::testkit::chosen_seed(1);
    for (std::uint64_t i = 0; i < 50 && !HasFatalFailure(); ++i)
        cut_the_power(first + i, varve::survival::process_death);
}

// The whole thing is a function of its seed.
TEST(projection_crash, the_same_seed_makes_the_same_run) {
    const auto run = [](std::uint64_t seed) {
        varve::seed_sqlite(1);
        machine box{seed};
        box.teller.say_some(box.store, 30);
        box.disk->plan({.at = 60, .for_ever = true});
        box.live(1, {.power_cut = true, .seed = 5});
        box.expect_sound("a repeated run");
        return std::pair{box.disk->count(disk_operation::any), box.world.trace().hash()};
    };
    EXPECT_EQ(run(3), run(3));
}

}  // namespace
