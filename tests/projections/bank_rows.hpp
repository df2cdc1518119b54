// The tables of the bank, and what they must hold.
#pragma once

#include "bank.hpp"

#include <varve/aggregate.hpp>
#include <varve/projections/sqlite_read_model.hpp>
#include <varve/store.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <string>

namespace ledger {

/// Sums and counts; a position that is applied twice breaks the primary key of `applied`.
struct balances {
    static constexpr std::string_view name = "balances";
    static constexpr std::uint32_t version = 1;
    using events = varve::events<deposited, withdrawn>;
    static constexpr std::string_view schema =
        "create table balances(account integer primary key, cents integer not null,"
        " events integer not null) strict;"
        "create table applied(position integer primary key, type text not null) strict";

    void apply(varve::row_writer& rows, const deposited& e, const varve::recorded_event& r) const {
        add(rows, e.account, e.cents, r);
    }
    void apply(varve::row_writer& rows, const withdrawn& e, const varve::recorded_event& r) const {
        add(rows, e.account, -e.cents, r);
    }

    static void add(varve::row_writer& rows, std::int64_t account, std::int64_t cents,
                    const varve::recorded_event& recorded) {
        rows.run(
            "insert into balances values(?1, ?2, 1) on conflict do update set"
            " cents = cents + ?2, events = events + 1",
            account, cents);
        rows.run("insert into applied values(?1, ?2)", recorded.position, recorded.type);
    }
};

inline constexpr varve::position whole_log{std::numeric_limits<std::uint64_t>::max()};

/// What the tables must hold after every event up to `end`: folded by hand, printed row by row.
template <class Store>
std::string expected_rows(Store& store, varve::position end = whole_log) {
    std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> balances;
    std::string applied;
    const auto visit = [&](const varve::recorded_event& event) {
        if (event.position > end) return false;
        const bool plus = event.type == deposited::wire_name;
        if (!plus && event.type != withdrawn::wire_name) return true;
        const auto e = varve::decode<deposited>(event.payload).value();
        auto& [cents, count] = balances[e.account];
        cents += plus ? e.cents : -e.cents;
        ++count;
        applied += to_string(event.position) + " " + std::string{event.type} + "\n";
        return true;
    };
    store.scan_log({.limit = 1'000'000'000, .max_bytes = 1u << 30}, visit).value();
    std::string text;
    for (const auto& [account, row] : balances)
        text += std::to_string(account) + " " + std::to_string(row.first) + " " +
                std::to_string(row.second) + "\n";
    return text + applied;
}

struct balance_row {
    std::int64_t account;
    std::int64_t cents;
    std::int64_t events;
};

/// All rows of a read model in the same form, and the position they are of, from one query.
struct snapshot {
    varve::position as_of;
    std::string text;
};

template <class Projection>
varve::result<snapshot> stored_rows(const varve::sqlite_read_model<Projection>& model) {
    return model.read([](const varve::rows<Projection>& now) -> varve::result<snapshot> {
        snapshot all{now.as_of(), {}};
        const auto accounts = now.template all<balance_row>(
            "select account, cents, events from balances order by account");
        if (!accounts) return std::unexpected(accounts.error());
        for (const auto& row : *accounts)
            all.text += std::to_string(row.account) + " " + std::to_string(row.cents) + " " +
                        std::to_string(row.events) + "\n";
        const auto applied = now.template all<varve::position, std::string>(
            "select position, type from applied order by position");
        if (!applied) return std::unexpected(applied.error());
        for (const auto& [position, type] : *applied)
            all.text += to_string(position) + " " + type + "\n";
        return all;
    });
}

}  // namespace ledger
