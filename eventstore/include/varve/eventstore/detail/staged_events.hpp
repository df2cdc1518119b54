// The events that a group has staged, findable by tag, type and category before they are durable.
//
// Batches are noted when they are staged and taken in only when somebody asks: a group without
// conditions, and one of a single append, pay for a pointer. Names are found by their hash and then
// compared byte by byte, in the event itself, so that a collision neither matches nor conflicts.
#pragma once

#include <varve/adapters/xxhash.hpp>
#include <varve/event_query.hpp>
#include <varve/eventstore/format/batch_builder.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// What a name is asked for as.
enum class name_kind : std::uint64_t { tag = 1, type, category };

struct name_hash {
    static std::uint64_t of(name_kind what, std::string_view name) noexcept {
        return xxh3_64(as_bytes(name), static_cast<std::uint64_t>(what));
    }
};

/// The leader's own; keeps its memory from group to group.
template <class Hash>
class basic_staged_events {
public:
    /// A new group begins.
    void clear() noexcept {
        batches_.clear();
        taken_ = 0;
        forget(events_);
        forget(links_);
        used_ = 0;
        if (keys_.size() > most_kept || ++group_ == 0) {
            keys_ = {};
            group_ = 1;
        }
    }

    /// A batch was staged, behind all before it. It stays where it is until the next `clear`.
    void add(const batch_builder& batch, position first) { batches_.emplace_back(&batch, first); }

    /// The position of the first staged event that matches, or 0.
    position first_match(const event_query& query) {
        if (batches_.empty()) return {};
        if (query.is_everything()) return batches_.front().second;
        take_in();
        std::uint32_t best = nobody;
        for (const auto& item : query.items()) best = std::min(best, first_match(item));
        return best == nobody ? position{} : events_[best].at;
    }

private:
    static constexpr std::uint32_t nobody = ~std::uint32_t{0};
    static constexpr std::size_t most_kept = 1u << 16;  ///< Entries; a larger group is rare.

    template <class List>
    static void forget(List& list) noexcept {
        if (list.capacity() > most_kept)
            list = {};
        else
            list.clear();
    }

    struct event {
        std::string_view stream, type;
        tag_range tags;
        position at;
    };
    /// The events under one name, as a chain in their order.
    struct key {
        std::uint64_t hash = 0;
        std::uint32_t first = nobody, last = nobody;
        std::uint32_t size = 0;
        std::uint32_t group = 0;  ///< Whose it is: a key of an earlier group is no key.
    };
    struct link {
        std::uint32_t event;
        std::uint32_t next;
    };

    void take_in() {
        for (; taken_ != batches_.size(); ++taken_) {
            auto [batch, at] = batches_[taken_];
            batch->each_event(
                [&](std::string_view stream, std::string_view named, const tag_range& tags) {
                    events_.push_back({stream, named, tags, at});
                    at = at.next();
                    note(Hash::of(name_kind::type, named));
                    note(Hash::of(name_kind::category, category_of(stream)));
                    for (const auto each : tags) note(Hash::of(name_kind::tag, each));
                });
        }
    }

    /// The newest event is under this name too.
    void note(std::uint64_t hash) {
        if (2 * (used_ + 1) > keys_.size()) grow();
        auto& to = place_of(hash);
        const auto added = static_cast<std::uint32_t>(links_.size());
        links_.push_back({static_cast<std::uint32_t>(events_.size() - 1), nobody});
        if (to.size == 0) {
            to = {hash, added, added, 1, group_};
            ++used_;
        } else {
            links_[to.last].next = added;
            to.last = added;
            ++to.size;
        }
    }

    /// Where the key with this hash is, or goes; there always is an empty place.
    key& place_of(std::uint64_t hash) noexcept {
        std::size_t at = hash & (keys_.size() - 1);
        while (keys_[at].group == group_ && keys_[at].hash != hash)
            at = (at + 1) & (keys_.size() - 1);
        if (keys_[at].group != group_) keys_[at] = {};
        return keys_[at];
    }

    void grow() {
        std::vector<key> old(keys_.empty() ? 64 : keys_.size() * 2);
        std::swap(old, keys_);
        for (const auto& each : old)
            if (each.group == group_) place_of(each.hash) = each;
    }

    std::uint32_t first_match(const query_item& item) {
        if (!item.tags.empty()) {
            const key* rarest = nullptr;
            for (const auto& each : item.tags) {
                const auto& found = place_of(Hash::of(name_kind::tag, each));
                if (rarest == nullptr || found.size < rarest->size) rarest = &found;
            }
            return first_match(item, *rarest);
        }
        const bool by_type = !item.types.empty();
        const auto asked = by_type ? name_kind::type : name_kind::category;
        std::uint32_t best = nobody;
        for (const auto& name : by_type ? item.types : item.categories)
            best = std::min(best, first_match(item, place_of(Hash::of(asked, name))));
        return best;
    }

    std::uint32_t first_match(const query_item& item, const key& among) const noexcept {
        for (auto at = among.first; at != nobody; at = links_[at].next) {
            const auto& each = events_[links_[at].event];
            if (item.matches(each.stream, each.type, each.tags)) return links_[at].event;
        }
        return nobody;
    }

    std::vector<std::pair<const batch_builder*, position>> batches_;
    std::size_t taken_ = 0;  // of `batches_`, into what follows
    std::vector<event> events_;
    std::vector<link> links_;
    std::vector<key> keys_;  // open addressing; a power of two
    std::size_t used_ = 0;
    std::uint32_t group_ = 1;
};

using staged_events = basic_staged_events<name_hash>;

}  // namespace varve::inline v0::detail
