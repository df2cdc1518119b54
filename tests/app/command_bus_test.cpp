#include "core/account.hpp"
#include "sample.pb.h"
#include "stores/memory.hpp"

#include <varve/command_bus.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using till::Account;
using till::Deposit;
using till::Open;
using till::Withdraw;
using varve::append_id;
using varve::errc;
using varve::position;
using varve::revision;

/// A store that lets something happen just before it is asked.
struct watched_store {
    static constexpr varve::store_traits traits = varve::memory_store::traits;

    std::shared_ptr<varve::simulated_disk> disk = std::make_shared<varve::simulated_disk>();
    varve::memory_store store = varve::tests::open_memory({}, {.disk = disk}).value();
    std::function<void()> before_append = [] {};
    std::function<void()> before_scan = [] {};

    varve::store_identity identity() const { return store.identity(); }
    position head() const { return store.head(); }
    varve::result<varve::receipt> append(const varve::append_request& request) {
        std::exchange(before_append, [] {})();
        return store.append(request);
    }
    auto end_stream(const varve::end_request& request) { return store.end_stream(request); }
    auto find(const append_id& id) { return store.find(id); }
    auto scan_log(const varve::log_range& range, const varve::event_visitor& visit) {
        return store.scan_log(range, visit);
    }
    auto scan_stream(std::string_view stream, const varve::stream_range& range,
                     const varve::event_visitor& visit) {
        before_scan();
        return store.scan_stream(stream, range, visit);
    }
    auto scan_query(const varve::event_query& query, const varve::log_range& range,
                    const varve::event_visitor& visit) {
        return store.scan_query(query, range, visit);
    }
    auto read_query(const varve::event_query& query, const varve::log_range& range) {
        return store.read_query(query, range);
    }
    auto position_at(varve::timestamp when) { return store.position_at(when); }
    auto read_log(const varve::log_range& range) { return store.read_log(range); }
    auto read_stream(std::string_view stream, const varve::stream_range& range = {}) {
        return store.read_stream(stream, range);
    }
    auto wait_beyond(position where, std::chrono::nanoseconds wait) {
        return store.wait_beyond(where, wait);
    }
    auto on_durable(std::function<void()> wake) { return store.on_durable(std::move(wake)); }
};

struct command_bus : testing::Test {
    watched_store store;
    varve::environment& env = varve::environment::system();
    varve::command_bus<watched_store, Account::commands> bus{store, env};

    append_id id() { return env.ids().next<append_id>(); }
    Account account() { return varve::load<Account>(store, "account-7")->state; }
};

TEST_F(command_bus, a_command_is_decided_on_the_folded_state_and_its_events_are_stored) {
    ASSERT_TRUE(bus.send(Open{"7"}));
    ASSERT_TRUE(bus.send(Deposit{"7", 500}));
    const auto done = bus.send(Withdraw{7, 120});  // an integer key names the same stream
    ASSERT_TRUE(done);
    EXPECT_EQ(done->first, position{3});
    EXPECT_EQ(done->last, position{3});
    EXPECT_EQ(done->streams, (std::vector<varve::stream_revision>{{"account-7", revision{3}}}));
    EXPECT_EQ(account().cents, 380);
}

// semantics.md §1, §2
TEST_F(command_bus, several_events_of_one_decision_are_one_append_in_order) {
    const auto done = bus.send(Open{"7", 30});
    ASSERT_TRUE(done);
    EXPECT_EQ(done->first, position{1});
    EXPECT_EQ(done->last, position{2});
    const auto page = store.read_log({}).value();
    ASSERT_EQ(page.size(), 2u);
    EXPECT_EQ(page[0].type, "bank.opened");
    EXPECT_EQ(page[1].type, "bank.deposited");
    EXPECT_EQ(page[0].append, page[1].append);
    EXPECT_TRUE(page[0].payload.empty());
    EXPECT_EQ(varve::decode<till::Deposited>(page[1].payload)->cents, 30);
}

// semantics.md §8
TEST_F(command_bus, what_goes_along_with_a_command_is_stored_with_each_of_its_events) {
    const varve::header headers[]{{"traceparent", "00-ab"}};
    const varve::send_options options{.id = id(),
                                      .correlation = varve::as_id<varve::message_id>(id()),
                                      .causation = varve::as_id<varve::message_id>(id()),
                                      .occurred_at = varve::timestamp{std::chrono::seconds{5}},
                                      .headers = headers};
    ASSERT_EQ(bus.send(Open{"7", 30}, options)->id, options.id);
    const auto page = store.read_log({}).value();
    ASSERT_EQ(page.size(), 2u);
    for (const auto& event : page) {
        EXPECT_EQ(event.append, options.id);
        EXPECT_EQ(event.correlation, options.correlation);
        EXPECT_EQ(event.causation, options.causation);
        EXPECT_EQ(event.occurred_at, options.occurred_at);
        ASSERT_EQ(event.headers.size(), 1u);
        EXPECT_EQ(*event.headers.begin(), headers[0]);
    }
}

