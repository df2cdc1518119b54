// The contract of an event store: what projections, sagas and buses see.
#pragma once

#include <varve/append.hpp>
#include <varve/engine.hpp>
#include <varve/event.hpp>
#include <varve/failure.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace varve::inline v0 {

/// What a store can do; the conformance suite asks accordingly.
struct store_traits {
    std::string_view engine;        ///< Its engine's name.
    bool dense_positions = true;    ///< Positions have no gaps.
    bool several_streams = true;    ///< One append may write to several streams.
    bool local_transaction = true;  ///< A checkpoint can ride in the append's transaction.
    bool read_your_write = true;    ///< A stored append is visible at once.
    bool push = true;               ///< Readers are woken, they need not poll.
    bool durable = true;            ///< Survives the end of the process.
    std::size_t largest_append = limits::batch;
};

/// Which part of the log to read, and how much of it.
struct log_range {
    position after{0};  ///< Exclusive. Backward: events before this one; 0 means from the end.
    direction way = direction::forward;
    std::uint32_t limit = 1024;  ///< At most this many events a call.
    /// Stop before a page would grow beyond this many payload bytes (at least one event is given).
    std::size_t max_bytes = 16u << 20;
    /// Nothing beyond this position, so that several pages share one prefix.
    position up_to{std::numeric_limits<std::uint64_t>::max()};
};

/// Which part of a stream to read, and how much of it. What lies before the event that ended the
/// stream last, and that event, are hidden.
struct stream_range {
    revision after{0};  ///< Exclusive. Backward: events before this one; 0 means from the end.
    direction way = direction::forward;
    std::uint32_t limit = 1024;
    std::size_t max_bytes = 16u << 20;
    /// Nothing beyond this position, so that several pages share one prefix.
    position up_to{std::numeric_limits<std::uint64_t>::max()};
};

/// Where a scan ended.
struct scan_end {
    position head;      ///< The durable head when the read began: the prefix that it saw.
    position last;      ///< The last position looked at, given or not; the next call's `after`.
    bool more = false;  ///< Stopped by a limit or by the visitor, not by the end.
};

/// Where a scan of a stream ended.
struct stream_scan_end {
    position head;
    stream_state state = stream_state::unknown;
    revision newest;  ///< The stream's own newest revision within the prefix, hidden or not.
    revision last;    ///< The last revision given; the next call's `after`.
    bool more = false;
};

/// Called with each event, valid during the call; returns false to end the scan.
using event_visitor = std::function<bool(const recorded_event&)>;

/// Events with the bytes they are views of. Moving the page keeps the views, destroying it ends them.
template <class End>
class basic_page {
public:
    using value_type = recorded_event;

    auto begin() const noexcept { return events_.begin(); }
    auto end() const noexcept { return events_.end(); }
    std::size_t size() const noexcept { return events_.size(); }
    bool empty() const noexcept { return events_.empty(); }
    const recorded_event& operator[](std::size_t i) const noexcept { return events_[i]; }
    const recorded_event& back() const noexcept { return events_.back(); }

    /// How the read ended: the head it used, and where to go on.
    const End& info() const noexcept { return end_; }

    /// For stores: copies an event into the page.
    void add(const recorded_event& event);
    void finish(const End& end) { end_ = end; }

private:
    std::vector<recorded_event> events_;
    std::vector<std::unique_ptr<std::byte[]>> owned_;
    End end_{};
};

using event_page = basic_page<scan_end>;
using stream_page = basic_page<stream_scan_end>;

/// Which store, and which life of it.
struct store_identity {
    store_id id;
    varve::epoch epoch;

    friend bool operator==(const store_identity&, const store_identity&) = default;
};

/// Keeps a callback registered; destroying it waits until the callback is not running, and ends it.
using registration = std::shared_ptr<void>;

/// An event store. All functions may be called from any thread.
template <class S>
concept event_store = requires(S& store, const append_request& request, const append_id& id,
                               position where, std::string_view stream, const log_range& log,
                               const stream_range& part, const event_visitor& visit,
                               std::function<void()> wake, std::chrono::nanoseconds wait,
                               const event_query& query, const end_request& end, timestamp when) {
    { S::traits } -> std::convertible_to<const store_traits&>;
    { store.identity() } -> std::same_as<store_identity>;
    /// Stores all of it durably or refuses all of it. Errors: `errc` tells what to do.
    { store.append(request) } -> std::same_as<result<receipt>>;
    /// Ends a stream, softly or for ever. Errors: those of an append; `not_found` if a stream that is
    /// to end softly has no events; `tombstoned` if it has ended for ever.
    { store.end_stream(end) } -> std::same_as<result<receipt>>;
    /// The receipt of an earlier append, or nothing. Errors: `poisoned`, `io`, `corrupt`.
    { store.find(id) } -> std::same_as<result<std::optional<receipt>>>;
    /// The last durable position.
    { store.head() } -> std::same_as<position>;
    /// Visits events in place, without a copy.
    { store.scan_log(log, visit) } -> std::same_as<result<scan_end>>;
    { store.scan_stream(stream, part, visit) } -> std::same_as<result<stream_scan_end>>;
    /// Visits the events of the log that match a query; `limit` and `max_bytes` count those. Errors:
    /// as `event_query::check`.
    { store.scan_query(query, log, visit) } -> std::same_as<result<scan_end>>;
    /// The same events in a page that owns them.
    { store.read_log(log) } -> std::same_as<result<event_page>>;
    { store.read_stream(stream, part) } -> std::same_as<result<stream_page>>;
    { store.read_query(query, log) } -> std::same_as<result<event_page>>;
    /// The last position recorded at or before a time, 0 if there is none: `up_to` it, a read sees the
    /// log as it was then.
    { store.position_at(when) } -> std::same_as<result<position>>;
    /// Blocks until the head lies beyond `where` or `wait` is over; gives the head.
    { store.wait_beyond(where, wait) } -> std::same_as<position>;
    /// Calls `wake` on the appending thread after each group became durable. Must be quick.
    { store.on_durable(std::move(wake)) } -> std::same_as<registration>;
};

template <class End>
void basic_page<End>::add(const recorded_event& event) {
    const std::size_t size = event.stream.size() + event.type.size() + event.headers.raw().size() +
                             event.tags.raw().size() + event.payload.size();
    auto memory = std::make_unique_for_overwrite<std::byte[]>(size == 0 ? 1 : size);
    std::byte* to = memory.get();
    const auto keep = [&to](bytes_view from) {
        if (!from.empty()) std::memcpy(to, from.data(), from.size());
        const bytes_view kept{to, from.size()};
        to += from.size();
        return kept;
    };
    recorded_event copy = event;
    copy.stream = as_text(keep(as_bytes(event.stream)));
    copy.type = as_text(keep(as_bytes(event.type)));
    copy.headers = {keep(event.headers.raw()), event.headers.size()};
    copy.tags = {keep(event.tags.raw()), event.tags.size()};
    copy.payload = keep(event.payload);
    owned_.push_back(std::move(memory));
    events_.push_back(copy);
}

}  // namespace varve::inline v0
