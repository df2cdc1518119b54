// What must hold of a bank, whatever happened to its process; every fault is named.
#pragma once

#include "ack_file.hpp"
#include "ledger.hpp"
#include "statement.hpp"

#include <varve/load.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace bank {

struct check_report {
    std::uint64_t events = 0;          ///< Proved byte by byte, at dense positions.
    std::uint64_t acknowledged = 0;    ///< Acknowledged appends, each found with its positions.
    std::uint64_t rejected = 0;        ///< Rejected commands, none of which left anything.
    std::uint64_t unacknowledged = 0;  ///< Stored, and the client does not know: it was killed.
    std::uint64_t accounts = 0;        ///< Balances compared: read model, fold and plain sum.
    std::int64_t cents = 0;            ///< In all accounts.
    std::vector<std::string> faults;
};

/// The bytes of the log prove themselves.
template <class Store>
varve::result<void> check_log(Store& store, check_report& report) {
    const auto proved = store.verify();
    if (!proved) return std::unexpected(proved.error());
    report.events = proved->events;
    for (const auto& fault : proved->faults)
        report.faults.push_back("position " + to_string(fault.where) + ": " + fault.what);
    return {};
}

/// What is wrong with one acknowledgement; empty if the log has what the client was told.
template <class Store>
varve::result<std::string> fault_of(Store& store, const ack& told, const ledger& book) {
    const auto found = store.find(told.id);
    if (!found) return std::unexpected(found.error());
    const auto name = "append " + to_string(told.id);
    if (!told.stored()) return *found ? name + " was rejected, and is in the log" : "";
    if (!*found) return name + " was acknowledged, and is LOST";
    if ((**found).first != told.first || (**found).last != told.last)
        return name + " is at other positions";
    const auto& entry = book.entries.at(told.first.value - 1);
    if (entry.append != told.id || entry.account != told.account || entry.cents != told.cents)
        return name + " holds another event than was acknowledged";
    return "";
}

template <class Store>
varve::result<void> check_acks(Store& store, const acks& told, const ledger& book,
                               check_report& report) {
    std::set<varve::append_id> known;
    for (const auto& each : told.all) {
        auto fault = fault_of(store, each, book);
        if (!fault) return std::unexpected(fault.error());
        if (!fault->empty()) report.faults.push_back(*std::move(fault));
        ++(each.stored() ? report.acknowledged : report.rejected);
        if (!known.insert(each.id).second)
            report.faults.push_back("append " + to_string(each.id) + " was answered twice");
    }
    std::int64_t acknowledged = 0, others = 0;
    for (const auto& each : told.all) acknowledged += each.cents;
    for (const auto& entry : book.entries) {
        if (known.contains(entry.append)) continue;
        ++report.unacknowledged;
        others += entry.cents;
    }
    if (acknowledged + others != book.total)
        report.faults.push_back("acknowledged cents and the others are not what the log holds");
    return {};
}

/// Read model, folded streams and the plain sum agree on every account.
template <class Store>
varve::result<void> check_balances(Store& store, Bank& bank, const ledger& book,
                                   check_report& report) {
    using std::chrono_literals::operator""min;
    const auto rows = bank.ask(EveryBalance{}, varve::at_least{store.head(), 5min});
    if (!rows) return std::unexpected(rows.error());
    std::map<std::string, std::int64_t> projected;
    for (const auto& row : *rows) projected[row.account] = row.cents;
    if (projected != book.balances)
        report.faults.push_back("the read model has " + std::to_string(projected.size()) +
                                " balances that are not those of the log");
    for (const auto& [account, cents] : book.balances) {
        const auto folded = varve::load<Account>(store, "account-" + account);
        if (!folded) return std::unexpected(folded.error());
        if (folded->state.cents != cents)
            report.faults.push_back("account " + account + " folds to another balance");
    }
    report.accounts = book.balances.size();
    report.cents = book.total;
    return {};
}

/// All of it. Errors: what the store and the bank say; a fault is in the report, not an error.
template <class Store>
varve::result<check_report> check(Store& store, Bank& bank, const acks& told) {
    check_report report;
    if (auto done = check_log(store, report); !done) return std::unexpected(done.error());
    const auto book = add_up(store);
    if (!book) return std::unexpected(book.error());
    if (book->entries.size() != report.events)
        report.faults.push_back("the plain loop met another number of events");
    if (auto done = check_acks(store, told, *book, report); !done)
        return std::unexpected(done.error());
    if (auto done = check_balances(store, bank, *book, report); !done)
        return std::unexpected(done.error());
    return report;
}

}  // namespace bank
