// Subscriptions: once, in order, through catch-up, live and the seam (semantics §28-30).
#include "bank.hpp"
#include "stores.hpp"

#include <varve/subscription.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// A log out of thin air, for what no sound store shows.
class strange_store {
public:
    static constexpr varve::store_traits traits{.engine = "strange"};
    std::vector<std::uint64_t> positions;
    varve::position end;

    varve::result<varve::scan_end> scan_log(const varve::log_range& range,
                                            const varve::event_visitor& visit) {
        varve::scan_end at{.head = end, .last = range.after, .more = false};
        for (const auto p : positions) {
            if (varve::position{p} <= range.after) continue;
            varve::recorded_event event;
            event.position = varve::position{p};
            event.type = "t";
            at.last = event.position;
            if (!visit(event)) break;
        }
        return at;
    }

    varve::store_identity identity() const { return {}; }
    varve::result<varve::receipt> append(const varve::append_request&) { return {}; }
    varve::result<std::optional<varve::receipt>> find(const varve::append_id&) { return {}; }
    varve::position head() const { return end; }
    varve::result<varve::stream_scan_end> scan_stream(std::string_view, const varve::stream_range&,
                                                      const varve::event_visitor&) {
        return {};
    }
    varve::result<varve::receipt> end_stream(const varve::end_request&) { return {}; }
    varve::result<varve::scan_end> scan_query(const varve::event_query&, const varve::log_range&,
                                              const varve::event_visitor&) {
        return {};
    }
    varve::result<varve::event_page> read_log(const varve::log_range&) { return {}; }
    varve::result<varve::event_page> read_query(const varve::event_query&,
                                                const varve::log_range&) {
        return {};
    }
    varve::result<varve::position> position_at(varve::timestamp) { return {}; }
    varve::result<varve::stream_page> read_stream(std::string_view, const varve::stream_range&) {
        return {};
    }
    varve::position wait_beyond(varve::position, std::chrono::nanoseconds) { return end; }
    varve::registration on_durable(std::function<void()>) { return {}; }
};
static_assert(varve::event_store<strange_store>);

/// Reads until `total` events came, while they are being appended; what came, in order.
template <class Store>
std::vector<std::uint64_t> read_during_a_storm(Store& store, std::uint64_t total) {
    std::vector<std::uint64_t> got;
    varve::subscription reader{store};
    while (got.size() < total && reader.wait(30s)) {
        const auto more = reader.poll(
            [&](const varve::recorded_event& event) {
                got.push_back(event.position.value);
                return got.size() % 7 != 0;  // also leave and come back in the middle of a scan
            },
            {.events = 16});
        EXPECT_TRUE(more) << to_string(more.error());
        if (!more) break;
    }
    return got;
}

template <class Store>
void expect_no_seam(Store& store, int each) {
    ledger::teller before{9};
    before.say_some(store, 100);
    const auto total = static_cast<std::uint64_t>(100 + 3 * each);

    std::vector<std::thread> writers;
    std::vector<std::uint64_t> got[2];
    for (std::uint64_t who = 1; who <= 3; ++who)
        writers.emplace_back([&store, who, each] { ledger::teller{who}.say_some(store, each); });
    std::thread other{[&] { got[1] = read_during_a_storm(store, total); }};
    got[0] = read_during_a_storm(store, total);
    other.join();
    for (auto& writer : writers) writer.join();

    for (const auto& seen : got) {
        ASSERT_EQ(seen.size(), total);
        for (std::uint64_t i = 0; i < total; ++i) ASSERT_EQ(seen[i], i + 1);
    }
}

// §28
TEST(subscription, gives_each_event_once_and_in_order_through_an_append_storm_in_memory) {
    auto store = ledger::memory_log();
    expect_no_seam(store, 700);
}

// §28
TEST(subscription, gives_each_event_once_and_in_order_through_an_append_storm_on_sqlite) {
    auto store = ledger::sqlite_log(ledger::fresh_folder("seam") + "log.db");
    expect_no_seam(store, 150);
}

