// Which appends the index knows by their id, for as long as the store is told to know them.
//
// Time is that of the log: an id is forgotten once something was recorded longer after it than it is
// kept. So all who look at one log agree, also after a restart, and no reader's clock has a say. Without
// an expiry nothing but the table itself is kept.
#pragma once

#include <varve/ids.hpp>
#include <varve/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

namespace varve::inline v0::detail {

/// How long append ids are known. The default is for ever.
struct id_lifetime {
    static constexpr auto for_ever = std::chrono::nanoseconds::max();

    std::chrono::nanoseconds kept = for_ever;      ///< As this store was opened.
    std::chrono::nanoseconds shortest = for_ever;  ///< As any writer of this log was.
};

/// Whether what was recorded then is older than `kept`, when something was recorded at `newest`.
constexpr bool is_expired(timestamp recorded, timestamp newest,
                          std::chrono::nanoseconds kept) noexcept {
    if (kept == id_lifetime::for_ever || newest <= recorded) return false;
    const auto age = static_cast<std::uint64_t>(newest.time_since_epoch().count()) -
                     static_cast<std::uint64_t>(recorded.time_since_epoch().count());
    return age > static_cast<std::uint64_t>(kept.count());
}

/// Ids and the first positions of their appends; of an id that is used again, the newest.
class append_ids {
public:
    append_ids() = default;
    explicit append_ids(std::chrono::nanoseconds kept) : kept_(kept) {}

    std::size_t size() const noexcept { return places_.size(); }

    /// The first position of the append with this id, or 0.
    position find(const append_id& id) const {
        const auto found = places_.find(id);
        return found == places_.end() ? position{} : position{found->second};
    }

    void add(const append_id& id, position first, timestamp recorded) {
        places_.insert_or_assign(id, first.value);
        if (kept_ == id_lifetime::for_ever) return;
        by_age_.push_back({recorded, first.value, id});
        while (is_expired(by_age_.front().recorded, recorded, kept_)) {
            const auto known = places_.find(by_age_.front().id);
            if (known != places_.end() && known->second == by_age_.front().first)
                places_.erase(known);
            by_age_.pop_front();
        }
    }

private:
    struct aging {
        timestamp recorded;
        std::uint64_t first;
        append_id id;
    };

    std::chrono::nanoseconds kept_ = id_lifetime::for_ever;
    std::unordered_map<append_id, std::uint64_t> places_;
    std::deque<aging> by_age_;  // oldest first; empty if all are kept for ever
};

}  // namespace varve::inline v0::detail
