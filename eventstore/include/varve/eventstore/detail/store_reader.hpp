// How reads find their events: by log, by stream, by append id.
#pragma once

#include <varve/eventstore/detail/store_state.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// Called from any thread.
template <engine Engine>
class store_reader {
public:
    explicit store_reader(store_state<Engine>& state) : state_(state) {}

    result<std::optional<receipt>> find(const append_id& id) {
        if (auto fresh = state_.refresh(); !fresh) return pass_on(std::move(fresh));
        position first;
        {
            const std::shared_lock lock{state_.index_guard};
            first = state_.index.find(id);
        }
        if (first == position{}) return std::optional<receipt>{};
        auto found = state_.with_batch(first, [](const batch_view& batch) -> result<receipt> {
            return store_state<Engine>::receipt_of(batch);
        });
        if (!found) return pass_on(std::move(found));
        return std::optional<receipt>{std::move(*found)};
    }

    result<scan_end> scan_log(const log_range& range, const event_visitor& visit) {
        if (auto fresh = state_.refresh(); !fresh) return pass_on(std::move(fresh));
        scan_end end{.head = state_.head.get(), .last = range.after, .more = false};
        const position cap = std::min(end.head, range.up_to);
        read_budget budget{range.limit, range.max_bytes};
        if (range.way == direction::forward) return scan_forward(range, cap, budget, visit, end);
        return scan_backward(range, cap, budget, visit, end);
    }

    result<stream_scan_end> scan_stream(std::string_view stream, const stream_range& range,
                                        const event_visitor& visit) {
        if (auto fresh = state_.refresh(); !fresh) return pass_on(std::move(fresh));
        auto plan = plan_stream(stream, range);
        if (plan.wanted.empty()) return plan.end;
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        read_budget budget{range.limit, range.max_bytes};
        for (std::size_t begin = 0; begin < plan.wanted.size();) {
            std::size_t after = begin + 1;
            while (after < plan.wanted.size() && plan.records[after] == plan.records[begin])
                ++after;
            auto going = read_run(*view, stream, range, plan, {begin, after}, budget, visit);
            if (!going) return pass_on(std::move(going));
            if (!*going) break;
            begin = after;
        }
        const bool at_end = range.way == direction::forward ? plan.end.last == plan.end.newest
                                                            : plan.end.last == revision{1};
        plan.end.more = !at_end;
        return plan.end;
    }

    std::vector<stream_entry> list(std::string_view prefix) {
        (void)state_.refresh();  // what was known before is still true
        std::vector<stream_entry> entries;
        {
            const std::shared_lock lock{state_.index_guard};
            for (const auto& [name, all] : state_.index.streams())
                if (name.starts_with(prefix) && !all.empty())
                    entries.push_back({name, revision{all.size()}, position{all.back()}});
        }
        std::sort(entries.begin(), entries.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        return entries;
    }

    store_summary summary() {
        (void)state_.refresh();  // what was known before is still true
        const std::shared_lock lock{state_.index_guard};
        return {state_.stored.identity,       state_.stored.created_at,
                state_.index.head(),          state_.index.streams().size(),
                state_.index.append_count(),  state_.index.record_count(),
                state_.index.last_recorded(), state_.index.chain_head()};
    }

    result<std::vector<stored_type>> types() {
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        std::vector<stored_type> all;
        result<void> inner{};
        auto scanned = state_.scan_types(*view, [&](const key& at, bytes_view value) {
            auto type = decode_type(at.octets, value);
            if (!type) {
                inner = pass_on(std::move(type));
                return false;
            }
            all.push_back({std::string{type->type}, type->schema_version, type->encoding,
                           to_bytes(type->descriptor)});
            return true;
        });
        if (!inner) return pass_on(std::move(inner));
        if (!scanned) return pass_on(std::move(scanned));
        return all;
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
        end.more = end.more && end.last > position{1};
        return end;
    }

    /// Where the events of a stream lie that one read may give.
    struct stream_plan {
        stream_scan_end end;
        std::vector<std::uint64_t> wanted;  ///< Positions, in the order of the read.
        std::vector<position> records;      ///< The record of each.
        std::uint64_t first_revision = 0;   ///< Of wanted[0].
    };

    stream_plan plan_stream(std::string_view stream, const stream_range& range) {
        stream_plan plan;
        const std::shared_lock lock{state_.index_guard};
        plan.end.head = state_.head.get();
        plan.end.last = range.after;
        const auto* all = state_.index.find(stream);
        if (all == nullptr) return plan;
        const auto cap = std::min(plan.end.head, range.up_to).value;
        const auto visible = static_cast<std::uint64_t>(
            std::upper_bound(all->begin(), all->end(), cap) - all->begin());
        if (visible == 0) return plan;
        plan.end.state = stream_state::exists;
        plan.end.newest = revision{visible};
        const bool forward = range.way == direction::forward;
        std::uint64_t from = range.after.value + 1;
        if (!forward)
            from = range.after == revision{} ? visible : std::min(visible, range.after.value - 1);
        plan.first_revision = from;
        for (std::uint64_t r = from; r >= 1 && r <= visible && plan.wanted.size() < range.limit;
             forward ? ++r : --r) {
            plan.wanted.push_back((*all)[r - 1]);
            plan.records.push_back(state_.index.record_of(position{plan.wanted.back()}));
        }
        return plan;
    }

    struct run {
        std::size_t begin, end;
    };

    /// Gives the events of one record. False if the read is over.
    result<bool> read_run(typename Engine::view_type& view, std::string_view stream,
                          const stream_range& range, stream_plan& plan, run part,
                          read_budget& budget, const event_visitor& visit) {
        const position at = plan.records[part.begin];
        const bool forward = range.way == direction::forward;
        result<bool> going = true;
        auto found = view.get(tail_space, state_.tail_key(at), [&](bytes_view data) {
            record_walker walker;
            const std::span<const std::uint64_t> wanted{plan.wanted};
            result<void> inner{};
            going = walker.pick(data, at, wanted.subspan(part.begin, part.end - part.begin),
                                [&](recorded_event& event, std::size_t nth) {
                                    const std::uint64_t step = part.begin + nth;
                                    event.revision = revision{forward ? plan.first_revision + step
                                                                      : plan.first_revision - step};
                                    if (event.stream != stream) {
                                        inner = damage(event.position, "it is of another stream");
                                        return false;
                                    }
                                    if (!budget.take(event.payload.size())) return false;
                                    plan.end.last = event.revision;
                                    return visit(event);
                                });
            if (!inner) going = pass_on(std::move(inner));
        });
        if (!found) return pass_on(std::move(found));
        if (!*found) return state_.missing(at);
        return going;
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
