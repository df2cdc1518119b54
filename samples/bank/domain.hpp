// A bank in plain structs and pure functions: no store, no clock, no thread in sight.
#pragma once

#include <varve/core.hpp>

#include <bank.pb.h>

#include <cstdint>
#include <string>

namespace bank {

struct Account {  // state, folded from events
    static constexpr std::string_view category = "account";
    using events = varve::events<Opened, Deposited, Withdrawn>;

    bool open = false;
    std::int64_t cents = 0;

    void evolve(const Opened&) noexcept { open = true; }
    void evolve(const Deposited& e) noexcept { cents += e.cents(); }
    void evolve(const Withdrawn& e) noexcept { cents -= e.cents(); }
};

inline constexpr std::int64_t most_cents = 1'000'000'000'000;  // an account holds no more

struct Open {
    std::string account;
    std::string owner;
};

struct Deposit {
    std::string account;
    std::int64_t cents = 0;
};

struct Withdraw {
    std::string account;
    std::int64_t cents = 0;
};

struct OpenHandler {
    static auto key(const Open& command) { return command.account; }  // the stream: account-<key>

    varve::decision<Account> operator()(const Account& account, const Open& command) const {
        if (account.open) return varve::reject("account is open already");
        Opened event;
        event.set_owner(command.owner);
        return event;
    }
};

struct DepositHandler {
    static auto key(const Deposit& command) { return command.account; }

    varve::decision<Account> operator()(const Account& account, const Deposit& command) const {
        if (!account.open) return varve::reject("no such account");
        if (command.cents <= 0) return varve::reject("deposit at least one cent");
        if (command.cents > most_cents - account.cents) return varve::reject("account is full");
        Deposited event;
        event.set_cents(command.cents);
        return event;
    }
};

struct WithdrawHandler {
    static auto key(const Withdraw& command) { return command.account; }

    varve::decision<Account> operator()(const Account& account, const Withdraw& command) const {
        if (!account.open) return varve::reject("no such account");
        if (command.cents <= 0) return varve::reject("withdraw at least one cent");
        if (account.cents < command.cents) return varve::reject("insufficient funds");
        Withdrawn event;
        event.set_cents(command.cents);
        return event;
    }
};

}  // namespace bank
