// Whether one order of the appends explains everything that many threads saw at once.
//
// Positions are the store's own claim of such an order, so nothing is searched for: the claim is held
// against every answer. It is right if each append's beliefs held at its place, each refusal and each
// read shows one moment of that order, and the moment lies between the beginning and the end of the
// call. Then streams are linearizable and appends over several streams serializable, strictly.
//
// The anomalies have the names of the literature where it has some (Adya, Weak Consistency, 1999;
// Kingsbury and Alvaro, Elle, VLDB 2020): `dirty_read` is G1a, `torn_read` G1b, `write_skew` G2-item.
#pragma once

#include <varve/testing/history.hpp>
#include <varve/testing/query_model.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit {

/// What can be wrong with a history.
enum class anomaly : std::uint8_t {
    lost_update,     ///< A belief about a stream that the append writes did not hold at its place.
    write_skew,      ///< The same of what it does not write: another stream, or a condition.
    after_end,       ///< Stored in a stream that had ended for ever.
    lost_append,     ///< Acknowledged, and not in the log as the receipt says.
    torn_append,     ///< In the log in part, in pieces, or with other content.
    refused_stored,  ///< Refused, and in the log.
    false_refusal,   ///< Refused for what was at no moment of the call.
    gap,             ///< Something is missing between what is there.
    double_event,    ///< Something is there twice.
    reorder,         ///< Not in the order of positions, or an order that time contradicts.
    wrong_revision,  ///< A revision, or a stream's state, that the log does not explain.
    dirty_read,      ///< A read of what was refused, or is not in the log.
    torn_read,       ///< A read that sees a part of an append.
    stale_read,      ///< A read that misses what had ended before it began.
    future_read,     ///< A read that sees what began after it had ended.
    phantom,         ///< A read gives what it was not asked for, or more than its own head.
};

constexpr std::string_view to_string(anomaly what) noexcept {
    constexpr std::string_view names[]{
        "lost_update",  "write_skew",     "after_end",      "lost_append",
        "torn_append",  "refused_stored", "false_refusal",  "gap",
        "double_event", "reorder",        "wrong_revision", "dirty_read",
        "torn_read",    "stale_read",     "future_read",    "phantom"};
    return names[static_cast<std::size_t>(what)];
}

/// What a check found.
struct history_report {
    struct finding {
        anomaly what;
        std::string words;
    };
    std::vector<finding> found;  ///< At most 50; empty if the history is explained.
    std::uint64_t stored = 0, refused = 0, unknown = 0, reads = 0;

    bool has(anomaly what) const {
        return std::ranges::any_of(found, [&](const finding& f) { return f.what == what; });
    }
    std::string text() const {
        std::string all;
        for (const auto& each : found)
            all += std::string{to_string(each.what)} + ": " + each.words + "\n";
        return all;
    }
};

namespace internal {

class history_checker {
public:
    explicit history_checker(const history& seen) : seen_(&seen) {}

    history_report run() {
        walk_log();
        for (const auto& call : seen_->appends) place(call);
        order_times();
        for (const auto& call : seen_->appends) check(call);
        for (const auto& call : seen_->reads) check(call);
        return std::move(report_);
    }

private:
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    struct stream_at {
        revision newest;
        stream_state state = stream_state::unknown;
        std::uint64_t hidden = 0;  ///< Position up to which nothing can be read.
    };
    struct placed {
        std::uint64_t first = 0, last = 0;
    };

    void wrong(anomaly what, std::string words) {
        if (report_.found.size() < 50) report_.found.push_back({what, std::move(words)});
    }
    static std::string at(std::uint64_t position) { return "position " + std::to_string(position); }

    // ---- the log of the end --------------------------------------------------------------------

    void walk_log() {
        append_id current;
        for (const auto& event : seen_->log) {
            const auto here = by_position_.size() + 1;
            if (!ids_.emplace(event.id, here).second)
                wrong(anomaly::double_event, "the log has an event twice, again at " + at(here));
            else if (event.position.value > here)
                wrong(anomaly::gap,
                      "the log goes from " + at(here - 1) + " to " + at(event.position.value));
            else if (event.position.value < here)
                wrong(anomaly::reorder,
                      "the log goes from " + at(here - 1) + " to " + at(event.position.value));
            by_position_.push_back(&event);
            auto& mine = streams_[event.stream];
            if (event.revision.value != mine.size() + 1)
                wrong(anomaly::wrong_revision, at(here) + " has revision " +
                                                   to_string(event.revision) + " after " +
                                                   std::to_string(mine.size()));
            mine.push_back(here);
            model_.note(event.stream, event.type, event.tags);
            const auto [place, fresh] = appends_.try_emplace(event.append, placed{here, here});
            if (!fresh && current != event.append)
                wrong(anomaly::torn_append, at(here) + " belongs to an append that ended before");
            current = event.append;
            place->second.last = here;
        }
        for (const auto& [id, where] : appends_) ends_.insert(where.last);
    }

