// The file of a read model: whose it is, what a query sees of it, what is refused (semantics §31, 52;
// reliability J4).
#include "bank_rows.hpp"
#include "stores.hpp"

#include <varve/projections/worker.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace {

using varve::errc;
using varve::position;
using model_of_balances = varve::sqlite_read_model<ledger::balances>;
using bank_worker = varve::projection_worker<ledger::log, model_of_balances>;

varve::store_identity store_number(std::uint64_t id, std::uint64_t epoch = 1) {
    varve::store_identity identity;
    varve::detail::store(identity.id.raw.data(), id);
    identity.epoch = varve::epoch{epoch};
    return identity;
}

/// A bank projected up to its end, its file left behind.
void project(ledger::log& store, const std::string& path) {
    auto model = model_of_balances::open(path).value();
    bank_worker worker{store, model};
    ASSERT_TRUE(worker.run_to());
}

TEST(read_model, of_another_store_is_refused_and_left_as_it_was) {
    const auto path = ledger::fresh_folder("foreign") + "balances.db";
    auto mine = ledger::memory_log();
    auto other = ledger::memory_log();
    ledger::teller{}.say_some(mine, 20);
    project(mine, path);
    {
        auto model = model_of_balances::open(path).value();
        bank_worker worker{other, model};
        EXPECT_EQ(worker.start().error().code, errc::foreign);
        EXPECT_EQ(worker.rebuild().error().code, errc::foreign);
        EXPECT_EQ(worker.status().state, varve::worker_state::failed);
    }
    auto model = model_of_balances::open(path).value();
    EXPECT_EQ(ledger::stored_rows(model).value().text, ledger::expected_rows(mine));
}

// J4: a checkpoint of the same epoch beyond the head means that the log lost events.
TEST(read_model, ahead_of_its_log_is_refused_as_damage_until_a_person_rebuilds_it) {
    const auto path = ledger::fresh_folder("loss") + "balances.db";
    auto store = ledger::memory_log();
    ledger::teller{}.say_some(store, 20);
    project(store, path);
    auto model = model_of_balances::open(path).value();
    const auto lost = model.attach(store.identity(), position{19});
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, errc::corrupt);
    for (const auto* word : {"position 20", "ends at 19", "varve verify"})
        EXPECT_NE(lost.error().message.find(word), std::string::npos) << lost.error().message;

    ASSERT_TRUE(model.clear(store.identity()));
    EXPECT_EQ(model.attach(store.identity(), position{19}).value(), position{0});
}

TEST(read_model, of_another_epoch_is_folded_anew) {
    const auto path = ledger::fresh_folder("epoch") + "balances.db";
    auto store = ledger::memory_log();
    ledger::teller{}.say_some(store, 20);
    project(store, path);
    auto model = model_of_balances::open(path).value();
    auto restored = store.identity();
    restored.epoch = varve::epoch{restored.epoch.value + 1};
    EXPECT_EQ(model.attach(restored, position{5}).value(), position{0});
    EXPECT_EQ(ledger::stored_rows(model).value().text, "");
}

/// The same name, raised by its author.
struct newer : ledger::balances {
    static constexpr std::uint32_t version = 2;
};
/// The same name and version with other tables.
struct wider : ledger::balances {
    static constexpr std::string_view schema =
        "create table balances(account integer primary key, cents integer not null,"
        " events integer not null, note text) strict;"
        "create table applied(position integer primary key, type text not null) strict";
    void apply(varve::row_writer& rows, const ledger::deposited& e,
               const varve::recorded_event& r) const {
        rows.run(
            "insert into balances values(?1, ?2, 1, 'wide') on conflict do update set"
            " cents = cents + ?2, events = events + 1",
            e.account, e.cents);
        rows.run("insert into applied values(?1, ?2)", r.position, r.type);
    }
    void apply(varve::row_writer&, const ledger::withdrawn&) const {}
};

template <class Projection>
void expect_folded_anew(const std::string& test) {
    const auto path = ledger::fresh_folder(test) + "balances.db";
    auto store = ledger::memory_log();
    for (int i = 0; i < 20; ++i)
        ledger::teller{static_cast<std::uint64_t>(i)}.say(store, ledger::deposited{i, i});
    project(store, path);
    auto model = varve::sqlite_read_model<Projection>::open(path).value();
    varve::projection_worker worker{store, model};
    ASSERT_TRUE(worker.start());
    ASSERT_TRUE(worker.wait(store.head(), std::chrono::seconds{30}));
    EXPECT_EQ(ledger::stored_rows(model).value().text, ledger::expected_rows(store));
}

