#include "account.hpp"
#include "sample.pb.h"

#include <varve/aggregate.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace {

using till::Account;
using varve::errc;

/// A stored event, as a store would give it.
struct stored {
    std::string_view type;
    std::uint32_t version;
    varve::bytes payload;

    template <class Event>
    static stored of(const Event& event) {
        return {varve::wire_name<Event>, varve::schema_version<Event>, varve::encode(event)};
    }
    varve::recorded_event event() const {
        varve::recorded_event recorded;
        recorded.position = varve::position{12};
        recorded.revision = varve::revision{3};
        recorded.stream = "account-7";
        recorded.type = type;
        recorded.schema_version = version;
        recorded.payload = payload;
        return recorded;
    }
};

TEST(aggregate, a_state_is_what_its_events_make_of_it) {
    const std::array history{stored::of(till::Opened{}), stored::of(till::Deposited{500}),
                             stored::of(till::Withdrawn{120})};
    std::vector<varve::recorded_event> events;
    for (const auto& each : history) events.push_back(each.event());
    const auto account = varve::fold<Account>(events);
    ASSERT_TRUE(account);
    EXPECT_TRUE(account->open);
    EXPECT_EQ(account->cents, 380);
    EXPECT_EQ(varve::fold<Account>(events, *account)->cents, 760);
}

// semantics.md §26
TEST(aggregate, an_event_of_another_type_is_an_error_that_says_where) {
    Account account;
    const auto applied = varve::apply(account, stored{"bank.closed", 1, {}}.event());
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, errc::undecodable);
    EXPECT_EQ(applied.error().message,
              "stream account-7, revision 3, position 12: the type 'bank.closed' is not among "
              "the events of this aggregate");
}

// semantics.md §26
TEST(aggregate, a_payload_that_does_not_fit_is_an_error_that_says_where_and_leaves_the_state) {
    Account account;
    account.cents = 5;
    const auto applied = varve::apply(account,
                                      stored{"bank.deposited", 1, varve::bytes(3)}.event());
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, errc::undecodable);
    EXPECT_EQ(applied.error().message,
              "stream account-7, revision 3, position 12: bank.deposited: stored with 3 bytes, "
              "the struct has 8");
    EXPECT_EQ(account.cents, 5);
}

struct Mixed {
    static constexpr std::string_view category = "mixed";
    using events = varve::events<till::Deposited, varve::test::Deposited>;
    std::int64_t cents = 0;
    void evolve(const till::Deposited& event) { cents += event.cents; }
    void evolve(const varve::test::Deposited& event) { cents += event.cents(); }
};

TEST(aggregate, flat_structs_and_protobuf_messages_may_stand_side_by_side) {
    varve::test::Deposited message;
    message.set_cents(30);
    Mixed state;
    ASSERT_TRUE(varve::apply(state, stored::of(till::Deposited{12}).event()));
    ASSERT_TRUE(varve::apply(state, stored::of(message).event()));
    EXPECT_EQ(state.cents, 42);
}

template <std::size_t N>
struct Numbered {
    static constexpr std::array<char, 3> text{'n', static_cast<char>('a' + N / 26),
                                              static_cast<char>('a' + N % 26)};
    static constexpr std::string_view wire_name{text.data(), 3};
    std::uint64_t by;
};

template <class Indices>
struct Wide;
template <std::size_t... I>
struct Wide<std::index_sequence<I...>> {
    static constexpr std::string_view category = "wide";
    using events = varve::events<Numbered<I>...>;
    std::uint64_t sum = 0;
    template <std::size_t N>
    void evolve(const Numbered<N>& event) {
        sum += event.by * (N + 1);
    }
};

// More events than are compared one by one: the sorted table answers.
TEST(aggregate, each_of_forty_events_finds_its_own_evolve) {
    using state = Wide<std::make_index_sequence<40>>;
    const auto check = []<std::size_t... I>(std::index_sequence<I...>) {
        std::uint64_t wrong = 0;
        const auto one = [&]<std::size_t N>() {
            state s;
            if (!varve::apply(s, stored::of(Numbered<N>{1}).event()) || s.sum != N + 1) ++wrong;
        };
        (one.template operator()<I>(), ...);
        return wrong;
    };
    EXPECT_EQ(check(std::make_index_sequence<40>{}), 0u);
    state s;
    for (const char* other : {"", "n", "naz0", "zzz", "\0\0\0"})
        EXPECT_FALSE(varve::apply(s, stored{other, 1, varve::bytes(8)}.event())) << other;
}

}  // namespace
