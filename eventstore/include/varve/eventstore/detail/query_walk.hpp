// Walks the positions that one item of a query means, by the sorted lists of the index alone.
//
// A tag is one list; the types of an item are a union of lists, and so are its categories. An event
// matches where all of these parts have its position. The walk asks the parts in turn for their next
// position at or beyond the farthest one seen; when all agree, that is a match. So the shortest part
// decides how often the others are asked, and each answers by galloping: doubling steps, then halving.
#pragma once

#include <varve/engine.hpp>
#include <varve/event_query.hpp>
#include <varve/eventstore/detail/log_index.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace varve::inline v0::detail {

/// A sorted list, asked for positions farther and farther towards one end.
template <direction Way>
class list_cursor {
public:
    static constexpr bool forward = Way == direction::forward;
    /// Beyond every position: there is no such match.
    static constexpr std::uint64_t none = forward ? std::numeric_limits<std::uint64_t>::max() : 0;

    explicit list_cursor(const positions& list) noexcept : begin_(list.begin()), end_(list.end()) {}

    std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }

    /// The first position at or beyond `at`, in the direction of the walk; `none` if there is none.
    std::uint64_t seek(std::uint64_t at) noexcept {
        if constexpr (forward) {
            if (begin_ == end_ || *(end_ - 1) < at) return none;  // what a condition mostly finds
            std::ptrdiff_t step = 1;
            while (step < end_ - begin_ && *(begin_ + step) < at) step *= 2;
            begin_ = std::lower_bound(begin_ + step / 2, begin_ + std::min(step + 1, end_ - begin_),
                                      at);
            return *begin_;
        } else {
            if (begin_ == end_ || *begin_ > at) return none;
            std::ptrdiff_t step = 1;
            while (step < end_ - begin_ && *(end_ - 1 - step) > at) step *= 2;
            end_ = std::upper_bound(end_ - std::min(step + 1, end_ - begin_), end_ - step / 2, at);
            return *(end_ - 1);
        }
    }

private:
    const std::uint64_t* begin_;
    const std::uint64_t* end_;
};

/// Keeps its memory from item to item. The index may not change during a walk.
template <direction Way>
class query_walk {
public:
    using cursor = list_cursor<Way>;
    static constexpr std::uint64_t none = cursor::none;

    /// Begins the walk of an item. False if nothing can match it.
    bool start(const log_index& index, const query_item& item) {
        cursors_.clear();
        parts_.clear();
        for (const auto& tag : item.tags)
            if (!add_part(index.tags(), {&tag, 1})) return false;
        if (!item.types.empty() && !add_part(index.types(), item.types)) return false;
        if (!item.categories.empty() && !add_part(index.categories(), item.categories))
            return false;
        std::ranges::sort(parts_, {}, &part::size);
        return !parts_.empty();
    }

    /// The first match at or beyond `at`, in the direction of the walk; `none` if there is none. From
    /// call to call `at` only moves in that direction.
    std::uint64_t next(std::uint64_t at) noexcept {
        for (bool agreed = false; !agreed;) {
            agreed = true;
            for (const auto& each : parts_) {
                const auto found = seek(each, at);
                if (found == none) return none;
                agreed = agreed && found == at;
                at = found;
            }
        }
        return at;
    }

private:
    struct part {
        std::size_t first, last;  ///< Of its cursors.
        std::size_t size;         ///< Of its lists.
    };

    bool add_part(const position_lists<>& lists, std::span<const std::string> names) {
        part made{cursors_.size(), 0, 0};
        for (const auto& name : names)
            if (const auto* list = lists.find(name)) {
                cursors_.emplace_back(*list);
                made.size += list->size();
            }
        made.last = cursors_.size();
        if (made.first == made.last) return false;
        parts_.push_back(made);
        return true;
    }

    std::uint64_t seek(const part& in, std::uint64_t at) noexcept {
        std::uint64_t best = cursors_[in.first].seek(at);
        for (std::size_t i = in.first + 1; i < in.last; ++i) {
            const auto found = cursors_[i].seek(at);
            best = cursor::forward ? std::min(best, found) : std::max(best, found);
        }
        return best;
    }

    std::vector<cursor> cursors_;
    std::vector<part> parts_;
};

}  // namespace varve::inline v0::detail
