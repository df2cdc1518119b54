// Reads single events whose positions the index gave, record by record.
#pragma once

#include <varve/eventstore/detail/store_state.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace varve::inline v0::detail {

/// Positions in the order of a read, and the record of each.
struct picked_positions {
    std::vector<std::uint64_t> wanted{};
    std::vector<position> records{};

    void clear() noexcept {
        wanted.clear();
        records.clear();
    }
    void add(const log_index& index, std::uint64_t at) {
        wanted.push_back(at);
        records.push_back(index.record_of(position{at}));
    }
};

/// Calls `visit(event, nth)`, a `result<bool>`, with each until it returns false. True if all were
/// visited. Errors: those of `visit`; `corrupt`, `foreign`, `io`.
template <engine Engine, class Visit>
result<bool> visit_picked(store_state<Engine>& state, typename Engine::view_type& view,
                          const picked_positions& picked, Visit&& visit) {
    record_walker walker;
    const std::span<const std::uint64_t> wanted{picked.wanted};
    for (std::size_t begin = 0, end = 0; begin < wanted.size(); begin = end) {
        const position record = picked.records[begin];
        while (end < wanted.size() && picked.records[end] == record) ++end;
        result<bool> going = true;
        auto found = view.get(tail_space, state.tail_key(record), [&](bytes_view data) {
            going = walker.pick(data, record, wanted.subspan(begin, end - begin),
                                [&](const recorded_event& event, std::size_t nth) {
                                    return visit(event, begin + nth);
                                });
        });
        if (!found) return pass_on(std::move(found));
        if (!*found) return state.missing(record);
        if (!going || !*going) return going;
    }
    return true;
}

}  // namespace varve::inline v0::detail
