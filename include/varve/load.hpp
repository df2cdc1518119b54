// The state of a stream as a store has it now.
#pragma once

#include <varve/aggregate.hpp>
#include <varve/store.hpp>

#include <optional>
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

/// Folds a stream, page by page, as of one head. Errors: what the store's scan and `apply` say;
/// `corrupt` if the stream ends before its newest revision.
template <class State, event_store Store>
result<loaded<State>> load(Store& store, std::string_view stream) {
    loaded<State> now;
    std::optional<failure> broken;
    const event_visitor visit = [&now, &broken](const recorded_event& event) {
        auto applied = apply(now.state, event);
        if (applied) return true;
        broken = std::move(applied).error();
        return false;
    };
    stream_range range;
    for (;;) {
        const auto end = store.scan_stream(stream, range, visit);
        if (!end) return std::unexpected(end.error());
        if (broken) return std::unexpected(*std::move(broken));
        if (range.after == revision{}) range.up_to = now.head = end->head;
        now.revision = end->newest;
        if (!end->more) {
            if (end->state == stream_state::exists && end->last != end->newest)
                return fail(errc::corrupt, "stream " + std::string{stream} + " ends at revision " +
                                               to_string(end->last) + ", its newest is " +
                                               to_string(end->newest) + "; run `varve verify`");
            return now;
        }
        range.after = end->last;
    }
}

}  // namespace varve::inline v0