TEST(read_model, of_another_version_is_folded_anew) { expect_folded_anew<newer>("version"); }
TEST(read_model, with_other_tables_is_folded_anew) { expect_folded_anew<wider>("layout"); }

TEST(read_model, is_not_made_of_a_database_of_somebody_elses) {
    const auto path = ledger::fresh_folder("somebody") + "family.db";
    {
        auto db = varve::sqlite_connection::open(path, {.access = varve::sqlite_access::create});
        db->execute("create table photos(name text); insert into photos values('us')").value();
    }
    EXPECT_EQ(model_of_balances::open(path).error().code, errc::foreign);
    auto db = varve::sqlite_connection::open(path, {.access = varve::sqlite_access::read});
    EXPECT_EQ(db->ask("select name from photos").value(), "us");
    EXPECT_EQ(db->ask("pragma journal_mode").value(), "delete");

    const auto letter = ledger::fresh_folder("letter") + "letter.txt";
    const std::string words(5'000, 'x');
    std::ofstream{letter} << words;
    EXPECT_EQ(model_of_balances::open(letter).error().code, errc::foreign);
    EXPECT_EQ(std::filesystem::file_size(letter), words.size());
}

TEST(read_model, in_a_folder_that_is_not_there_is_not_found) {
    const auto missing = ledger::fresh_folder("nowhere") + "no/such/balances.db";
    EXPECT_EQ(model_of_balances::open(missing).error().code, errc::not_found);
}

// §31: one writer; the second is refused before it touches anything.
TEST(read_model, is_written_by_one_worker_at_a_time) {
    const auto path = ledger::fresh_folder("busy") + "balances.db";
    auto model = model_of_balances::open(path).value();
    const auto second = model_of_balances::open(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, errc::busy);
    EXPECT_NE(second.error().message.find(path), std::string::npos);
}

// §31: a stale holder's checkpoint is refused, and nothing of its batch stays.
TEST(read_model, refuses_the_batch_of_a_worker_whose_checkpoint_somebody_moved) {
    const auto path = ledger::fresh_folder("stale") + "balances.db";
    auto store = ledger::memory_log();
    ledger::teller teller;
    teller.say_some(store, 10);
    auto model = model_of_balances::open(path).value();
    bank_worker worker{store, model, varve::environment::system(), {.batch_events = 5}};
    ASSERT_TRUE(worker.step());
    const auto before = ledger::stored_rows(model).value();
    {
        auto db = varve::sqlite_connection::open(path, {.access = varve::sqlite_access::write});
        db->execute("update varve_checkpoint set position = 6").value();
    }
    EXPECT_EQ(worker.step().error().code, errc::busy);
    EXPECT_EQ(ledger::stored_rows(model).value().text, before.text);
}

/// Its table does not check its types.
struct loose : ledger::balances {
    static constexpr std::string_view schema = "create table balances(account, cents)";
};
struct misspelt : ledger::balances {
    static constexpr std::string_view schema = "create tabel balances(account integer) strict";
};
struct committing : ledger::balances {
    static constexpr std::string_view schema =
        "create table balances(account integer) strict; commit";
};

template <class Projection>
varve::failure refused_schema(const std::string& test) {
    auto store = ledger::memory_log();
    auto model = varve::sqlite_read_model<Projection>::open(ledger::fresh_folder(test) + "b.db")
                     .value();
    varve::projection_worker worker{store, model};
    const auto started = worker.start();
    EXPECT_FALSE(started);
    return started ? varve::failure{} : started.error();
}

TEST(read_model, refuses_a_schema_with_the_reason) {
    EXPECT_NE(refused_schema<loose>("loose").message.find("'balances' is not STRICT"),
              std::string::npos);
    EXPECT_NE(refused_schema<misspelt>("misspelt").message.find("tabel"), std::string::npos);
    EXPECT_NE(refused_schema<committing>("committing").message.find("ends the transaction"),
              std::string::npos);
}

TEST(read_model, says_that_it_has_no_tables_before_a_worker_made_them) {
    auto model = model_of_balances::open(ledger::fresh_folder("unmade") + "balances.db").value();
    EXPECT_EQ(ledger::stored_rows(model).error().code, errc::not_found);
}

// §52: as seen from outside, while it runs.
TEST(read_model, shows_a_reader_whole_batches_with_their_checkpoint_while_it_is_written) {
    auto store = ledger::memory_log();
    auto model = model_of_balances::open(ledger::fresh_folder("whole") + "balances.db").value();
    bank_worker worker{store, model, varve::environment::system(), {.batch_events = 9}};
    ASSERT_TRUE(worker.start());
    std::atomic<bool> done = false;
    std::thread writer{[&] {
        ledger::teller teller;
        for (int i = 0; i < 200; ++i) teller.say(store, ledger::deposited{i % 5, 1});
        EXPECT_TRUE(worker.wait(position{200}, std::chrono::seconds{30}));
        done = true;
    }};
    position last;
    do {
        const auto sums = model.read([&](const varve::rows<ledger::balances>& now) {
            EXPECT_GE(now.as_of(), last);
            last = now.as_of();
            return now.one<std::optional<std::int64_t>, std::int64_t>(
                "select (select sum(cents) from balances), (select count(*) from applied)");
        });
        ASSERT_TRUE(sums) << to_string(sums.error());
        const auto& [cents, applied] = **sums;
        EXPECT_EQ(cents.value_or(0), static_cast<std::int64_t>(last.value));
        EXPECT_EQ(applied, static_cast<std::int64_t>(last.value));
    } while (!done);
    writer.join();
}

TEST(read_model, lends_no_more_connections_than_it_was_told_and_serves_everybody) {
    auto store = ledger::memory_log();
    auto model = model_of_balances::open(ledger::fresh_folder("readers") + "balances.db",
                                         {.readers = 2})
                     .value();
    ledger::teller{}.say_some(store, 10);
    bank_worker worker{store, model};
    ASSERT_TRUE(worker.run_to());
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 50; ++n)
                EXPECT_TRUE(model.read([&](const varve::rows<ledger::balances>& now) {
                    const int with_me = ++running;
                    for (int seen = most;
                         seen < with_me && !most.compare_exchange_weak(seen, with_me);) {}
                    auto count = now.one<std::int64_t>("select count(*) from applied");
                    --running;
                    return count;
                }));
        });
    for (auto& thread : threads) thread.join();
    EXPECT_LE(most, 2);
    EXPECT_EQ(model_of_balances::open("x.db", {.readers = 0}).error().code, errc::invalid_argument);
}

