// Reads the events of the log that match a query, by the index.
#pragma once

#include <varve/eventstore/detail/log_scan.hpp>
#include <varve/eventstore/detail/picked_events.hpp>
#include <varve/eventstore/detail/query_walk.hpp>
#include <varve/eventstore/detail/store_state.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace varve::inline v0::detail {

/// Called from any thread.
template <engine Engine>
class query_scan {
public:
    explicit query_scan(store_state<Engine>& state) : state_(state) {}

    result<scan_end> run(const event_query& query, const log_range& range,
                         const event_visitor& visit) {
        if (auto checked = query.check(); !checked) return pass_on(std::move(checked));
        if (query.is_everything()) return log_scan{state_}.run(range, visit);
        scan_end end{.head = state_.head.get(), .last = range.after, .more = false};
        const position cap = std::min(end.head, range.up_to);
        if (range.way == direction::forward)
            return read<direction::forward>(query, range, range.after.next(), cap, visit, end);
        const position from = range.after == position{}
                                  ? cap
                                  : std::min(cap, position{range.after.value - 1});
        return read<direction::backward>(query, range, from, position{1}, visit, end);
    }

private:
    static constexpr std::size_t part = 4096;  ///< Positions that are planned at a time.

    /// From `from` to `to`, both included.
    template <direction Way>
    result<scan_end> read(const event_query& query, const log_range& range, position from,
                          position to, const event_visitor& visit, scan_end end) {
        constexpr bool forward = Way == direction::forward;
        const auto over = [&] { return forward ? from > to : from < to; };
        if (over()) return end;
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        read_budget budget{range.limit, range.max_bytes};
        std::uint64_t left = range.limit;
        picked_positions picked;
        for (bool others = true; others && !over();) {
            others = plan<Way>(query, from, to, std::min<std::uint64_t>(left, part), picked);
            bool stopped = false;
            auto read = visit_picked(
                state_, *view, picked,
                [&](const recorded_event& event, std::size_t nth) -> result<bool> {
                    if (!query.matches(event))
                        return damage(event.position,
                                      "the index has it under a name that it does not bear");
                    if (!budget.take(event.payload.size())) {
                        end.more = stopped = true;
                        return false;
                    }
                    end.last = event.position;
                    stopped = !visit(event);
                    end.more = nth + 1 != picked.wanted.size();
                    return !stopped;
                });
            if (!read) return pass_on(std::move(read));
            left -= picked.wanted.size();
            if (stopped || left == 0) {
                end.more = (stopped && end.more) || others;
                if (end.more) return end;
                break;
            }
            if (!picked.wanted.empty())
                from = forward ? end.last.next() : position{end.last.value - 1};
        }
        end.more = false;
        end.last = to;
        return end;
    }

    /// The next `count` matches from `from` to `to`. True if there are more.
    template <direction Way>
    bool plan(const event_query& query, position from, position to, std::uint64_t count,
              picked_positions& picked) {
        constexpr auto none = query_walk<Way>::none;
        constexpr bool forward = Way == direction::forward;
        const std::shared_lock lock{state_.index_guard};
        picked.clear();
        found_.clear();
        query_walk<Way> walk;
        for (const auto& item : query.items()) {
            if (!walk.start(state_.index, item)) continue;
            std::uint64_t at = walk.next(from.value);
            for (std::uint64_t n = 0; n <= count && at != none; ++n) {
                if (forward ? at > to.value : at < to.value) break;
                found_.push_back(at);
                at = at == to.value ? none : walk.next(forward ? at + 1 : at - 1);
            }
        }
        if (query.items().size() > 1) merge(forward);
        const auto kept = std::min<std::uint64_t>(found_.size(), count);
        for (std::size_t i = 0; i < kept; ++i) picked.add(state_.index, found_[i]);
        return found_.size() > kept;
    }

    void merge(bool forward) {
        if (forward)
            std::ranges::sort(found_);
        else
            std::ranges::sort(found_, std::greater<>{});
        found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    }

    store_state<Engine>& state_;
    std::vector<std::uint64_t> found_;
};

}  // namespace varve::inline v0::detail
