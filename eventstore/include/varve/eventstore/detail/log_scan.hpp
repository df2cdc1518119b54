// Reads the log from one end to the other, record by record.
#pragma once

#include <varve/eventstore/detail/store_state.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// Called from any thread.
template <engine Engine>
class log_scan {
public:
    explicit log_scan(store_state<Engine>& state) : state_(state) {}

    result<scan_end> run(const log_range& range, const event_visitor& visit) {
        scan_end end{.head = state_.head.get(), .last = range.after, .more = false};
        const position cap = std::min(end.head, range.up_to);
        read_budget budget{range.limit, range.max_bytes};
        if (range.way == direction::forward) return scan_forward(range, cap, budget, visit, end);
        return scan_backward(range, cap, budget, visit, end);
    }

private:
    result<scan_end> scan_forward(const log_range& range, position cap, read_budget budget,
                                  const event_visitor& visit, scan_end end) {
        if (range.after >= cap) return end;
        const position begin = state_.record_of(range.after.next());
        position expected = begin;
        record_walker walker;
        const auto give = [&](const recorded_event& event) {
            if (event.position <= range.after) return true;
            if (event.position > cap) return false;
            if (!budget.take(event.payload.size())) {
                end.more = true;
                return false;
            }
            end.last = event.position;
            end.more = !visit(event);
            return !end.more;
        };
        auto walked = walk_records(begin, cap, direction::forward,
                                   [&](position at, bytes_view data) {
                                       if (at != expected)
                                           return result<bool>{state_.missing(expected)};
                                       auto going = walker.walk(data, at, give);
                                       expected = walker.last().next();
                                       return going;
                                   });
        if (!walked) return pass_on(std::move(walked));
        if (*walked && expected <= cap) return state_.missing(expected);
        end.more = end.more && end.last < cap;
        return end;
    }

    result<scan_end> scan_backward(const log_range& range, position cap, read_budget budget,
                                   const event_visitor& visit, scan_end end) {
        if (range.after != position{}) cap = std::min(cap, position{range.after.value - 1});
        if (cap == position{}) return end;
        position expected = cap;
        std::vector<recorded_event> events;
        record_walker walker;
        const auto collect = [&](const recorded_event& event) {
            if (event.position <= cap) events.push_back(event);
            return event.position < cap;
        };
        auto walked = walk_records(position{1}, cap, direction::backward,
                                   [&](position at, bytes_view data) {
                                       events.clear();
                                       auto read = walker.walk(data, at, collect);
                                       if (!read) return read;
                                       if (events.empty() || events.back().position != expected)
                                           return result<bool>{state_.missing(expected)};
                                       for (std::size_t i = events.size(); i-- > 0 && !end.more;) {
                                           end.more = !budget.take(events[i].payload.size());
                                           if (end.more) break;
                                           end.last = events[i].position;
                                           end.more = !visit(events[i]);
                                       }
                                       expected = position{at.value - 1};
                                       return result<bool>{!end.more};
                                   });
        if (!walked) return pass_on(std::move(walked));
        if (*walked && expected != position{}) return state_.missing(expected);
        end.more = end.more && end.last != position{1};
        return end;
    }

    /// Visits the records that hold positions `low` to `high`; `visit` says whether to go on.
    /// True if all were visited.
    template <class Visit>
    result<bool> walk_records(position low, position high, direction way, Visit&& visit) {
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        result<bool> going = true;
        auto scanned = view->scan(tail_space, state_.tail_key(low), state_.tail_key(high), way,
                                  [&](const key& at, bytes_view data) {
                                      going = visit(position_of(at.number), data);
                                      return going.has_value() && *going;
                                  });
        if (!scanned) return pass_on(std::move(scanned));
        return going;
    }

    store_state<Engine>& state_;
};

}  // namespace varve::inline v0::detail
