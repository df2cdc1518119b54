// Reads a whole store in every way it offers, and says where the answers are not as they must be.
//
//     const auto found = testkit::audit(store);
//     EXPECT_TRUE(found.sound()) << found.text();
//
// It knows nothing of what was written: only what must hold of any store. `semantics.md` §2, §10,
// §12, §23 and §24 are checked on every event.
#pragma once

#include <varve/store.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit {

/// What an audit found.
struct audit_report {
    position head;
    std::uint64_t events = 0;
    std::uint64_t appends = 0;
    std::uint64_t streams = 0;
    std::vector<std::string> problems;  ///< At most 20; empty if all is as it must be.

    bool sound() const noexcept { return problems.empty(); }
    std::string text() const {
        std::string text = std::to_string(events) + " events, " + std::to_string(appends) +
                           " appends, " + std::to_string(streams) + " streams";
        for (const auto& problem : problems) text += "\n  " + problem;
        return text;
    }
};

namespace internal {

template <class Store>
class auditor {
public:
    auditor(Store& store, bool ids_repeat) : store_(&store), ids_repeat_(ids_repeat) {}

    audit_report run() {
        report_.head = store_->head();
        read_forward();
        if (report_.problems.empty()) read_backward();
        if (report_.problems.empty()) read_streams();
        if (report_.problems.empty()) find_appends();
        report_.events = places_.size();
        report_.appends = appends_.size();
        report_.streams = streams_.size();
        return std::move(report_);
    }

private:
    struct place {
        std::uint32_t stream;
        revision in_stream;
        event_id id;
    };

    bool wrong(position where, std::string_view what) {
        if (report_.problems.size() < 20)
            report_.problems.push_back("position " + to_string(where) + ": " + std::string{what});
        return false;
    }
    void expect(bool holds, position where, std::string_view what) {
        if (!holds) wrong(where, what);
    }

    void read_forward() {
        log_range range{.limit = 4096, .up_to = report_.head};
        for (bool more = true; more;) {
            const auto end = store_->scan_log(range, [this](const recorded_event& e) {
                take(e);
                return true;
            });
            if (!end) return void(wrong(range.after, to_string(end.error())));
            if (end->more && end->last <= range.after)
                return void(wrong(range.after, "a page that goes nowhere"));
            range.after = end->last;
            more = end->more;
        }
        if (places_.size() != report_.head.value)
            wrong(report_.head, "the log gives " + std::to_string(places_.size()) +
                                    " events and says that it has " + to_string(report_.head));
    }

    void take(const recorded_event& e) {
        const position expected{places_.size() + 1};
        expect(e.position == expected, expected,
               "found " + to_string(e.position) + " in its place");
        const auto [known, fresh] = streams_.try_emplace(
            std::string{e.stream}, static_cast<std::uint32_t>(streams_.size()));
        if (fresh) by_stream_.emplace_back();
        auto& mine = by_stream_[known->second];
        expect(e.revision.value == mine.size() + 1, e.position,
               "revision " + to_string(e.revision) + " after " + std::to_string(mine.size()));
        mine.push_back(expected);
        if (e.type == marker_of(ending::soft) || e.type == marker_of(ending::tombstone))
            hidden_[known->second] = mine.size();
        expect(!tombstoned_.contains(known->second), e.position, "behind the end of its stream");
        if (e.type == marker_of(ending::tombstone)) tombstoned_.insert(known->second);
        expect(e.recorded_at >= last_recorded_, e.position, "recorded before its predecessor");
        last_recorded_ = e.recorded_at;
        expect(event_ids_.insert(e.id).second || ids_repeat_, e.position,
               "the event id is there already");
        take_append(e);
        places_.push_back({known->second, e.revision, e.id});
    }

