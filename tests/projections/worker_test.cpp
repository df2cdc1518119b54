// A worker over a SQLite read model: applies once, waits, and says why it stopped
// (semantics §29-31, 52, 56, 57).
#include "bank_rows.hpp"
#include "stores.hpp"

#include <varve/projections/worker.hpp>
#include <varve/testing/simulation.hpp>

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using varve::position;
using model_of_balances = varve::sqlite_read_model<ledger::balances>;
using bank_worker = varve::projection_worker<ledger::log, model_of_balances>;

/// A read model in a file of its own.
model_of_balances open_model(const std::string& test) {
    return model_of_balances::open(ledger::fresh_folder(test) + "balances.db").value();
}

void expect_rows(const model_of_balances& model, ledger::log& store, position end) {
    const auto rows = ledger::stored_rows(model);
    ASSERT_TRUE(rows) << to_string(rows.error());
    EXPECT_EQ(rows->as_of, end);
    EXPECT_EQ(rows->text, ledger::expected_rows(store, end));
}

// §52, and semantics §29 without threads: nothing is posted while there is nothing to do.
TEST(worker, under_a_simulated_executor_catches_up_goes_live_and_leaves_nothing_posted) {
    varve::testkit::simulation world{1};
    auto store = ledger::memory_log(world.env());
    auto model = open_model("simulated");
    ledger::teller teller;
    teller.say_some(store, 50);

    bank_worker worker{store, model, world.env(), {.batch_events = 8}};
    ASSERT_TRUE(worker.start());
    EXPECT_EQ(worker.status().state, varve::worker_state::running);
    world.executor().run();
    EXPECT_EQ(worker.status().state, varve::worker_state::idle);
    expect_rows(model, store, position{50});

    teller.say_some(store, 3);  // each append wakes it; the first one posts the only turn
    EXPECT_EQ(world.executor().waiting(), 1u);
    world.executor().run();
    EXPECT_EQ(world.executor().waiting(), 0u);
    expect_rows(model, store, position{53});
}

// §31: a new worker goes on where the last one's rows end.
TEST(worker, goes_on_after_a_restart_from_the_checkpoint_beside_the_rows) {
    auto store = ledger::memory_log();
    const auto path = ledger::fresh_folder("restart") + "balances.db";
    ledger::teller teller;
    for (int life = 0; life < 4; ++life) {
        teller.say_some(store, 25);
        auto model = model_of_balances::open(path).value();
        bank_worker worker{store, model, varve::environment::system(), {.batch_events = 10}};
        ASSERT_TRUE(worker.step().value());
        expect_rows(model, store, position{static_cast<std::uint64_t>(life * 10 + 10)});
    }
}

// §30
TEST(worker, moves_its_checkpoint_over_events_it_does_not_want_and_never_decodes_them) {
    auto store = ledger::memory_log();
    auto model = open_model("filter");
    ledger::teller teller;
    teller.say(store, ledger::deposited{1, 5});
    for (int i = 0; i < 20; ++i)  // no value of any type has such a payload
        teller.say_all(store, {{.stream = "account-1", .type = "bank.noted", .payload = "\xff\xff"},
                               {.stream = "other-1", .type = "bank.deposite", .payload = "?"},
                               {.stream = "other-1", .type = "bank.deposited2", .payload = ""}});
    bank_worker worker{store, model};
    EXPECT_EQ(worker.run_to().value(), position{61});
    expect_rows(model, store, position{61});
    EXPECT_EQ(worker.status().read, position{61});
}

// §57
TEST(worker, wait_returns_only_when_the_event_is_applied_with_its_checkpoint) {
    auto store = ledger::memory_log();
    auto model = open_model("wait");
    bank_worker worker{store, model, varve::environment::system(), {.batch_events = 3}};
    ASSERT_TRUE(worker.start());
    ledger::teller teller;
    for (int i = 0; i < 60; ++i) {
        const auto last = teller.say_some(store, 1 + i % 5);
        const auto reached = worker.wait(last, 30s);
        ASSERT_TRUE(reached) << to_string(reached.error());
        EXPECT_GE(*reached, last);
        EXPECT_GE(ledger::stored_rows(model).value().as_of, last);
    }
    expect_rows(model, store, store.head());
}

