// A small domain for the tests: an account with flat events.
#pragma once

#include <varve/aggregate.hpp>
#include <varve/decision.hpp>
#include <varve/handlers.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace till {

struct Opened {
    static constexpr std::string_view wire_name = "bank.opened";
};

struct Deposited {
    static constexpr std::string_view wire_name = "bank.deposited";
    std::int64_t cents;
    static constexpr auto fields = varve::fields(varve::field("cents", &Deposited::cents));
};

struct Withdrawn {
    static constexpr std::string_view wire_name = "bank.withdrawn";
    static constexpr std::uint32_t schema_version = 2;
    std::int64_t cents;
};

struct OpenHandler;
struct DepositHandler;
struct WithdrawHandler;

struct Account {
    static constexpr std::string_view category = "account";
    using events = varve::events<Opened, Deposited, Withdrawn>;
    using commands = varve::commands<OpenHandler, DepositHandler, WithdrawHandler>;

    bool open = false;
    std::int64_t cents = 0;

    void evolve(const Opened&) noexcept { open = true; }
    void evolve(const Deposited& event) noexcept { cents += event.cents; }
    void evolve(const Withdrawn& event) noexcept { cents -= event.cents; }
};

struct Open {
    std::string account;
    std::int64_t first_cents = 0;
};
struct Deposit {
    std::string account;
    std::int64_t cents;
};
struct Withdraw {
    std::uint32_t account;
    std::int64_t cents;
};

struct OpenHandler {
    static std::string_view key(const Open& command) { return command.account; }
    varve::decision<Account> operator()(const Account& account, const Open& command) const {
        if (account.open) return varve::nothing;
        if (command.first_cents == 0) return Opened{};
        return {Opened{}, Deposited{command.first_cents}};
    }
};

struct DepositHandler {
    static std::string key(const Deposit& command) { return command.account; }
    varve::decision<Account> operator()(const Account& account, const Deposit& command) const {
        if (!account.open) return varve::reject("closed", "the account is not open");
        return Deposited{command.cents};
    }
};

struct WithdrawHandler {
    static auto key(const Withdraw& command) { return command.account; }
    varve::decision<Account> operator()(const Account& account,
                                        const Withdraw& command) const noexcept {
        if (account.cents < command.cents) return varve::reject("insufficient funds");
        return Withdrawn{command.cents};
    }
};

}  // namespace till
