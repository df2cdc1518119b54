// The bank end to end, on both engines: sent, decided, stored, projected, asked, opened again.

#include "samples/bank_fixture.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace {

using namespace sample_test;
using varve::errc;

using engines = testing::Types<in_memory, on_sqlite>;
TYPED_TEST_SUITE(a_bank, engines);

TYPED_TEST(a_bank, shows_a_customer_the_deposit_that_was_just_acknowledged) {  // semantics.md §57
    this->send(Open{"7", "Ada"});
    const auto done = this->send(Deposit{"7", 500});
    const auto now = this->bank_->ask(StatementOf{"7"}, varve::at_least{done.last}).value();
    EXPECT_EQ(now.owner, "Ada");
    EXPECT_EQ(now.cents, 500);
    EXPECT_EQ(now.lines, std::vector<std::int64_t>{500});
}

TYPED_TEST(a_bank, stores_nothing_for_an_overdraft) {
    this->send(Open{"7", "Ada"});
    this->send(Deposit{"7", 500});
    const auto head = this->store_->head();
    const auto refused = this->bank_->send(Withdraw{"7", 501});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::rejected);
    EXPECT_EQ(refused.error().message, "insufficient funds");
    EXPECT_EQ(this->store_->head(), head);
    EXPECT_EQ(this->statement("7").cents, 500);
}

TYPED_TEST(a_bank, takes_the_money_once_when_a_withdrawal_is_sent_twice) {  // semantics.md §15
    this->send(Open{"7", "Ada"});
    this->send(Deposit{"7", 500});
    const auto id = traffic{}.id(1);
    const auto first = this->bank_->send(Withdraw{"7", 400}, {.id = id}).value();
    EXPECT_EQ(this->bank_->send(Withdraw{"7", 400}, {.id = id}).value(), first);
    EXPECT_EQ(this->statement("7").cents, 100);
}

TYPED_TEST(a_bank, answers_as_before_when_it_is_opened_again) {
    this->send(Open{"7", "Ada"});
    this->send(Deposit{"7", 500});
    this->close();
    this->open();
    EXPECT_EQ(this->statement("7").cents, 500);
    EXPECT_EQ(this->bank_->send(Withdraw{"7", 501}).error().code, errc::rejected);
    this->send(Withdraw{"7", 500});
    EXPECT_EQ(this->statement("7").lines, (std::vector<std::int64_t>{-500, 500}));
}

TYPED_TEST(a_bank, does_not_know_an_account_that_was_never_opened) {
    EXPECT_EQ(this->bank_->ask(StatementOf{"7"}).error().code, errc::not_found);
}

TYPED_TEST(a_bank, has_the_same_rows_after_a_rebuild) {  // semantics.md §53
    this->serve(200, 4);
    const auto before = this->bank_->ask(EveryBalance{}, varve::at_least{this->store_->head()})
                            .value();
    this->bank_->template worker<Statements>().rebuild().value();
    const auto after = this->bank_->ask(EveryBalance{}, varve::at_least{this->store_->head()})
                           .value();
    ASSERT_EQ(before.size(), 20u);
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(after[i].account, before[i].account);
        EXPECT_EQ(after[i].cents, before[i].cents);
    }
}

}  // namespace
