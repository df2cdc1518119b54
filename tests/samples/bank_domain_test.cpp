// The bank's business in scenarios, and the commands that a load run is made of.

#include "bank/ack_file.hpp"
#include "bank/domain.hpp"
#include "bank/traffic.hpp"
#include "samples/program.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using namespace bank;
using varve::commands;
using varve::given;

Opened opened() {
    Opened event;
    event.set_owner("Ada");
    return event;
}

Deposited deposited(std::int64_t cents) {
    Deposited event;
    event.set_cents(cents);
    return event;
}

Withdrawn withdrawn(std::int64_t cents) {
    Withdrawn event;
    event.set_cents(cents);
    return event;
}

template <class... Event>
auto after(const Event&... events) {
    return given<Account>(events...).with(commands<OpenHandler, DepositHandler, WithdrawHandler>{});
}

TEST(bank_domain, an_account_is_opened_once) {
    after().when(Open{"7", "Ada"}).then(opened());
    after(opened()).when(Open{"7", "Ada"}).rejected("account is open already");
}

TEST(bank_domain, money_comes_and_goes) {
    after(opened()).when(Deposit{"7", 500}).then(deposited(500));
    after(opened(), deposited(500)).when(Withdraw{"7", 200}).then(withdrawn(200));
    after(opened(), deposited(500), withdrawn(200)).when(Withdraw{"7", 300}).then(withdrawn(300));
}

TEST(bank_domain, an_overdraft_is_rejected) {
    after(opened(), deposited(500)).when(Withdraw{"7", 501}).rejected("insufficient funds");
    after(opened(), deposited(500), withdrawn(500))
        .when(Withdraw{"7", 1})
        .rejected("insufficient funds");
}

TEST(bank_domain, nothing_moves_on_an_account_that_was_never_opened) {
    after().when(Deposit{"7", 1}).rejected("no such account");
    after().when(Withdraw{"7", 1}).rejected("no such account");
}

TEST(bank_domain, no_amount_below_a_cent_and_none_that_would_overflow_is_moved) {
    after(opened()).when(Deposit{"7", 0}).rejected();
    after(opened(), deposited(5)).when(Withdraw{"7", -5}).rejected();
    after(opened()).when(Deposit{"7", most_cents}).then(deposited(most_cents));
    after(opened(), deposited(1)).when(Deposit{"7", most_cents}).rejected("account is full");
}

TEST(bank_traffic, a_number_names_one_command_and_one_id_for_ever) {
    const traffic what{.seed = 5, .accounts = 10}, again = what;
    std::set<varve::append_id> ids;
    for (std::uint64_t n = 0; n < 10'000; ++n) {
        EXPECT_EQ(account_of(what.command(n)), account_of(again.command(n)));
        EXPECT_EQ(cents_of(what.command(n)), cents_of(again.command(n)));
        EXPECT_EQ(what.id(n), again.id(n));
        ids.insert(what.id(n));
    }
    EXPECT_EQ(ids.size(), 10'000u);
}

TEST(bank_traffic, commands_of_another_seed_or_number_of_accounts_have_other_ids) {
    EXPECT_NE((traffic{.seed = 1, .accounts = 10}.id(3)),
              (traffic{.seed = 2, .accounts = 10}.id(3)));
    EXPECT_NE((traffic{.seed = 1, .accounts = 10}.id(3)),
              (traffic{.seed = 1, .accounts = 11}.id(3)));
}

const ack first{traffic{}.id(1), varve::position{1}, varve::position{1}, "7", 500};
const ack second{traffic{}.id(2), varve::position{}, varve::position{}, "7", 0};

TEST(bank_ack_file, a_torn_last_line_was_never_promised_and_is_cut_off) {
    const sample_test::scratch at;
    const auto file = at.write("acks", to_line(first) + to_line(second).substr(0, 20));
    const auto read = read_acks(file).value();
    ASSERT_EQ(read.all.size(), 1u);
    EXPECT_EQ(to_line(read.all[0]), to_line(first));

    auto writer = ack_writer::open(file, read.bytes).value();
    ASSERT_TRUE(writer.add(second));
    EXPECT_EQ(sample_test::text_of(file), to_line(first) + to_line(second));
}

TEST(bank_ack_file, a_line_that_is_no_acknowledgement_is_reported_with_its_place) {
    const sample_test::scratch at;
    const auto read = read_acks(at.write("acks", to_line(first) + "nonsense\n"));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, varve::errc::corrupt);
    EXPECT_NE(read.error().message.find("line 2"), std::string::npos) << read.error().message;
}

}  // namespace
