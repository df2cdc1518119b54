// What an append believes of the log, held against what is durable and what its group has staged.
#pragma once

#include <varve/append.hpp>
#include <varve/eventstore/detail/log_index.hpp>
#include <varve/eventstore/detail/query_walk.hpp>
#include <varve/eventstore/detail/staged_events.hpp>
#include <varve/failure.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// The leader's own; keeps its memory from group to group.
class boundary {
public:
    /// A new group begins, over what is durable now.
    void begin() noexcept { staged_.clear(); }

    /// A batch was staged at these positions.
    void stage(const batch_builder& batch, position first) { staged_.add(batch, first); }

    /// Every condition that does not hold; nothing is allocated if all do.
    std::vector<failed_condition> failed(const log_index& durable,
                                         std::span<const condition> conditions,
                                         std::span<const event_query> fail_if_exists) {
        using kind = failed_condition::kind;
        std::vector<failed_condition> all;
        for (std::size_t i = 0; i < conditions.size(); ++i)
            if (const auto found = first_match(durable, conditions[i].query, conditions[i].after);
                found != position{})
                all.push_back({kind::condition, i, found});
        for (std::size_t i = 0; i < fail_if_exists.size(); ++i)
            if (const auto found = first_match(durable, fail_if_exists[i], position{});
                found != position{})
                all.push_back({kind::fail_if_exists, i, found});
        return all;
    }

private:
    /// The first event beyond `after` that matches, or 0. What is staged lies beyond every `after`:
    /// that is at most the durable head.
    position first_match(const log_index& durable, const event_query& query, position after) {
        if (query.is_everything() && durable.head() > after) return after.next();
        auto best = query_walk<direction::forward>::none;
        for (const auto& item : query.items())
            if (walk_.start(durable, item)) best = std::min(best, walk_.next(after.value + 1));
        if (best != query_walk<direction::forward>::none) return position{best};
        return staged_.first_match(query);
    }

    query_walk<direction::forward> walk_;
    staged_events staged_;
};

/// Says all that does not hold: `exists` if a `fail_if_exists` is among it, else `conflict`.
inline std::unexpected<failure> refuse_beliefs(std::vector<failed_check> checks,
                                               std::vector<failed_condition> conditions) {
    std::string message;
    errc code = errc::conflict;
    const auto say = [&message](const std::string& what) {
        if (!message.empty()) message += "; ";
        message += what;
    };
    for (const auto& check : checks) {
        const bool ended = check.state == stream_state::deleted ||
                           check.state == stream_state::tombstoned;
        say(check.stream + " is " + (ended ? std::string{to_string(check.state)} + " " : "") +
            "at revision " + to_string(check.actual) + ", expected " + to_string(check.expected));
    }
    for (const auto& each : conditions) {
        const bool exists = each.what == failed_condition::kind::fail_if_exists;
        if (exists) code = errc::exists;
        say("the event at position " + to_string(each.found) + " matches " +
            (exists ? "fail_if_exists " : "condition ") + std::to_string(each.index + 1));
    }
    return std::unexpected(failure{.code = code,
                                   .message = std::move(message),
                                   .checks = std::move(checks),
                                   .conditions = std::move(conditions)});
}

}  // namespace varve::inline v0::detail
