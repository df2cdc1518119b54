// Rebuilding: twice equals once equals the incremental result (semantics §53).
#include "bank_rows.hpp"
#include "stores.hpp"

#include <varve/projections/memory_read_model.hpp>
#include <varve/projections/worker.hpp>
#include <varve/testing/simulation.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>

namespace {

using varve::position;
using model_of_balances = varve::sqlite_read_model<ledger::balances>;
using bank_worker = varve::projection_worker<ledger::log, model_of_balances>;

/// Changes a read model behind its worker's back, as a person with a shell might.
void meddle(const std::string& path, const char* sql) {
    auto db = varve::sqlite_connection::open(path, {.access = varve::sqlite_access::write});
    db->execute(sql).value();
}

/// The text of `sql`'s first column in a read-only connection, as `sqlite3 -readonly` has it.
std::string look(const std::string& path, const char* sql) {
    auto db = varve::sqlite_connection::open(path, {.access = varve::sqlite_access::read});
    return db->ask(sql).value();
}

// §53
TEST(rebuild, twice_equals_once_equals_the_incremental_result) {
    auto store = ledger::memory_log();
    const auto path = ledger::fresh_folder("rebuild") + "balances.db";
    auto model = model_of_balances::open(path).value();
    bank_worker worker{store, model, varve::environment::system(), {.batch_events = 13}};
    ledger::teller teller;
    for (int i = 0; i < 20; ++i) {
        teller.say_some(store, 11);
        ASSERT_TRUE(worker.run_to());
    }
    const auto incremental = ledger::stored_rows(model).value();
    EXPECT_EQ(incremental.text, ledger::expected_rows(store));

    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(worker.rebuild().value(), position{220});
        const auto rebuilt = ledger::stored_rows(model).value();
        EXPECT_EQ(rebuilt.as_of, position{220});
        EXPECT_EQ(rebuilt.text, incremental.text);
    }
}

// §53
TEST(rebuild, removes_rows_and_tables_that_replay_cannot_produce) {
    auto store = ledger::memory_log();
    const auto path = ledger::fresh_folder("meddled") + "balances.db";
    auto model = model_of_balances::open(path).value();
    ledger::teller{}.say_some(store, 40);
    bank_worker worker{store, model};
    ASSERT_TRUE(worker.run_to());
    meddle(path,
           "insert into balances values(999, 1, 1); delete from applied where position < 5;"
           "create table extra(a integer) strict; create view seen as select * from applied;"
           "create index by_cents on balances(cents);"
           "create trigger doubling after insert on balances begin"
           " update balances set cents = 0; end");
    EXPECT_NE(ledger::stored_rows(model).value().text, ledger::expected_rows(store));

    ASSERT_TRUE(worker.rebuild());
    EXPECT_EQ(ledger::stored_rows(model).value().text, ledger::expected_rows(store));
    EXPECT_EQ(look(path,
                   "select group_concat(name) from (select name from sqlite_schema"
                   " where name not like 'sqlite\\_%' escape '\\' order by name)"),
              "applied,balances,varve_checkpoint");
}

// §53
TEST(rebuild, of_an_empty_log_leaves_empty_tables) {
    auto store = ledger::memory_log();
    auto model = model_of_balances::open(ledger::fresh_folder("empty") + "balances.db").value();
    bank_worker worker{store, model};
    EXPECT_EQ(worker.rebuild().value(), position{0});
    const auto rows = ledger::stored_rows(model).value();
    EXPECT_EQ(rows.as_of, position{0});
    EXPECT_EQ(rows.text, "");
}

/// Tells its test when an event is applied.
struct watched : ledger::balances {
    using ledger::balances::apply;
    static inline std::function<void()> at_withdrawal;
    void apply(varve::row_writer& rows, const ledger::withdrawn& e,
               const varve::recorded_event& r) const {
        if (at_withdrawal) at_withdrawal();
        add(rows, e.account, -e.cents, r);
    }
};

