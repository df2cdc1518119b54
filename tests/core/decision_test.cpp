#include "account.hpp"

#include <varve/decision.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using decided = varve::decision<till::Account>;

std::vector<std::string_view> types(const decided& decision) {
    std::vector<std::string_view> all;
    decision.each([&]<class Event>(const Event&) { all.push_back(varve::wire_name<Event>); });
    return all;
}

TEST(decision, it_is_nothing_one_event_or_several_in_order) {
    EXPECT_TRUE(decided{}.empty());
    EXPECT_TRUE(decided{varve::nothing}.empty());
    EXPECT_EQ(types(till::Deposited{5}), (std::vector<std::string_view>{"bank.deposited"}));
    const decided braces{till::Opened{}, till::Deposited{5}, till::Withdrawn{1}};
    const decided emitted = varve::emit(till::Opened{}, till::Deposited{5}, till::Withdrawn{1});
    const std::vector<std::string_view> three{"bank.opened", "bank.deposited", "bank.withdrawn"};
    EXPECT_EQ(types(braces), three);
    EXPECT_EQ(types(emitted), three);
    EXPECT_EQ(braces.size(), 3u);
}

TEST(decision, it_may_grow_in_a_loop) {
    decided all;
    for (int i = 0; i < 5; ++i) all.add(till::Deposited{i});
    std::int64_t sum = 0;
    all.each([&]<class Event>(const Event& event) {
        if constexpr (std::is_same_v<Event, till::Deposited>) sum = sum * 10 + event.cents;
    });
    EXPECT_EQ(all.size(), 5u);
    EXPECT_EQ(sum, 1234);
}

TEST(decision, a_refusal_carries_the_domains_words) {
    const decided plain = varve::reject("insufficient funds");
    const decided coded = varve::reject("limit", "the daily limit is 500");
    EXPECT_TRUE(plain.is_rejected());
    EXPECT_TRUE(plain.empty());
    EXPECT_EQ(plain.refusal()->message(), "insufficient funds");
    EXPECT_EQ(coded.refusal()->message(), "limit: the daily limit is 500");
    EXPECT_EQ(decided{}.refusal(), nullptr);
}

}  // namespace