TEST(read_model, is_readable_by_its_owner_alone_as_the_store_is) {
    const auto path = ledger::fresh_folder("private") + "balances.db";
    auto model = model_of_balances::open(path).value();
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    EXPECT_EQ(std::filesystem::status(path).permissions() & others, std::filesystem::perms::none);
}

// The identity that a checkpoint keeps, judged without a file.
TEST(read_model, judges_a_checkpoint_by_projection_store_epoch_version_layout_and_head) {
    using varve::detail::read_model_mark;
    using varve::detail::read_model_start;
    const read_model_mark wanted{"p", 1, "tables", store_number(7), position{}};
    const auto judge = [&](auto change) {
        read_model_mark stored{"p", 1, "tables", store_number(7), position{5}};
        change(stored);
        return varve::detail::judge_mark(stored, wanted, position{5});
    };
    const auto anew = read_model_start::begin_anew;
    EXPECT_EQ(judge([](auto&) {}).value(), read_model_start::go_on);
    EXPECT_EQ(judge([](auto& m) { m.version = 2; }).value(), anew);
    EXPECT_EQ(judge([](auto& m) { m.layout = "other"; }).value(), anew);
    EXPECT_EQ(judge([](auto& m) { m.store = store_number(7, 2); }).value(), anew);
    EXPECT_EQ(judge([](auto& m) { m.store = store_number(7, 2), m.reached = position{6}; }).value(),
              anew);
    EXPECT_EQ(judge([](auto& m) { m.projection = "q"; }).error().code, errc::foreign);
    EXPECT_EQ(judge([](auto& m) { m.store = store_number(8); }).error().code, errc::foreign);
    EXPECT_EQ(judge([](auto& m) { m.reached = position{6}; }).error().code, errc::corrupt);
    EXPECT_EQ(varve::detail::judge_mark({}, wanted, position{5}).value(), anew);
}

}  // namespace