TEST_F(command_bus, the_types_of_its_events_are_described_to_the_store) {
    ASSERT_TRUE(bus.send(Open{"7", 30}));
    const auto types = store.store.types().value();
    ASSERT_EQ(types.size(), 2u);
    EXPECT_EQ(types[0].type, "bank.deposited");
    EXPECT_EQ(varve::as_text(types[0].descriptor), "cents i64 0 8\n");
    EXPECT_EQ(types[1].type, "bank.opened");
}

TEST_F(command_bus, a_refusal_is_a_value_with_the_domains_words_and_stores_nothing) {
    const auto done = bus.send(Deposit{"7", 5});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::rejected);
    EXPECT_EQ(done.error().message, "closed: the account is not open");
    EXPECT_EQ(store.head(), position{});
}

// semantics.md §15
TEST_F(command_bus, a_duplicate_command_returns_the_first_receipt_whatever_happened_since) {
    ASSERT_TRUE(bus.send(Open{"7", 100}));
    const varve::send_options once{.id = id()};
    const auto first = bus.send(Withdraw{7, 80}, once);
    ASSERT_TRUE(first);
    ASSERT_TRUE(
        bus.send(Withdraw{7, 20}));  // the account is empty now: decided again it would be refused
    EXPECT_EQ(bus.send(Withdraw{7, 80}, once).value(), *first);
    EXPECT_EQ(account().cents, 0);
}

// semantics.md §15
TEST_F(command_bus, a_duplicate_that_arrives_while_the_first_is_decided_returns_its_receipt) {
    ASSERT_TRUE(bus.send(Open{"7", 100}));
    const varve::send_options once{.id = id()};
    varve::result<varve::receipt> other;
    store.before_append = [&] { other = bus.send(Withdraw{7, 80}, once); };
    const auto done = bus.send(Withdraw{7, 80}, once);
    ASSERT_TRUE(done && other);
    EXPECT_EQ(*done, *other);
    EXPECT_EQ(account().cents, 20);
}

// semantics.md §15
TEST_F(command_bus, of_two_copies_decided_on_two_states_the_first_one_stored_counts) {
    const varve::send_options once{.id = id()};
    varve::result<varve::receipt> other;
    store.before_append = [&] {
        store.before_append = [] {};
        ASSERT_TRUE(bus.send(Open{"7"}));  // now the same command comes to other events
        other = bus.send(Deposit{"7", 80}, once);
    };
    const auto done = bus.send(Open{"7", 5}, once);
    ASSERT_TRUE(done && other);
    EXPECT_EQ(*done, *other);
    EXPECT_EQ(account().cents, 80);
}

// semantics.md §15
TEST_F(command_bus, a_command_that_stored_nothing_is_decided_again) {
    ASSERT_TRUE(bus.send(Open{"7"}));
    const varve::send_options once{.id = id()};
    const auto nothing = bus.send(Open{"7"}, once);
    ASSERT_TRUE(nothing);
    EXPECT_EQ(*nothing,
              (varve::receipt{.id = once.id, .first = {}, .last = store.head(), .streams = {}}))
        << "waiting for `last` shows what the decision saw";
    EXPECT_EQ(bus.send(Withdraw{7, 10}, once).error().code, errc::rejected);
    ASSERT_TRUE(bus.send(Deposit{"7", 10}));
    EXPECT_EQ(bus.send(Withdraw{7, 10}, once)->last, position{3});
}

// semantics.md §4, §5
TEST_F(command_bus, a_writer_in_between_is_a_conflict_and_no_lost_update) {
    ASSERT_TRUE(bus.send(Open{"7", 100}));
    store.before_append = [&] { ASSERT_TRUE(bus.send(Withdraw{7, 80})); };
    const auto done = bus.send(Withdraw{7, 80});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::conflict);
    ASSERT_EQ(done.error().checks.size(), 1u);
    EXPECT_EQ(done.error().checks[0],
              (varve::failed_check{"account-7", varve::expect::at(revision{2}), revision{3},
                                   varve::stream_state::exists}));
    EXPECT_EQ(account().cents, 20);
}

// semantics.md §4, §5
TEST_F(command_bus, of_two_commands_that_begin_a_stream_one_conflicts) {
    store.before_append = [&] { ASSERT_TRUE(bus.send(Open{"7", 1})); };
    const auto done = bus.send(Open{"7", 2});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::conflict);
    EXPECT_EQ(account().cents, 1);
}