// §57
TEST(worker, wait_times_out_with_how_far_it_came) {
    varve::testkit::simulation world{1};
    auto store = ledger::memory_log(world.env());
    auto model = open_model("timeout");
    bank_worker worker{store, model, world.env()};
    ASSERT_TRUE(worker.start());
    ledger::teller{}.say_some(store, 7);
    const auto reached = worker.wait(position{8}, 1ns);
    ASSERT_FALSE(reached);
    EXPECT_EQ(reached.error().code, varve::errc::timeout);
    EXPECT_NE(reached.error().message.find("has applied 7, not yet 8"), std::string::npos)
        << reached.error().message;
}

// §57: a simulation has nobody else to run the worker, and neither has a pool whose only thread waits.
TEST(worker, wait_applies_what_is_there_by_itself_when_no_thread_is_free) {
    varve::testkit::simulation world{1};
    auto store = ledger::memory_log(world.env());
    auto model = open_model("helping");
    bank_worker worker{store, model, world.env(), {.batch_events = 4}};
    ASSERT_TRUE(worker.start());
    const auto last = ledger::teller{}.say_some(store, 30);
    EXPECT_EQ(worker.wait(last, 30s).value(), last);
    expect_rows(model, store, last);
}

TEST(worker, wait_says_so_when_the_worker_does_not_run) {
    auto store = ledger::memory_log();
    auto model = open_model("closed");
    bank_worker worker{store, model};
    const auto last = ledger::teller{}.say_some(store, 1);
    EXPECT_EQ(worker.wait(last, 30s).error().code, varve::errc::closed);
    ASSERT_TRUE(worker.start());
    EXPECT_TRUE(worker.wait(last, 30s));
    worker.stop();
    EXPECT_TRUE(worker.wait(last, 30s)) << "what is applied is applied";
    EXPECT_EQ(worker.wait(last.next(), 30s).error().code, varve::errc::closed);
    EXPECT_EQ(worker.status().state, varve::worker_state::stopped);
}

// §52, §31: workers come and go while events are appended.
TEST(worker, started_and_destroyed_during_an_append_storm_applies_each_event_once) {
    auto store = ledger::memory_log();
    auto model = open_model("storm");
    std::vector<std::thread> writers;
    for (std::uint64_t who = 1; who <= 2; ++who)
        writers.emplace_back([&store, who] { ledger::teller{who}.say_some(store, 300); });
    position before;
    while (before < position{600}) {
        bank_worker worker{store, model, varve::environment::system(), {.batch_events = 32}};
        ASSERT_TRUE(worker.start());
        const auto reached = worker.wait(before.next(), 30s);
        ASSERT_TRUE(reached) << to_string(reached.error());
        before = *reached;
    }
    for (auto& writer : writers) writer.join();
    expect_rows(model, store, position{600});
}

// §56
TEST(worker, stops_at_an_event_it_cannot_decode_with_position_and_reason_and_stores_those_before) {
    auto store = ledger::memory_log();
    auto model = open_model("undecodable");
    ledger::teller teller;
    teller.say_some(store, 20);
    const auto bad = teller.say_all(
        store, {{.stream = "account-7", .type = "bank.deposited", .payload = "too short"}});
    teller.say_some(store, 20);

    bank_worker worker{store, model};
    for (int attempt = 0; attempt < 2; ++attempt) {  // and it does not step over it the next time
        ASSERT_TRUE(worker.start());
        const auto waited = worker.wait(store.head(), 30s);
        ASSERT_FALSE(waited);
        EXPECT_EQ(waited.error().code, varve::errc::undecodable);
        const auto status = worker.status();
        EXPECT_EQ(status.state, varve::worker_state::failed);
        EXPECT_EQ(status.failed, bad);
        EXPECT_EQ(status.applied, position{20});
        EXPECT_EQ(status.read, bad);
        ASSERT_TRUE(status.why);
        for (const auto* word : {"balances", "position 21", "bank.deposited", "account-7"})
            EXPECT_NE(status.why->message.find(word), std::string::npos) << status.why->message;
        EXPECT_EQ(worker.step().error().code, varve::errc::undecodable);
        EXPECT_EQ(worker.run_to().error().code, varve::errc::undecodable);
    }
    expect_rows(model, store, position{20});
}

}  // namespace