// §28
TEST(subscription, goes_on_from_a_checkpoint_after_a_restart) {
    auto store = ledger::memory_log();
    ledger::teller teller;
    teller.say_some(store, 10);
    varve::position checkpoint;
    {
        varve::subscription reader{store};
        reader.poll([](const varve::recorded_event&) { return true; }, {.events = 4}).value();
        checkpoint = reader.at();
    }
    varve::subscription reader{store, checkpoint};
    const auto page = reader.next().value();
    ASSERT_EQ(page.size(), 6u);
    EXPECT_EQ(page[0].position, varve::position{5});
    EXPECT_EQ(page.back().position, varve::position{10});
    EXPECT_FALSE(page.info().more);
}

// §30
TEST(subscription, filtered_by_type_moves_over_what_does_not_match_and_no_further_than_it_read) {
    auto store = ledger::memory_log();
    ledger::teller teller;
    for (int i = 0; i < 10; ++i) teller.say(store, ledger::noted{1});
    teller.say(store, ledger::deposited{1, 5});
    for (int i = 0; i < 10; ++i) teller.say(store, ledger::noted{1});

    varve::subscription reader{store, {}, varve::type_filter{{"bank.deposited", "bank.withdrawn"}}};
    EXPECT_TRUE(reader.next({.events = 8}).value().empty());
    EXPECT_EQ(reader.at(), varve::position{8});
    const auto page = reader.next({.events = 8}).value();
    ASSERT_EQ(page.size(), 1u);
    EXPECT_EQ(page[0].position, varve::position{11});
    EXPECT_EQ(reader.at(), varve::position{16});
    EXPECT_TRUE(page.info().more);
    EXPECT_TRUE(reader.next().value().empty());
    EXPECT_EQ(reader.at(), varve::position{21});
}

// §29: an idle reader is told "nothing" at once, and one event wakes it.
TEST(subscription, waits_while_there_is_nothing_and_wakes_for_one_event) {
    auto store = ledger::memory_log();
    varve::subscription reader{store};
    EXPECT_FALSE(reader.wait(0ns));
    std::thread writer{[&] { ledger::teller{}.say(store, ledger::noted{1}); }};
    EXPECT_TRUE(reader.wait(30s));
    writer.join();
    EXPECT_EQ(reader.next().value().size(), 1u);
}

// §7, reliability J1
TEST(subscription, reports_a_gap_in_the_log_with_its_place_and_stays_before_it) {
    strange_store store{.positions = {1, 2, 4}, .end = varve::position{4}};
    varve::subscription reader{store};
    int seen = 0;
    const auto polled = reader.poll([&](const varve::recorded_event&) { return ++seen > 0; });
    ASSERT_FALSE(polled);
    EXPECT_EQ(polled.error().code, varve::errc::corrupt);
    EXPECT_NE(polled.error().message.find("position 2"), std::string::npos)
        << polled.error().message;
    EXPECT_EQ(seen, 2);
    EXPECT_EQ(reader.at(), varve::position{2});
}

// reliability J4
TEST(subscription, reports_a_log_that_ends_before_its_position) {
    strange_store store{.positions = {1, 2}, .end = varve::position{2}};
    varve::subscription reader{store, varve::position{3}};
    const auto polled = reader.poll([](const varve::recorded_event&) { return true; });
    ASSERT_FALSE(polled);
    EXPECT_EQ(polled.error().code, varve::errc::corrupt);
}

// §26: what was read before a failure is not given with it, and is given again.
TEST(subscription, gives_a_page_again_that_was_lost_with_a_failure) {
    strange_store store{.positions = {1, 2, 4}, .end = varve::position{4}};
    varve::subscription reader{store};
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.at(), varve::position{0});
    store.positions = {1, 2, 3, 4};
    EXPECT_EQ(reader.next().value().size(), 4u);
}

}  // namespace