// semantics.md §23, §24
TEST_F(command_bus, a_long_stream_is_folded_page_by_page_as_of_one_head) {
    ASSERT_TRUE(bus.send(Open{"7"}));
    for (int i = 0; i < 30; ++i) {
        std::vector<varve::bytes> payloads(100, varve::encode(till::Deposited{1}));
        std::vector<varve::new_event> events;
        for (const auto& payload : payloads)
            events.push_back({.stream = "account-7", .type = "bank.deposited", .payload = payload});
        ASSERT_TRUE(store.store.append({.id = id(), .events = events}));
    }
    int pages = 0;
    store.before_scan = [&] {
        if (++pages == 2) {
            ASSERT_TRUE(bus.send(Deposit{"7", 1'000'000}));
        }
    };
    const auto now = varve::load<Account>(store, "account-7");
    ASSERT_TRUE(now);
    EXPECT_GE(pages, 3);
    EXPECT_EQ(now->state.cents, 3'000) << "what was stored during the read is not seen";
    EXPECT_EQ(now->revision, revision{3'001});
    EXPECT_EQ(now->head, position{3'001});
}

// semantics.md §25
TEST_F(command_bus, a_stream_that_was_never_written_is_the_state_before_everything) {
    const auto now = varve::load<Account>(store, "account-7");
    ASSERT_TRUE(now);
    EXPECT_EQ(now->revision, revision{});
    EXPECT_FALSE(now->state.open);
}

// semantics.md §26
TEST_F(command_bus, a_stream_that_cannot_be_read_is_never_decided_on) {
    const varve::new_event foreign{.stream = "account-7", .type = "bank.closed"};
    ASSERT_TRUE(store.store.append({.id = id(), .events = {&foreign, 1}}));
    const auto done = bus.send(Open{"7"});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::undecodable);
    EXPECT_NE(done.error().message.find(
                  "stream account-7, revision 1, position 1: the type 'bank.closed'"),
              std::string::npos);
}

// semantics.md §8, §9
TEST_F(command_bus, a_key_that_makes_no_stream_name_is_refused) {
    EXPECT_EQ(bus.send(Open{""}).error().code, errc::invalid_argument);
    const std::string longest(varve::limits::stream_name - std::string_view{"account-"}.size(),
                              'k');
    EXPECT_EQ(bus.send(Open{longest + "k"}).error().code, errc::too_large);
    EXPECT_EQ(bus.send(Open{longest})->streams[0].stream, "account-" + longest);
}

// semantics.md §15, §36, §38
TEST_F(command_bus, an_unknown_outcome_is_settled_by_sending_again_with_the_same_id) {
    ASSERT_TRUE(bus.send(Open{"7", 100'000}));
    std::int64_t expected = 100'000;
    for (std::uint64_t at = 1; at <= 40; ++at) {
        const auto kind = at % 2 == 0 ? varve::disk_operation::sync : varve::disk_operation::write;
        store.disk->plan({.kind = kind});
        const auto lost = bus.send(Withdraw{7, 80});
        ASSERT_FALSE(lost);
        ASSERT_EQ(lost.error().code, errc::unknown) << lost.error().message;
        ASSERT_FALSE(lost.error().append.is_none())
            << "the failure names the id to send again with";
        EXPECT_EQ(bus.send(Withdraw{7, 1}).error().code, errc::poisoned);

        store.disk->clear_faults();
        ASSERT_TRUE(store.store.reopen());
        const auto done = bus.send(Withdraw{7, 80}, {.id = lost.error().append});
        ASSERT_TRUE(done) << done.error().message;
        EXPECT_EQ(done->id, lost.error().append);
        expected -= 80;
        ASSERT_EQ(account().cents, expected) << "stored once, whether it was there before or not";
    }
}

struct Note {
    std::string text;
};
struct Diary {
    static constexpr std::string_view category = "diary";
    using events = varve::events<varve::test::Opened, varve::test::Withdrawn>;
    int entries = 0;
    void evolve(const varve::test::Opened&) { ++entries; }
    void evolve(const varve::test::Withdrawn&) { ++entries; }
};
struct NoteHandler {
    static int key(const Note&) { return -1; }
    varve::decision<Diary> operator()(const Diary&, const Note& command) const {
        varve::test::Withdrawn withdrawn;
        withdrawn.set_reason(command.text);
        return {varve::test::Opened{}, withdrawn};
    }
};

// An event that could never be read again would lock its stream for ever.
TEST_F(command_bus, an_event_that_cannot_be_read_back_is_refused_and_nothing_is_stored) {
    varve::command_bus<watched_store, varve::commands<NoteHandler>> diary{store, env};
    testing::internal::CaptureStderr();
    const auto done = diary.send(Note{"\xff"});
    testing::internal::GetCapturedStderr();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::invalid_argument);
    EXPECT_EQ(store.head(), position{});
    EXPECT_EQ(diary.send(Note{"fine"})->streams[0].stream, "diary--1");
    EXPECT_EQ(varve::load<Diary>(store, "diary--1")->state.entries, 2);
}

}  // namespace
