// What the bank's clerks look at: balances and statements, folded into SQLite.
#pragma once

#include "domain.hpp"

#include <varve/app.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace bank {

struct Statements {
    static constexpr std::string_view name = "statements";
    static constexpr std::uint32_t version = 1;
    using events = varve::events<Opened, Deposited, Withdrawn>;
    static constexpr std::string_view schema = R"(
        create table balance(account text primary key not null, owner text not null,
                             cents integer not null) strict;
        create table line(position integer primary key not null, account text not null,
                          cents integer not null) strict;
        create index line_by_account on line(account, position);
    )";

    void apply(varve::row_writer& rows, const Opened& e, const varve::recorded_event& at) const {
        rows.run("insert into balance values(?1, ?2, 0)", varve::key_of(at.stream), e.owner());
    }
    void apply(varve::row_writer& rows, const Deposited& e, const varve::recorded_event& at) const {
        move(rows, at, e.cents());
    }
    void apply(varve::row_writer& rows, const Withdrawn& e, const varve::recorded_event& at) const {
        move(rows, at, -e.cents());
    }

private:
    static void move(varve::row_writer& rows, const varve::recorded_event& at, std::int64_t cents) {
        const auto account = varve::key_of(at.stream);
        rows.run("update balance set cents = cents + ?2 where account = ?1", account, cents);
        rows.run("insert into line values(?1, ?2, ?3)", at.position, account, cents);
    }
};

struct Statement {
    std::string owner;
    std::int64_t cents = 0;
    std::vector<std::int64_t> lines;  ///< The newest first.
};

struct StatementOf {
    std::string account;
    std::int64_t lines = 10;
};

struct StatementHandler {
    varve::result<Statement> operator()(const varve::rows<Statements>& rows,
                                        const StatementOf& query) const {
        auto balance = rows.one<std::string, std::int64_t>(
            "select owner, cents from balance where account = ?1", query.account);
        if (!balance) return std::unexpected(balance.error());
        if (!*balance)
            return varve::fail(varve::errc::not_found, "no such account: " + query.account);
        auto lines = rows.all<std::int64_t>(
            "select cents from line where account = ?1 order by position desc limit ?2",
            query.account, query.lines);
        if (!lines) return std::unexpected(lines.error());
        return Statement{std::get<0>(**balance), std::get<1>(**balance), std::move(*lines)};
    }
};

struct Balance {
    std::string account;
    std::int64_t cents = 0;
};

struct EveryBalance {};

struct EveryBalanceHandler {
    varve::result<std::vector<Balance>> operator()(const varve::rows<Statements>& rows,
                                                   const EveryBalance&) const {
        return rows.all<Balance>("select account, cents from balance order by account");
    }
};

using Bank = varve::app<varve::commands<OpenHandler, DepositHandler, WithdrawHandler>,
                        varve::queries<StatementHandler, EveryBalanceHandler>,
                        varve::projections<Statements>>;

}  // namespace bank
