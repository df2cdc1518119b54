// Appends that own what they say, and appends that can be recomputed from their id alone.
#pragma once

#include <varve/append.hpp>
#include <varve/testing/random.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit {

/// An event that owns its bytes; the fields of `new_event`.
struct owned_event {
    std::string stream;
    std::string type = "noted";
    std::string payload{};
    std::uint32_t schema_version = 1;
    message_id correlation{};
    message_id causation{};
    std::optional<timestamp> occurred_at{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::vector<std::string> tags{};
    event_id id{};

    friend bool operator==(const owned_event&, const owned_event&) = default;
};

/// What differs between an event as it was written and as it came back; empty if nothing does.
inline std::string difference(const owned_event& wrote, const recorded_event& got) {
    if (got.stream != wrote.stream) return "another stream";
    if (got.type != wrote.type) return "another type";
    if (got.schema_version != wrote.schema_version) return "another schema version";
    if (as_text(got.payload) != wrote.payload) return "another payload";
    if (got.correlation != wrote.correlation) return "another correlation";
    if (got.causation != wrote.causation) return "another causation";
    if (got.occurred_at != wrote.occurred_at) return "another occurred at";
    if (!wrote.id.is_none() && got.id != wrote.id) return "another event id";
    if (got.headers.size() != wrote.headers.size()) return "another number of headers";
    auto header = wrote.headers.begin();
    for (const auto [key, value] : got.headers) {
        if (key != header->first || value != header->second) return "another header";
        ++header;
    }
    if (got.tags.size() != wrote.tags.size()) return "another number of tags";
    auto tag = wrote.tags.begin();
    for (const auto got_tag : got.tags)
        if (got_tag != *tag++) return "another tag";
    return {};
}

/// An append that can be kept and sent again. Not while another thread changes it.
class draft {
public:
    explicit draft(const append_id& id) : id_(id) {}

    draft& event(owned_event e) {
        events_.push_back(std::move(e));
        return *this;
    }
    draft& event(std::string_view stream, std::string_view payload = "x") {
        return event(owned_event{.stream = std::string{stream}, .payload = std::string{payload}});
    }
    draft& check(std::string_view stream, expectation expected) {
        checks_.emplace_back(stream, expected);
        return *this;
    }

    draft& condition(event_query query, position after = {}) {
        conditions_.push_back({std::move(query), after});
        return *this;
    }
    draft& fail_if_exists(event_query query) {
        fail_if_exists_.push_back(std::move(query));
        return *this;
    }

    const append_id& id() const noexcept { return id_; }
    std::vector<owned_event>& events() noexcept { return events_; }
    const std::vector<owned_event>& events() const noexcept { return events_; }

    /// Calls `with` with the request, whose views live during the call.
    template <class With>
    decltype(auto) send(With&& with) const {
        std::vector<new_event> events;
        std::deque<std::vector<header>> headers;
        std::deque<std::vector<std::string_view>> tags;
        for (const auto& e : events_) {
            auto& h = headers.emplace_back();
            for (const auto& [key, value] : e.headers) h.push_back({key, value});
            auto& t = tags.emplace_back(e.tags.begin(), e.tags.end());
            events.push_back({.stream = e.stream,
                              .type = e.type,
                              .schema_version = e.schema_version,
                              .payload = as_bytes(e.payload),
                              .meta = {e.correlation, e.causation, e.occurred_at, h},
                              .tags = t,
                              .id = e.id});
        }
        std::vector<stream_check> checks;
        for (const auto& [stream, expected] : checks_) checks.push_back({stream, expected});
        return std::forward<With>(with)(append_request{.id = id_,
                                                       .events = events,
                                                       .checks = checks,
                                                       .conditions = conditions_,
                                                       .fail_if_exists = fail_if_exists_});
    }

    template <class Store>
    result<receipt> append_to(Store& store) const {
        return send([&](const append_request& request) { return store.append(request); });
    }

private:
    append_id id_;
    std::vector<owned_event> events_;
    std::vector<std::pair<std::string, expectation>> checks_;
    std::vector<varve::condition> conditions_;
    std::vector<event_query> fail_if_exists_;
};

/// How large the appends of `drawn_from` are.
struct drawn_shape {
    std::uint64_t streams = 12;     ///< Names to choose from.
    std::uint64_t most_events = 6;  ///< Of one append, from 1.
    std::uint64_t most_bytes = 90;  ///< Of one payload, from 0.
};

/// The append that belongs to an id: its events, streams and bytes follow from the id, so whoever
/// knows the id can check every byte of what a store gives back for it.
inline draft drawn_from(const append_id& id, const drawn_shape& shape = {}) {
    seeded_random chance{std::hash<append_id>{}(id)};
    draft drawn{id};
    const auto count = chance.between(1, shape.most_events);
    for (std::uint64_t i = 0; i < count; ++i) {
        std::string payload(chance.below(shape.most_bytes + 1), '\0');
        for (auto& c : payload) c = static_cast<char>(chance.next());
        owned_event e{.stream = "ledger-" + std::to_string(chance.below(shape.streams)),
                      .type = chance.chance(50) ? "noted" : "drawn",
                      .payload = std::move(payload),
                      .correlation = as_id<message_id>(id)};
        if (chance.chance(20)) e.tags.push_back("drawn:" + std::to_string(i));
        if (chance.chance(20)) e.headers.emplace_back("index", std::to_string(i));
        drawn.event(std::move(e));
    }
    return drawn;
}

}  // namespace varve::inline v0::testkit
