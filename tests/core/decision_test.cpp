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

TEST(decision, an_event_may_be_given_tags_by_hand) {
    const auto tags = [](const decided& from, std::size_t at) {
        const auto given = from.tags_of(at);
        return std::vector<std::string>{given.begin(), given.end()};
    };
    using texts = std::vector<std::string>;
    const decided one = varve::tagged(till::Deposited{5}, "branch:3", std::string{"salary"});
    EXPECT_EQ(types(one), (std::vector<std::string_view>{"bank.deposited"}));
    EXPECT_EQ(tags(one, 0), (texts{"branch:3", "salary"}));
    const decided several{till::Opened{}, varve::tagged(till::Deposited{5}, "a"),
                          till::Withdrawn{1}, varve::tagged(till::Withdrawn{2}, "b")};
    EXPECT_EQ(several.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_EQ(tags(several, i), (i == 1 ? texts{"a"} : i == 3 ? texts{"b"} : texts{}));
    const decided emitted = varve::emit(varve::tagged(till::Opened{}, "a"), till::Deposited{5});
    EXPECT_EQ(tags(emitted, 0), texts{"a"});
    EXPECT_EQ(emitted.size(), 2u);
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
