// What is promised, findable by what it holds; the leader's own.
//
// Streams are found by name. Held queries, which are few, are asked one after the other about each
// event of an append, and nothing at all is asked while nothing is held.
#pragma once

#include <varve/eventstore/format/reservations.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// Changes can be taken back until the group that made them is durable.
class reservation_book {
public:
    using shared_promise = std::shared_ptr<const promise>;

    bool empty() const noexcept { return all_.empty(); }
    /// Bytes of all that is held.
    std::size_t held_bytes() const noexcept { return held_bytes_; }

    /// What is known under an id; nullptr if nothing is.
    shared_promise find(const append_id& id) const {
        const auto found = all_.find(id);
        return found == all_.end() ? nullptr : found->second;
    }

    /// Puts a promise in the place of what is known under its id; nullptr: nothing is known any more.
    void set(const append_id& id, shared_promise made) {
        undo_.emplace_back(id, find(id));
        replace(id, std::move(made));
    }

    /// What was set since is durable, or goes.
    void settle() noexcept { undo_.clear(); }
    void take_back() {
        for (; !undo_.empty(); undo_.pop_back())
            replace(undo_.back().first, std::move(undo_.back().second));
    }

    /// Who holds what an append would touch, and what that is.
    struct meeting {
        append_id holder;
        std::string what;  ///< "stream 'account-7'".
    };

    /// The reservation that an append with these events would meet, if there is one.
    std::optional<meeting> met_by(const batch_builder& batch) const {
        if (held_ == 0 || batch.empty()) return std::nullopt;
        for (const auto& part : batch.streams())
            if (const auto found = streams_.find(part.name); found != streams_.end())
                return meeting{found->second.front().id, say_stream(part.name)};
        if (queries_.empty()) return std::nullopt;
        std::optional<meeting> met;
        batch.each_event(
            [&](std::string_view stream, std::string_view type, const tag_range& tags) {
                for (const auto& [id, query] : queries_)
                    if (!met && query->matches(stream, type, tags))
                        met = {id, "an event '" + std::string{type} + "' of stream '" +
                                       std::string{stream} + "'"};
            });
        return met;
    }

    /// The reservation whose append would break what a new promise believes, if there is one.
    std::optional<meeting> breaking(const promise& made) const {
        if (held_ == 0) return std::nullopt;
        for (const auto& check : made.beliefs.checks())
            if (const auto found = streams_.find(check.stream); found != streams_.end())
                for (const auto& each : found->second)
                    if (each.writes) return meeting{each.id, say_stream(check.stream)};
        for (const auto& each : made.beliefs.conditions())
            if (auto met = promised_match(each.query)) return met;
        for (const auto& query : made.beliefs.fail_if_exists())
            if (auto met = promised_match(query)) return met;
        return std::nullopt;
    }

private:
    struct holder {
        append_id id;
        bool writes;  ///< Else it only believes something.
    };

    static std::string say_stream(std::string_view name) {
        return "stream '" + std::string{name} + "'";
    }

    std::optional<meeting> promised_match(const event_query& query) const {
        std::optional<meeting> met;
        for (const auto& [id, made] : all_)
            made->batch.each_event(
                [&](std::string_view stream, std::string_view type, const tag_range& tags) {
                    if (!met && query.matches(stream, type, tags))
                        met = {id, "an event '" + std::string{type} + "' that is promised"};
                });
        return met;
    }

    void replace(const append_id& id, shared_promise made) {
        const auto before = all_.find(id);
        if (before != all_.end()) {
            unlink(id, *before->second);
            all_.erase(before);
        }
        if (!made) return;
        link(id, *made);
        all_.emplace(id, std::move(made));
    }

    void link(const append_id& id, const promise& made) {
        if (made.state != reservation_state::held) return;
        ++held_;
        held_bytes_ += made.size();
        for (const auto& part : made.batch.streams())
            streams_[std::string{part.name}].push_back({id, true});
        for (const auto& check : made.beliefs.checks())
            streams_[std::string{check.stream}].push_back({id, false});
        for (const auto& each : made.beliefs.conditions()) queries_.emplace_back(id, &each.query);
        for (const auto& query : made.beliefs.fail_if_exists()) queries_.emplace_back(id, &query);
    }

    void unlink(const append_id& id, const promise& made) {
        if (made.state != reservation_state::held) return;
        --held_;
        held_bytes_ -= made.size();
        const auto leave = [&](std::string_view name) {
            const auto found = streams_.find(name);
            if (found == streams_.end()) return;  // named twice
            std::erase_if(found->second, [&](const holder& h) { return h.id == id; });
            if (found->second.empty()) streams_.erase(found);
        };
        for (const auto& part : made.batch.streams()) leave(part.name);
        for (const auto& check : made.beliefs.checks()) leave(check.stream);
        std::erase_if(queries_, [&](const auto& query) { return query.first == id; });
    }

    std::unordered_map<append_id, shared_promise> all_;
    std::map<std::string, std::vector<holder>, std::less<>> streams_;
    std::vector<std::pair<append_id, const event_query*>> queries_;  // into what is in `all_`
    std::vector<std::pair<append_id, shared_promise>> undo_;
    std::size_t held_ = 0;
    std::size_t held_bytes_ = 0;
};

}  // namespace varve::inline v0::detail