    std::uint64_t head() const { return by_position_.size(); }

    stream_at look_at(std::string_view stream, std::uint64_t top) const {
        stream_at now;
        const auto known = streams_.find(std::string{stream});
        if (known == streams_.end()) return now;
        for (const auto position : known->second) {
            if (position > top) break;
            const auto& type = by_position_[position - 1]->type;
            ++now.newest.value;
            now.state = stream_state::exists;
            if (type != "$soft-deleted" && type != "$tombstone") continue;
            now.state = type == "$tombstone" ? stream_state::tombstoned : stream_state::deleted;
            now.hidden = position;
        }
        return now;
    }

    // ---- time ----------------------------------------------------------------------------------

    /// What is known of an append, whatever it believed.
    void place(const append_call& call) {
        known_.insert_or_assign(call.asked.id(), &call);
        const bool unknown = !call.answer && call.answer.error().code == errc::unknown;
        ++(call.answer ? report_.stored : unknown ? report_.unknown : report_.refused);
        const auto found = appends_.find(call.asked.id());
        if (call.asked.events().empty()) return;
        if (found == appends_.end()) {
            if (call.answer)
                wrong(anomaly::lost_append, to_string(call.asked.id()) + " was acknowledged at " +
                                                to_string(call.answer->first) + " and is gone");
            return;
        }
        if (!call.answer && !unknown)
            wrong(anomaly::refused_stored,
                  to_string(call.asked.id()) + " is at " + at(found->second.first));
        done_.push_back({unknown ? never : call.when.ended, found->second.last});
        begun_.push_back({call.when.began, found->second.first});
    }

    /// `done_`: by when the log had reached where, at least. `begun_`: from when on a position was
    /// beyond everybody.
    void order_times() {
        for (const auto& call : seen_->reads) done_.push_back({call.when.ended, call.head.value});
        std::ranges::sort(done_);
        for (std::size_t i = 1; i < done_.size(); ++i)
            done_[i].second = std::max(done_[i].second, done_[i - 1].second);
        std::ranges::sort(begun_);
        for (std::size_t i = begun_.size(); i-- > 1;)
            begun_[i - 1].second = std::min(begun_[i - 1].second, begun_[i].second);
    }

    /// The log had reached at least this when the moment came.
    std::uint64_t least(std::uint64_t moment) const {
        const auto after = std::ranges::lower_bound(done_, std::pair{moment, std::uint64_t{0}});
        return after == done_.begin() ? 0 : std::prev(after)->second;
    }
    /// It had reached at most this.
    std::uint64_t most(std::uint64_t moment) const {
        const auto after = std::ranges::upper_bound(begun_, std::pair{moment, never});
        return after == begun_.end() ? head() : after->second - 1;
    }

    // ---- appends -------------------------------------------------------------------------------

    void check(const append_call& call) {
        const auto found = appends_.find(call.asked.id());
        if (found != appends_.end() && !call.asked.events().empty()) {
            if (found->second.first <= least(call.when.began))
                wrong(anomaly::reorder,
                      "append " + to_string(call.asked.id()) + " at " + at(found->second.first) +
                          " began when the log had reached " + at(least(call.when.began)));
            check_content(call, found->second);
            check_beliefs(call, found->second.first - 1);
            if (call.answer) check_receipt(call, found->second);
        } else if (call.answer && call.asked.events().empty()) {
            check_moment(call, "a pure check held");
        } else if (!call.answer && (call.answer.error().code == errc::conflict ||
                                    call.answer.error().code == errc::exists)) {
            check_moment(call, "a refusal");
        }
    }

