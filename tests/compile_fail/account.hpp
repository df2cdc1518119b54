// The aggregate, commands and handlers that the cases of this folder bend.
#pragma once

#include <varve/core.hpp>

#include <cstdint>
#include <string_view>

struct Opened {
    static constexpr std::string_view wire_name = "opened";
};

struct Deposited {
    static constexpr std::string_view wire_name = "deposited";
    std::int64_t cents;
};

struct Account {
    static constexpr std::string_view category = "account";
    using events = varve::events<Opened, Deposited>;
    std::int64_t cents = 0;
    void evolve(const Opened&) noexcept {}
    void evolve(const Deposited& event) noexcept { cents += event.cents; }
};

struct Open {
    std::int64_t account;
};

struct Deposit {
    std::int64_t account;
    std::int64_t cents;
};

struct OpenHandler {
    static auto key(const Open& command) { return command.account; }
    varve::decision<Account> operator()(const Account&, const Open&) const { return Opened{}; }
};

struct DepositHandler {
    static auto key(const Deposit& command) { return command.account; }
    varve::decision<Account> operator()(const Account&, const Deposit& command) const {
        return Deposited{command.cents};
    }
};

template <class... Handler>
using bus_of = varve::command_bus<varve::store_ref, varve::commands<Handler...>>;

struct BalanceOf {
    std::int64_t account;
};

struct Balances {
    std::int64_t of(std::int64_t account) const { return account; }
};

struct BalanceHandler {
    std::int64_t operator()(const Balances& balances, const BalanceOf& query) const {
        return balances.of(query.account);
    }
};
