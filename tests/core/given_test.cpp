#include "account.hpp"

#include <varve/given.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace {

using till::Account;
using till::Deposit;
using till::Deposited;
using till::Open;
using till::Opened;
using till::Withdraw;
using till::Withdrawn;

std::string said(const std::function<void()>& scenario) {
    try {
        scenario();
    } catch (const varve::scenario_failed& failed) {
        return failed.what();
    }
    return "held";
}

TEST(given, a_decision_is_tested_in_one_line) {
    varve::given<Account>(Opened{}, Deposited{500})
        .when(Withdraw{7, 600})
        .rejected("insufficient funds");
    varve::given<Account>(Opened{}, Deposited{500}).when(Withdraw{7, 200}).then(Withdrawn{200});
    varve::given<Account>().when(Open{"7", 30}).then(Opened{}, Deposited{30});
    varve::given<Account>(Opened{}).when(Open{"7"}).nothing();
    varve::given<Account>().when(Deposit{"7", 1}).rejected("closed");
    varve::given<Account>().when(Deposit{"7", 1}).rejected("the account is not open");
    varve::given<Account>().when(Deposit{"7", 1}).rejected();
}

TEST(given, the_handler_may_be_named_or_listed) {
    varve::given<Account>(Opened{}).when<till::DepositHandler>(Deposit{"7", 5}).then(Deposited{5});
    varve::given<Account>(Opened{})
        .with(varve::commands<till::OpenHandler, till::DepositHandler>{})
        .when(Deposit{"7", 5})
        .then(Deposited{5});
}

struct DepositTwice;
struct Double {
    using handler = DepositTwice;
    std::int64_t cents;
};
struct DepositTwice {
    static auto key(const Double&) { return 1; }
    varve::decision<Account> operator()(const Account&, const Double& command) const {
        return {Deposited{command.cents}, Deposited{command.cents}};
    }
};

TEST(given, a_command_may_name_its_handler) {
    varve::given<Account>().when(Double{3}).then(Deposited{3}, Deposited{3});
}

TEST(given, a_scenario_that_does_not_hold_shows_both_sides) {
    EXPECT_EQ(
        said([] { varve::given<Account>(Opened{}).when(Deposit{"7", 5}).then(Deposited{6}); }),
        "expected:\n  bank.deposited{cents: 6}\nactual:\n  bank.deposited{cents: 5}\n");
    EXPECT_EQ(said([] { varve::given<Account>(Opened{}).when(Deposit{"7", 5}).rejected("no"); }),
              "expected:\n  rejected: no\nactual:\n  bank.deposited{cents: 5}\n");
    EXPECT_EQ(said([] { varve::given<Account>().when(Withdraw{7, 5}).then(Withdrawn{5}); }),
              "expected:\n  bank.withdrawn{f0: 5}\nactual:\n  rejected: insufficient funds\n");
    EXPECT_EQ(said([] { varve::given<Account>().when(Open{"7"}).nothing(); }),
              "expected:\n  nothing\nactual:\n  bank.opened{}\n");
    EXPECT_EQ(said([] { varve::given<Account>(Opened{}).when(Open{"7"}).then(Opened{}); }),
              "expected:\n  bank.opened{}\nactual:\n  nothing\n");
    EXPECT_EQ(said([] { varve::given<Account>(Opened{}).when(Open{"7"}).rejected(); }),
              "expected:\n  rejected\nactual:\n  nothing\n");
}

TEST(given, order_and_number_of_events_matter) {
    EXPECT_NE(
        said([] { varve::given<Account>().when(Open{"7", 30}).then(Deposited{30}, Opened{}); }),
        "held");
    EXPECT_NE(said([] { varve::given<Account>().when(Open{"7", 30}).then(Opened{}); }), "held");
    EXPECT_NE(said([] { varve::given<Account>().when(Withdraw{7, 5}).nothing(); }), "held");
    EXPECT_NE(said([] { varve::given<Account>().when(Withdraw{7, 5}).rejected("other words"); }),
              "held");
}

}  // namespace