    void check_content(const append_call& call, const placed& where) {
        const auto& wrote = call.asked.events();
        bool same = where.last - where.first + 1 == wrote.size();
        for (std::size_t i = 0; same && i < wrote.size(); ++i) {
            const auto& there = *by_position_[where.first + i - 1];
            same = there.append == call.asked.id() && there.stream == wrote[i].stream &&
                   there.type == wrote[i].type && there.payload == wrote[i].payload &&
                   there.tags == wrote[i].tags;
        }
        if (!same)
            wrong(anomaly::torn_append, "append " + to_string(call.asked.id()) + " at " +
                                            at(where.first) + " is not what was sent");
    }

    void check_receipt(const append_call& call, const placed& where) {
        const auto& given = *call.answer;
        if (given.first.value != where.first || given.last.value != where.last)
            wrong(anomaly::lost_append, "the receipt says " + to_string(given.first) + " to " +
                                            to_string(given.last) + ", the log has it at " +
                                            at(where.first));
        for (const auto& each : given.streams)
            if (look_at(each.stream, where.last).newest != each.revision)
                wrong(anomaly::wrong_revision,
                      "the receipt says that " + each.stream + " is at " +
                          to_string(each.revision) + ", it is at " +
                          to_string(look_at(each.stream, where.last).newest));
    }

    /// What the append believed, of the log up to `top`.
    failure beliefs_failed(const append_call& call, std::uint64_t top) const {
        failure failed;
        call.asked.send([&](const append_request& request) {
            for (const auto& each : request.checks) {
                const auto now = look_at(each.stream, top);
                if (!each.expected.met_by(now.newest, now.state))
                    failed.checks.push_back(
                        {std::string{each.stream}, each.expected, now.newest, now.state});
            }
            using kind = failed_condition::kind;
            const auto look = [&](const event_query& query, position after, kind what,
                                  std::size_t i) {
                const auto found = model_.first_match(query, after);
                if (found != position{} && found.value <= top)
                    failed.conditions.push_back({what, i, found});
            };
            for (std::size_t i = 0; i < request.conditions.size(); ++i)
                look(request.conditions[i].query, request.conditions[i].after, kind::condition, i);
            for (std::size_t i = 0; i < request.fail_if_exists.size(); ++i)
                look(request.fail_if_exists[i], {}, kind::fail_if_exists, i);
        });
        return failed;
    }

    void check_beliefs(const append_call& call, std::uint64_t top) {
        for (const auto& event : call.asked.events())
            if (look_at(event.stream, top).state == stream_state::tombstoned)
                wrong(anomaly::after_end, event.stream + " had ended before " + at(top + 1));
        const auto failed = beliefs_failed(call, top);
        for (const auto& each : failed.checks) {
            const bool own = std::ranges::any_of(
                call.asked.events(),
                [&](const owned_event& event) { return event.stream == each.stream; });
            wrong(own ? anomaly::lost_update : anomaly::write_skew,
                  "the append at " + at(top + 1) + " believed that " + each.stream + " is " +
                      to_string(each.expected) + ", it was at " + to_string(each.actual));
        }
        for (const auto& each : failed.conditions)
            wrong(anomaly::write_skew, "the append at " + at(top + 1) +
                                           " was stored in spite of the event at " +
                                           at(each.found.value));
    }

    /// There is a moment of the call at which exactly what the answer says did not hold.
    void check_moment(const append_call& call, const char* what) {
        const auto low = least(call.when.began);
        const auto high = most(call.when.ended);
        for (auto top = low; top <= high; ++top) {
            const auto failed = beliefs_failed(call, top);
            const bool same = call.answer ? failed.checks.empty() && failed.conditions.empty()
                                          : failed.checks == call.answer.error().checks &&
                                                failed.conditions == call.answer.error().conditions;
            if (same) return;
        }
        wrong(anomaly::false_refusal, std::string{what} + " of " + to_string(call.asked.id()) +
                                          " fits no moment between " + at(low) + " and " +
                                          at(high));
    }

    // ---- reads ---------------------------------------------------------------------------------

