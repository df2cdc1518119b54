// A reader that catches up with the log and then stays live.
//
//     varve::subscription reader{store, checkpoint};
//     while (reader.wait(1s))
//         reader.poll([](const recorded_event& event) { ...; return true; });
//
// There is no seam between catching up and being live, because there is only one way to read: `poll`
// scans the durable log from the last position seen, whether a million events wait there or none. A
// notice of new events never carries an event; it only says that it is worth to poll again. So a
// notice may be late, early or doubled, and each event is still given exactly once, in log order.
//
// One thread at a time. The store outlives the subscription.
#pragma once

#include <varve/store.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// Says a query by event types alone; no types stand for everything.
class type_filter {
public:
    type_filter() = default;
    explicit type_filter(std::vector<std::string> types)
        : query_(types.empty() ? event_query::everything()
                               : event_query::any_of({query_item{.types = std::move(types)}})) {}

    operator event_query() const& { return query_; }
    operator event_query() && { return std::move(query_); }

private:
    event_query query_ = event_query::everything();
};

/// How much one call to `subscription::poll` looks at, wanted or not.
struct poll_limits {
    std::uint32_t events = 1024;        ///< From 1.
    std::size_t max_bytes = 16u << 20;  ///< Of payload; one event is always looked at.
};

/// Gives every event after a position once and in order, for as long as it lives.
template <event_store Store>
class subscription {
public:
    /// Begins after `after`: 0 for the whole log, a checkpoint to go on from there.
    /// Gives what matches `wanted`; a query that no store takes is refused by the first `poll`.
    explicit subscription(Store& store, position after = {},
                          event_query wanted = event_query::everything())
        : store_(&store), at_(after), wanted_(std::move(wanted)), sound_(wanted_.check()) {}

    /// The last position looked at, given or passed over: what a checkpoint may say.
    position at() const noexcept { return at_; }

    /// The durable end of the log as of the last `poll`.
    position head() const noexcept { return head_; }

    /// Goes on after `where`, back or forth.
    void seek(position where) noexcept { at_ = where; }

    /// Calls `visit` with each later event that is wanted; the event is a view, valid in the call.
    /// `visit` returns false to end the call: that event counts as given. True if events wait beyond.
    /// Errors: `corrupt` if the log has a gap or ends before this reader's position (events were lost,
    /// or the position is of another store); what `event_query::check` and the store's scan say.
    result<bool> poll(const event_visitor& visit, poll_limits limits = {}) {
        if (!sound_) return std::unexpected(sound_.error());
        bool gap = false;
        const auto end = store_->scan_log(range(limits), [&](const recorded_event& event) {
            gap = Store::traits.dense_positions ? event.position != at_.next()
                                                : event.position <= at_;
            if (gap) return false;
            const bool go_on = !wanted_.matches(event) || visit(event);
            at_ = event.position;  // after the visit: an event whose visitor throws was not given
            return go_on;
        });
        if (!end) return std::unexpected(end.error());
        if (gap) return fail(errc::corrupt, broken("has no event right after"));
        head_ = end->head;
        if (head_ < at_) return fail(errc::corrupt, broken("ends before"));
        return end->more;
    }

    /// The same events, wanted ones only, in a page that owns them.
    result<event_page> next(poll_limits limits = {}) {
        event_page page;
        const auto before = at_;
        const auto more = poll(
            [&page](const recorded_event& event) {
                page.add(event);
                return true;
            },
            limits);
        if (!more) {
            at_ = before;  // the page is lost with the failure, so its events were not given
            return std::unexpected(more.error());
        }
        page.finish({.head = head_, .last = at_, .more = *more});
        return page;
    }

    /// Blocks until there is an event to look at or `timeout` is over; true if there is one, or if the
    /// store cannot be read, which `poll` then says.
    bool wait(std::chrono::nanoseconds timeout) {
        if (store_->wait_beyond(at_, timeout) > at_) return true;
        const auto looked = store_->scan_log({.after = at_, .limit = 0},
                                             [](const recorded_event&) { return false; });
        return !looked;
    }

private:
    log_range range(poll_limits limits) const noexcept {
        return {.after = at_, .limit = limits.events, .max_bytes = limits.max_bytes};
    }

    std::string broken(std::string_view how) const {
        return "the log " + std::string{how} + " position " + to_string(at_) +
               ", which this reader has seen; run `varve verify`, and look whether the reader's "
               "position is of another store";
    }

    Store* store_;
    position at_;
    position head_;
    event_query wanted_;
    result<void> sound_;  ///< Whether `wanted_` is one.
};

}  // namespace varve::inline v0
