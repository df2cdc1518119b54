// The state of a stream as a store has it now.
#pragma once

#include <varve/aggregate.hpp>
#include <varve/store.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace varve::inline v0 {

/// A folded state, and what it is a state of.
template <class State>
struct loaded {
    State state{};
    varve::revision
        revision;   ///< Of the newest event folded; 0 for a stream that was never written.
    position head;  ///< The durable head of the log when the read began.
};

namespace detail {

/// Takes the events of one stream in order, beginning right behind a revision.
template <class State>
struct stream_fold {
    State& state;
    revision last;  ///< 0: it begins anywhere.
    bool follows = true;
    std::optional<failure> broken{};

    bool take(const recorded_event& event) {
        follows = last == revision{} || event.revision == last.next();
        if (!follows) return false;
        last = event.revision;
        auto applied = apply(state, event);
        if (applied) return true;
        broken = std::move(applied).error();
        return false;
    }
};

/// Folds what a stream has beyond `from`, the revision of the state in `now`, as of one head. False if
/// the stream does not go on from there, because it was ended since; `now` is then of no use.
template <class State, event_store Store>
result<bool> fold_beyond(Store& store, std::string_view stream, revision from, loaded<State>& now) {
    stream_fold<State> fold{now.state, from};
    const event_visitor visit = [&fold](const recorded_event& event) { return fold.take(event); };
    stream_range range{.after = from};
    for (bool first = true;; first = false) {
        const auto end = store.scan_stream(stream, range, visit);
        if (!end) return std::unexpected(end.error());
        if (fold.broken) return std::unexpected(*std::move(fold.broken));
        if (first) range.up_to = now.head = end->head;
        now.revision = end->newest;
        if (!fold.follows || (from != revision{} && end->state != stream_state::exists))
            return false;
        if (!end->more) {
            if (end->state == stream_state::exists && end->last != end->newest)
                return fail(errc::corrupt, "stream " + std::string{stream} + " ends at revision " +
                                               to_string(end->last) + ", its newest is " +
                                               to_string(end->newest) + "; run `varve verify`");
            return true;
        }
        range.after = end->last;
    }
}

}  // namespace detail

/// Folds a stream, page by page, as of one head. Errors: what the store's scan and `apply` say;
/// `corrupt` if the stream has a gap or ends before its newest revision.
template <class State, event_store Store>
result<loaded<State>> load(Store& store, std::string_view stream) {
    loaded<State> now;
    const auto folded = detail::fold_beyond(store, stream, {}, now);
    if (!folded) return std::unexpected(folded.error());
    if (!*folded)
        return fail(errc::corrupt,
                    "stream " + std::string{stream} + " has a gap; run `varve verify`");
    return now;
}

}  // namespace varve::inline v0