    void take_append(const recorded_event& e) {
        if (appends_.empty() || appends_.back().id != e.append) {
            expect(append_ids_.insert(e.append).second || ids_repeat_, e.position,
                   "the append id is there already: a batch in two pieces, or a double");
            appends_.push_back({e.append, e.position, e.position, {}});
        }
        auto& append = appends_.back();
        append.last = e.position;
        const auto same = [&](const stream_revision& s) { return s.stream == e.stream; };
        auto mine = std::ranges::find_if(append.streams, same);
        if (mine == append.streams.end())
            append.streams.push_back({std::string{e.stream}, e.revision});
        else
            mine->revision = e.revision;
    }

    void read_backward() {
        log_range range{.after = report_.head.next(), .way = direction::backward, .limit = 1000};
        std::uint64_t left = places_.size();
        for (bool more = true; more;) {
            const auto end = store_->scan_log(range, [&](const recorded_event& e) {
                if (e.position.value != left || left == 0 || places_[left - 1].id != e.id)
                    return wrong(e.position, "backward, not the event that is there forward");
                --left;
                return true;
            });
            if (!end) return void(wrong(position{left}, "backward: " + to_string(end.error())));
            if (end->more && end->last >= range.after)
                return void(wrong(position{left}, "backward: a page that goes nowhere"));
            range.after = end->last;
            more = end->more && report_.problems.empty();
        }
        expect(left == 0 || !report_.problems.empty(), position{left}, "backward: ends here");
    }

    void read_streams() {
        for (const auto& [name, index] : streams_) {
            const auto& mine = by_stream_[index];
            const auto hidden = hidden_.contains(index) ? hidden_[index] : 0;
            const auto state = tombstoned_.contains(index) ? stream_state::tombstoned
                               : hidden == mine.size()     ? stream_state::deleted
                                                           : stream_state::exists;
            std::uint64_t seen = hidden;
            stream_range range{.limit = 512, .up_to = report_.head};
            for (bool more = true; more;) {
                const auto end = store_->scan_stream(name, range, [&](const recorded_event& e) {
                    if (seen == mine.size() || e.position != mine[seen] ||
                        e.revision.value != seen + 1 || e.stream != name)
                        return wrong(e.position, "stream " + name + " does not agree with the log");
                    ++seen;
                    return true;
                });
                if (!end) return void(wrong(report_.head, name + ": " + to_string(end.error())));
                if (end->more && end->last <= range.after)
                    return void(wrong(report_.head, name + ": a page that goes nowhere"));
                range.after = end->last;
                more = end->more && report_.problems.empty();
                expect(end->newest.value == mine.size() && end->state == state, report_.head,
                       name + ": another newest revision or state");
            }
            expect(seen == mine.size(), report_.head, "stream " + name + " ends early");
        }
    }

    void find_appends() {
        for (const auto& append : appends_) {
            const auto found = store_->find(append.id);
            if (!found) return void(wrong(append.first, "find: " + to_string(found.error())));
            if (ids_repeat_ && (!*found || (**found).first > append.first)) continue;
            expect(found->has_value() && **found == append, append.first,
                   "find does not give the receipt that the log shows");
        }
    }

    Store* store_;
    bool ids_repeat_;
    audit_report report_;
    std::vector<place> places_;
    std::unordered_map<std::string, std::uint32_t> streams_;
    std::vector<std::vector<position>> by_stream_;
    std::unordered_map<std::uint32_t, std::uint64_t> hidden_;  // revision that ended a stream last
    std::unordered_set<std::uint32_t> tombstoned_;
    std::vector<receipt> appends_;
    std::unordered_set<append_id> append_ids_;
    std::unordered_set<event_id> event_ids_;
    timestamp last_recorded_ = timestamp::min();
};

}  // namespace internal

/// Audits a store with dense positions. Appends that run meanwhile are not looked at. `ids_repeat`: it
/// was opened with an expiry of append ids, so they may be forgotten and used again.
template <class Store>
audit_report audit(Store& store, bool ids_repeat = false) {
    return internal::auditor<Store>{store, ids_repeat}.run();
}

}  // namespace varve::inline v0::testkit