    void check(const read_call& call) {
        ++report_.reads;
        const auto top = call.head.value;
        if (top < least(call.when.began))
            wrong(anomaly::stale_read, words(call) + " saw the log up to " + at(top) +
                                           ", which had reached " + at(least(call.when.began)) +
                                           " before");
        if (top > most(call.when.ended))
            wrong(anomaly::future_read,
                  words(call) + " saw " + at(top) + ", which nobody had begun to write");
        if (top != 0 && top <= head() && !ends_.contains(top))
            wrong(anomaly::torn_read, words(call) + " ends at " + at(top) + ", within an append");
        check_events(call, wanted(call));
        if (call.what != read_call::kind::stream) return;
        const auto now = look_at(call.stream, top);
        if (now.newest != call.newest || now.state != call.state)
            wrong(anomaly::wrong_revision, words(call) + " says " + to_string(call.newest) +
                                               ", of " + at(top) + " it is " +
                                               to_string(now.newest));
    }

    static std::string words(const read_call& call) {
        return "the read from " + std::to_string(call.when.began) + " to " +
               std::to_string(call.when.ended) +
               (call.what == read_call::kind::stream  ? " of " + call.stream
                : call.what == read_call::kind::query ? " of a query"
                                                      : " of the log");
    }

    /// Positions that the read had to give, in its order.
    std::vector<std::uint64_t> wanted(const read_call& call) const {
        const auto top = std::min(call.head.value, head());
        const bool forward = call.way == direction::forward;
        const auto in_range = [&](std::uint64_t n) {
            return forward ? n > call.after : call.after == 0 || n < call.after;
        };
        std::vector<std::uint64_t> all;
        if (call.what == read_call::kind::stream) {
            const auto known = streams_.find(call.stream);
            const auto hidden = look_at(call.stream, top).hidden;
            if (known != streams_.end())
                for (std::size_t i = 0; i < known->second.size(); ++i)
                    if (known->second[i] > hidden && known->second[i] <= top && in_range(i + 1))
                        all.push_back(known->second[i]);
        } else {
            for (const auto at : model_.matches(call.query, 0, top))
                if (in_range(at)) all.push_back(at);
        }
        if (!forward) std::ranges::reverse(all);
        if (all.size() > call.limit) all.resize(call.limit);
        return all;
    }

    void check_events(const read_call& call, const std::vector<std::uint64_t>& all) {
        std::unordered_set<std::uint64_t> given;
        std::unordered_set<event_id> ids;
        std::uint64_t last = 0;
        for (const auto& event : call.events) {
            const auto here = event.position.value;
            const auto known = ids_.find(event.id);
            if (!ids.insert(event.id).second)
                wrong(anomaly::double_event,
                      words(call) + " gave the event at " + at(here) + " twice");
            else if (known == ids_.end())
                wrong(anomaly::dirty_read, words(call) + " gave an event of " +
                                               fate_of(event.append) + " at " + at(here));
            else if (known->second != here ||
                     (last != 0 && (call.way == direction::forward) != (here > last)))
                wrong(anomaly::reorder, words(call) + " gave " + at(here) + " after " + at(last));
            else if (const auto& there = *by_position_[here - 1]; there.revision != event.revision)
                wrong(anomaly::wrong_revision, words(call) + " gave " + at(here) + " as revision " +
                                                   to_string(event.revision));
            else if (there != event)
                wrong(anomaly::torn_append, words(call) + " gave another event at " + at(here));
            else if (here > call.head.value || std::ranges::find(all, here) == all.end())
                wrong(anomaly::phantom,
                      words(call) + " gave " + at(here) + ", which it was not asked for");
            given.insert(here);
            last = here;
        }
        for (const auto here : all)
            if (!given.contains(here))
                return wrong(anomaly::gap, words(call) + " did not give " + at(here));
    }

    std::string fate_of(const append_id& id) const {
        const auto call = known_.find(id);
        if (call == known_.end()) return "an append that nobody sent";
        return call->second->answer ? "a lost append"
                                    : "an append that was answered " +
                                          std::string{to_string(call->second->answer.error().code)};
    }

    const history* seen_;
    history_report report_;
    std::vector<const seen_event*> by_position_;
    std::unordered_map<event_id, std::uint64_t> ids_;
    std::unordered_map<std::string, std::vector<std::uint64_t>> streams_;
    std::map<append_id, placed> appends_;
    std::unordered_set<std::uint64_t> ends_;  // the last positions of appends
    std::map<append_id, const append_call*> known_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> done_, begun_;
    query_model model_;
};

}  // namespace internal

/// Holds a history against its own log. Calls that wrote the same id twice are not understood.
inline history_report check_history(const history& seen) {
    return internal::history_checker{seen}.run();
}

}  // namespace varve::inline v0::testkit
