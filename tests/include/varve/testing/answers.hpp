// A store's answers as text, so that two of them can be compared and shown.
//
// Two answers are the same if and only if their texts are: every byte that a store says is in them,
// except the words of its messages, which are the store's own.
#pragma once

#include <varve/checkpoint.hpp>
#include <varve/reservation.hpp>
#include <varve/store.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve::inline v0::testkit {

/// How a scan is ended early: its visitor returns false at this event, counted from 1; 0: never.
struct stop_at {
    std::uint64_t event = 0;
};

namespace internal {

/// Any bytes on one line, in quotes.
inline void add_quoted(std::string& text, std::string_view octets) {
    static constexpr char digits[] = "0123456789abcdef";
    text += '"';
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet >= ' ' && octet < 0x7f && c != '"' && c != '\\')
            text += c;
        else
            (((text += '\\') += digits[octet >> 4]) += digits[octet & 15]);
    }
    text += '"';
}

inline void add_time(std::string& text, timestamp when) {
    text += std::to_string(when.time_since_epoch().count());
}

}  // namespace internal

inline std::string described(const failure& failed) {
    std::string text{to_string(failed.code)};
    for (const auto& check : failed.checks) {
        text += ", stream ";
        internal::add_quoted(text, check.stream);
        text += " is " + std::string{to_string(check.state)} + " at " + to_string(check.actual) +
                ", expected " + to_string(check.expected);
    }
    for (const auto& each : failed.conditions)
        text += std::string{", "} +
                (each.what == failed_condition::kind::condition ? "condition "
                                                                : "fail_if_exists ") +
                std::to_string(each.index) + " finds " + to_string(each.found);
    return text;
}

inline std::string described(const receipt& given) {
    std::string text = to_string(given.id) + " at " + to_string(given.first) + " to " +
                       to_string(given.last);
    for (const auto& each : given.streams) {
        text += ' ';
        internal::add_quoted(text, each.stream);
        text += ":" + to_string(each.revision);
    }
    return text;
}
inline std::string described(const std::optional<receipt>& found) {
    return found ? described(*found) : "nothing";
}
inline std::string described(const std::string& text) { return text; }
inline std::string described(position at) { return to_string(at); }
/// Without the store's identity, which is each store's own.
inline std::string described(const checkpoint& at) {
    return "reached " + to_string(at.reached) + " under claim " + std::to_string(at.holder.value);
}

inline std::string described(reservation_state state) { return std::string{to_string(state)}; }
inline std::string described(const event_query& query) {
    std::string text = query.is_everything() ? "everything" : "";
    for (const auto& item : query.items()) {
        for (const auto* names : {&item.categories, &item.types, &item.tags}) {
            for (const auto& name : *names) internal::add_quoted(text, name);
            text += '/';
        }
        text += ' ';
    }
    return text;
}
inline std::string described(const std::vector<reservation>& all) {
    std::string text;
    for (const auto& each : all) {
        text += to_string(each.id) + " " + described(each.state) + " in epoch " +
                to_string(each.epoch) + " since ";
        internal::add_time(text, each.since);
        text += ", " + std::to_string(each.events) + " events, writes";
        for (const auto& name : each.writes) internal::add_quoted(text += ' ', name);
        text += ", believes";
        for (const auto& name : each.believes) internal::add_quoted(text += ' ', name);
        for (const auto& query : each.queries) text += ", query " + described(query);
        internal::add_quoted(text += ", memo ", as_text(each.memo));
        text += "\n";
    }
    return text;
}

inline std::string described(const recorded_event& e) {
    std::string text = to_string(e.position) + " ";
    internal::add_quoted(text, e.stream);
    text += ":" + to_string(e.revision) + " ";
    internal::add_quoted(text, e.type);
    text += " v" + std::to_string(e.schema_version) + " " + to_string(e.id) + " of " +
            to_string(e.append) + " recorded ";
    internal::add_time(text, e.recorded_at);
    if (e.occurred_at) internal::add_time(text += " occurred ", *e.occurred_at);
    if (!e.correlation.is_none()) text += " belongs to " + to_string(e.correlation);
    if (!e.causation.is_none()) text += " caused by " + to_string(e.causation);
    for (const auto [key, value] : e.headers) {
        internal::add_quoted(text += " header ", key);
        internal::add_quoted(text += "=", value);
    }
    for (const auto tag : e.tags) internal::add_quoted(text += " tag ", tag);
    internal::add_quoted(text += " ", as_text(e.payload));
    return text;
}

inline std::string described(const scan_end& end) {
    return "head " + to_string(end.head) + ", last " + to_string(end.last) +
           (end.more ? ", more" : "");
}
inline std::string described(const stream_scan_end& end) {
    return std::string{to_string(end.state)} + " at " + to_string(end.newest) + ", head " +
           to_string(end.head) + ", last " + to_string(end.last) + (end.more ? ", more" : "");
}

template <class T>
std::string described(const result<T>& answer) {
    if (!answer) return described(answer.error());
    if constexpr (std::is_void_v<T>)
        return "done";
    else
        return described(*answer);
}

/// Runs `scan(visitor)` and says what it gave: each event on a line, then how it ended.
template <class Scan>
std::string described_scan(Scan&& scan, stop_at stop = {}) {
    std::string text;
    std::uint64_t given = 0;
    const auto end = scan([&](const recorded_event& event) {
        text += described(event) + "\n";
        return ++given != stop.event;
    });
    return text + described(end);
}

/// The same of a page that was read.
template <class Page>
std::string described_page(const result<Page>& page) {
    if (!page) return described(page.error());
    std::string text;
    for (const auto& event : *page) text += described(event) + "\n";
    return text + described(page->info());
}

}  // namespace varve::inline v0::testkit
