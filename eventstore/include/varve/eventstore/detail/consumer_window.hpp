// What a consumer group has read and not done: who has it, until when, what waits, what is parked.
//
// Bookkeeping alone; it knows no store and no clock. Not synchronised.
#pragma once

#include <varve/eventstore/format/parked.hpp>
#include <varve/store.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0 {

namespace detail {
class consumer_window;
}

/// An event given to a consumer, with its lease. Owns the event's bytes; may be copied.
class delivery {
public:
    const recorded_event& event() const noexcept { return (*page_)[0]; }
    /// From 1.
    std::uint32_t attempt() const noexcept { return attempt_; }

private:
    friend class detail::consumer_window;
    std::shared_ptr<const event_page> page_;
    std::uint64_t lease_ = 0;
    std::uint32_t attempt_ = 0;
};

namespace detail {

class consumer_window {
public:
    using duration = std::chrono::nanoseconds;
    using page = std::shared_ptr<const event_page>;

    explicit consumer_window(bool in_order) : in_order_(in_order) {}

    std::size_t size() const noexcept { return entries_.size(); }
    std::size_t leased() const noexcept { return leased_; }
    std::size_t waiting() const noexcept { return entries_.size() - leased_; }

    /// Takes in an event that was read: from the log, or parked and to be given again.
    void add(page event, bool replayed = false) {
        const position at = (*event)[0].position;
        entry fresh{.event = std::move(event), .replayed = replayed};
        auto& queue = keys_[std::string{key_of(fresh)}];
        queue.insert(at);
        if (!in_order_ || *queue.begin() == at) ready_.insert(at);
        if (!replayed) undone_.insert(at);
        entries_.emplace(at, std::move(fresh));
    }

    /// The first event in the log that was read and is not done; nothing if all are.
    std::optional<position> first_undone() const {
        if (undone_.empty()) return std::nullopt;
        return *undone_.begin();
    }

    /// Leases the first event that may be given.
    std::optional<delivery> give(duration until) {
        if (ready_.empty()) return std::nullopt;
        const position at = *ready_.begin();
        ready_.erase(ready_.begin());
        auto& given = entries_.at(at);
        given.lease = ++last_lease_;
        given.due = until;
        ++given.attempts;
        ++leased_;
        timers_.emplace(until, at);
        delivery out;
        out.page_ = given.event;
        out.lease_ = given.lease;
        out.attempt_ = given.attempts;
        return out;
    }

    /// Whether the lease of this delivery is still the one that counts.
    bool holds(const delivery& given, duration now) const {
        const auto found = entries_.find(given.event().position);
        return found != entries_.end() && found->second.lease == given.lease_ &&
               found->second.lease != 0 && now < found->second.due;
    }

    std::uint32_t attempts(position at) const { return entries_.at(at).attempts; }
    bool replayed(position at) const { return entries_.at(at).replayed; }

    /// What is due: events that may be given again are; those whose lease ran out are returned.
    std::vector<position> expire(duration now) {
        std::vector<position> lost;
        while (!timers_.empty() && timers_.begin()->first <= now) {
            const position at = timers_.begin()->second;
            timers_.erase(timers_.begin());
            auto& due = entries_.at(at);
            if (due.lease != 0) {
                lost.push_back(at);
            } else {
                due.due = {};
                ready_.insert(at);
            }
        }
        return lost;
    }
    /// When `expire` has something to do next.
    std::optional<duration> next_due() const {
        if (timers_.empty()) return std::nullopt;
        return timers_.begin()->first;
    }

    /// The event is given again, not before `when`.
    void give_again(position at, duration when) {
        end_lease(at);
        entries_.at(at).due = when;
        timers_.emplace(when, at);
    }

    /// The event is done or parked; the next of its key may be given.
    void remove(position at) {
        end_lease(at);
        const auto found = entries_.find(at);
        const auto queue = keys_.find(key_of(found->second));
        ready_.erase(at);
        undone_.erase(at);
        queue->second.erase(at);
        entries_.erase(found);
        if (queue->second.empty())
            keys_.erase(queue);
        else if (in_order_ && entries_.at(*queue->second.begin()).is_idle())
            ready_.insert(*queue->second.begin());
    }

    /// What is parked when this event is: itself, and in order what waits behind it.
    std::vector<parked_event> with_followers(position at, timestamp now,
                                             std::string_view reason) const {
        const auto& failed = entries_.at(at);
        const std::string key{key_of(failed)};
        std::vector<parked_event> all{{at, key, failed.attempts, now, std::string{reason}}};
        if (in_order_)
            for (const position later : keys_.at(key))
                if (later > at) all.push_back(behind(later, key, now));
        return all;
    }

    static parked_event behind(position at, std::string key, timestamp now) {
        return {at, std::move(key), 0, now, "it waits behind an earlier one"};
    }

    // ---- parked events -------------------------------------------------------------------------

    std::size_t parked_count() const noexcept { return parked_.size(); }
    bool is_parked(position at) const { return parked_.contains(at); }
    /// Whether events of this key are to wait behind parked ones.
    bool is_blocked(std::string_view key) const {
        return in_order_ && parked_keys_.find(key) != parked_keys_.end();
    }
    void remember_parked(parked_event event) {
        parked_keys_[event.key].insert(event.where);
        parked_.insert_or_assign(event.where, std::move(event));
    }
    void forget_parked(position at) {
        const auto found = parked_.find(at);
        const auto key = parked_keys_.find(found->second.key);
        key->second.erase(at);
        if (key->second.empty()) parked_keys_.erase(key);
        parked_.erase(found);
    }
    /// The first parked event of a key.
    std::optional<position> first_parked(std::string_view key) const {
        const auto found = parked_keys_.find(key);
        if (found == parked_keys_.end()) return std::nullopt;
        return *found->second.begin();
    }
    std::vector<parked_event> parked() const {
        std::vector<parked_event> all;
        for (const auto& [at, event] : parked_) all.push_back(event);
        return all;
    }
    bool holds(position at) const { return entries_.contains(at); }

private:
    struct entry {
        page event;
        bool replayed = false;
        std::uint32_t attempts = 0;
        std::uint64_t lease = 0;  // 0: nobody has it
        duration due{};           // of its timer, if it has one

        bool is_idle() const noexcept { return lease == 0 && due == duration{}; }
    };

    static std::string_view key_of(const entry& e) noexcept { return (*e.event)[0].stream; }

    void end_lease(position at) {
        auto& e = entries_.at(at);
        timers_.erase({e.due, at});
        if (e.lease != 0) --leased_;
        e.lease = 0;
        e.due = {};
    }

    bool in_order_;
    std::uint64_t last_lease_ = 0;
    std::size_t leased_ = 0;
    std::map<position, entry> entries_;
    std::set<position> ready_;
    std::set<position> undone_;  // of the entries, those that the checkpoint may not pass
    std::set<std::pair<duration, position>> timers_;
    std::map<std::string, std::set<position>, std::less<>> keys_;
    std::map<position, parked_event> parked_;
    std::map<std::string, std::set<position>, std::less<>> parked_keys_;
};

}  // namespace detail
}  // namespace varve::inline v0
