// Reads one stream, from its last ending on.
#pragma once

#include <varve/eventstore/detail/picked_events.hpp>
#include <varve/eventstore/detail/store_state.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace varve::inline v0::detail {

/// Called from any thread.
template <engine Engine>
class stream_scan {
public:
    explicit stream_scan(store_state<Engine>& state) : state_(state) {}

    result<stream_scan_end> run(std::string_view stream, const stream_range& range,
                                const event_visitor& visit) {
        auto plan = make_plan(stream, range);
        if (plan.picked.wanted.empty()) return plan.end;
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        read_budget budget{range.limit, range.max_bytes};
        const bool forward = range.way == direction::forward;
        auto read = visit_picked(
            state_, *view, plan.picked,
            [&](const recorded_event& event, std::size_t nth) -> result<bool> {
                const revision expected{forward ? plan.first_revision + nth
                                                : plan.first_revision - nth};
                if (event.stream != stream || event.revision != expected)
                    return damage(event.position,
                                  "it is not the revision of its stream that the index has there");
                if (!budget.take(event.payload.size())) return false;
                plan.end.last = event.revision;
                return visit(event);
            });
        if (!read) return pass_on(std::move(read));
        const bool at_end = forward ? plan.end.last == plan.end.newest
                                    : plan.end.last.value == plan.hidden + 1;
        plan.end.more = !at_end;
        return plan.end;
    }

private:
    /// Where the events lie that one read may give.
    struct stream_plan {
        stream_scan_end end{};
        picked_positions picked{};
        std::uint64_t hidden = 0;          ///< Revisions up to this are.
        std::uint64_t first_revision = 0;  ///< Of picked.wanted[0].
    };

    stream_plan make_plan(std::string_view stream, const stream_range& range) {
        stream_plan plan;
        const std::shared_lock lock{state_.index_guard};
        plan.end.head = state_.head.get();
        plan.end.last = range.after;
        const auto* history = state_.index.find(stream);
        if (history == nullptr) return plan;
        const auto as_of = history->as_of(std::min(plan.end.head, range.up_to));
        plan.end.state = as_of.state();
        plan.end.newest = as_of.at();
        if (plan.end.state != stream_state::exists) return plan;
        plan.hidden = as_of.hidden;
        const bool forward = range.way == direction::forward;
        std::uint64_t from = std::max(range.after.value, as_of.hidden) + 1;
        if (!forward)
            from = range.after == revision{} ? as_of.newest
                                             : std::min(as_of.newest, range.after.value - 1);
        plan.first_revision = from;
        for (std::uint64_t r = from;
             r > as_of.hidden && r <= as_of.newest && plan.picked.wanted.size() < range.limit;
             forward ? ++r : --r)
            plan.picked.add(state_.index, history->at[r - 1]);
        plan.end.more = range.limit == 0 && from > as_of.hidden && from <= as_of.newest;
        return plan;
    }

    store_state<Engine>& state_;
};

}  // namespace varve::inline v0::detail