// §53, §34: what a cancelled rebuild leaves is true as far as it goes, and `start` goes on from there.
TEST(rebuild, cancelled_leaves_true_partial_progress_and_is_finished_by_the_next_start) {
    auto store = ledger::memory_log();
    ledger::teller teller;
    for (int i = 1; i <= 300; ++i) {
        if (i == 150)
            teller.say(store, ledger::withdrawn{1, 1});
        else
            teller.say(store, ledger::deposited{1, 1});
    }
    auto model = varve::sqlite_read_model<watched>::open(ledger::fresh_folder("cancel") +
                                                         "balances.db")
                     .value();
    varve::projection_worker worker{
        store, model, varve::environment::system(), {.batch_events = 40}};
    ASSERT_TRUE(worker.start());
    ASSERT_TRUE(worker.wait(position{300}, std::chrono::seconds{30}));

    std::thread stopper;
    watched::at_withdrawal = [&] {
        EXPECT_EQ(worker.status().applied, position{120});
        stopper = std::thread{[&] { worker.stop(); }};
        while (worker.status().state != varve::worker_state::stopped) std::this_thread::yield();
    };
    const auto rebuilt = worker.rebuild();
    stopper.join();
    watched::at_withdrawal = nullptr;
    ASSERT_FALSE(rebuilt);
    EXPECT_EQ(rebuilt.error().code, varve::errc::cancelled);
    const auto part = ledger::stored_rows(model).value();
    EXPECT_EQ(part.as_of, position{150});
    EXPECT_EQ(part.text, ledger::expected_rows(store, position{150}));

    ASSERT_TRUE(worker.start());
    ASSERT_TRUE(worker.wait(position{300}, std::chrono::seconds{30}));
    EXPECT_EQ(ledger::stored_rows(model).value().text, ledger::expected_rows(store));
}

// §53
TEST(rebuild, of_one_projection_leaves_another_as_it_was) {
    varve::testkit::simulation world{1};
    auto store = ledger::memory_log(world.env());
    const auto folder = ledger::fresh_folder("other");
    auto one = model_of_balances::open(folder + "one.db").value();
    auto other = model_of_balances::open(folder + "other.db").value();
    bank_worker first{store, one, world.env()};
    bank_worker second{store, other, world.env()};
    ledger::teller{}.say_some(store, 30);
    ASSERT_TRUE(first.start());
    ASSERT_TRUE(second.start());
    world.executor().run();
    const auto before = second.status();
    ASSERT_TRUE(first.rebuild());
    world.executor().run();
    EXPECT_EQ(second.status().applied, before.applied);
    EXPECT_EQ(ledger::stored_rows(other).value().text, ledger::stored_rows(one).value().text);
}

// §53: readers keep seeing the old rows until the transaction that empties the tables is stored.
TEST(rebuild, is_invisible_to_a_query_that_runs) {
    auto store = ledger::memory_log();
    auto model = model_of_balances::open(ledger::fresh_folder("visible") + "balances.db").value();
    bank_worker worker{store, model, varve::environment::system(), {.batch_events = 5}};
    ledger::teller{}.say_some(store, 50);
    ASSERT_TRUE(worker.run_to());
    const auto whole = ledger::expected_rows(store);
    const auto counted = model.read([&](const varve::rows<ledger::balances>& now) {
        const auto before = now.one<std::int64_t>("select count(*) from applied");
        EXPECT_TRUE(worker.rebuild());
        const auto after = now.one<std::int64_t>("select count(*) from applied");
        EXPECT_EQ(before.value(), after.value());
        EXPECT_EQ(now.as_of(), position{50});
        return after;
    });
    EXPECT_TRUE(counted);
    EXPECT_EQ(ledger::stored_rows(model).value().text, whole);
}

/// The same fold in memory.
struct total {
    static constexpr std::string_view name = "total";
    static constexpr std::uint32_t version = 1;
    using events = varve::events<ledger::deposited, ledger::withdrawn>;
    std::int64_t cents = 0;
    void apply(const ledger::deposited& e) { cents += e.cents; }
    void apply(const ledger::withdrawn& e) { cents -= e.cents; }
};

// §53
TEST(rebuild, in_memory_equals_the_incremental_result_too) {
    auto store = ledger::memory_log();
    varve::memory_read_model<total> model;
    varve::projection_worker worker{store, model};
    ledger::teller{}.say_some(store, 100);
    ASSERT_TRUE(worker.run_to());
    const auto cents = [](const total& now) { return now.cents; };
    const auto incremental = model.read(cents);
    EXPECT_NE(incremental, 0);
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(worker.rebuild());
        EXPECT_EQ(model.read(cents), incremental);
        EXPECT_EQ(model.checkpoint(), position{100});
    }
}

}  // namespace
