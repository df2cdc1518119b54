// The independent sum: what the raw events say, added up by a plain loop.
//
// It knows nothing of projections and folds, and parses the payloads with Protobuf alone, so that it
// can contradict them.
#pragma once

#include <varve/event.hpp>
#include <varve/failure.hpp>
#include <varve/store.hpp>
#include <varve/stream_id.hpp>

#include <bank.pb.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bank {

struct ledger_entry {
    varve::append_id append;
    std::string account;
    std::int64_t cents = 0;
};

struct ledger {
    std::vector<ledger_entry> entries;  ///< Of position 1, 2, ...
    std::map<std::string, std::int64_t> balances;
    std::int64_t total = 0;
};

namespace detail {

template <class Message>
std::int64_t cents_in(varve::bytes_view payload, std::string& fault) {
    Message message;
    if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
        fault = "does not parse";
    return message.cents();
}

/// What an event adds to its account; `fault` says why it cannot be told.
inline std::int64_t cents_of(const varve::recorded_event& event, std::string& fault) {
    if (event.type == "bank.Opened") return 0;
    if (event.type == "bank.Deposited") return cents_in<Deposited>(event.payload, fault);
    if (event.type == "bank.Withdrawn") return -cents_in<Withdrawn>(event.payload, fault);
    fault = "is of the unknown type '" + std::string{event.type} + "'";
    return 0;
}

inline std::string take(ledger& book, const varve::recorded_event& event) {
    std::string fault;
    const auto cents = cents_of(event, fault);
    const std::string account{varve::key_of(event.stream)};
    auto& balance = book.balances[account];
    balance += cents;
    book.total += cents;
    book.entries.push_back({event.append, account, cents});
    if (event.position.value != book.entries.size()) fault = "does not follow the one before";
    if (balance < 0) fault = "leaves account " + account + " below zero";
    return fault;
}

}  // namespace detail

/// Adds up the whole log. Errors: `corrupt` for a gap, a foreign event or a balance below zero.
template <varve::event_store Store>
varve::result<ledger> add_up(Store& store) {
    ledger book;
    std::string fault;
    varve::log_range range;
    const varve::event_visitor visit = [&](const varve::recorded_event& event) {
        fault = detail::take(book, event);
        return fault.empty();
    };
    for (;;) {
        const auto end = store.scan_log(range, visit);
        if (!end) return std::unexpected(end.error());
        if (!fault.empty())
            return varve::fail(varve::errc::corrupt,
                               "the event at position " + to_string(end->last) + " " + fault);
        if (!end->more) return book;
        range.after = end->last;
    }
}

}  // namespace bank
