// What the index keeps of one stream: where its events lie, and where it was ended.
#pragma once

#include <varve/append.hpp>
#include <varve/eventstore/detail/position_lists.hpp>
#include <varve/expect.hpp>
#include <varve/ids.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace varve::inline v0::detail {

/// How the store ends a stream by an event of this type, if it does.
inline std::optional<ending> ending_of(std::string_view type) noexcept {
    if (!type.starts_with(limits::reserved_prefix)) return std::nullopt;
    if (type == marker_of(ending::soft)) return ending::soft;
    if (type == marker_of(ending::tombstone)) return ending::tombstone;
    return std::nullopt;
}

/// A stream at some point of the log.
struct stream_now {
    std::uint64_t newest = 0;  ///< Revision of its newest event.
    std::uint64_t hidden =
        0;  ///< Revision of the event that ended it last; up to there all is hidden.
    bool tombstoned = false;

    revision at() const noexcept { return revision{newest}; }
    stream_state state() const noexcept {
        if (tombstoned) return stream_state::tombstoned;
        if (newest == 0) return stream_state::unknown;
        return hidden == newest ? stream_state::deleted : stream_state::exists;
    }

    /// `events` more, the last of which may end the stream.
    void add(std::uint64_t events, const std::optional<ending>& how) noexcept {
        newest += events;
        if (!how) return;
        hidden = newest;
        tombstoned = *how == ending::tombstone;
    }
};

/// One stream of the index.
struct stream_history {
    /// Positions of its events: the one of revision r at [r - 1].
    positions at{};
    positions* category = nullptr;  ///< The list of its category.

    /// The stream as of the whole index.
    stream_now now() const noexcept {
        if (!ended) return {at.size(), 0, false};
        return {at.size(), ended->markers.back(), ended->tombstoned};
    }

    /// The stream as of a position.
    stream_now as_of(position head) const noexcept {
        const auto seen = static_cast<std::uint64_t>(
            std::upper_bound(at.begin(), at.end(), head.value) - at.begin());
        if (seen == at.size()) return now();
        if (!ended) return {seen, 0, false};
        const auto& markers = ended->markers;
        const auto after = std::upper_bound(markers.begin(), markers.end(), seen);
        return {seen, after == markers.begin() ? 0 : *std::prev(after), false};
    }

    bool is_tombstoned() const noexcept { return ended && ended->tombstoned; }

    /// Its newest event ended it.
    void end(ending how) {
        if (!ended) ended = std::make_unique<endings>();
        ended->markers.push_back(at.size());
        ended->tombstoned = how == ending::tombstone;
    }

private:
    struct endings {
        std::vector<std::uint64_t> markers{};  ///< Revisions of the events that ended the stream.
        bool tombstoned = false;
    };
    std::unique_ptr<endings> ended{};  // most streams were never ended
};

}  // namespace varve::inline v0::detail
