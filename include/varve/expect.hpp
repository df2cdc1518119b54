// What a writer believes of a stream before its append.
#pragma once

#include <varve/ids.hpp>

#include <string>
#include <string_view>

namespace varve::inline v0 {

/// What is known of a stream.
enum class stream_state : std::uint8_t {
    unknown,     ///< Never written.
    empty,       ///< Written, and all its events were removed.
    exists,      ///< Has events that can be read.
    deleted,     ///< Ended softly: its events are hidden; an append makes it exist again.
    tombstoned,  ///< Ended for ever: its events are hidden, and nothing can be appended.
};

constexpr std::string_view to_string(stream_state state) noexcept {
    switch (state) {
        case stream_state::unknown: return "unknown";
        case stream_state::empty: return "empty";
        case stream_state::exists: return "exists";
        case stream_state::deleted: return "deleted";
        case stream_state::tombstoned: return "tombstoned";
    }
    return "?";
}

/// A belief about one stream, checked atomically with the write.
class expectation {
public:
    enum class kind : std::uint8_t { any, none, exists, at, soft_deleted };

    constexpr expectation() = default;
    constexpr expectation(kind k, revision r) noexcept : kind_(k), revision_(r) {}

    constexpr kind what() const noexcept { return kind_; }
    constexpr revision at() const noexcept { return revision_; }

    /// True if a stream in this state, whose newest event has revision `newest` (0: never written; the
    /// event that ended a stream counts), is as believed.
    constexpr bool met_by(revision newest, stream_state state) const noexcept {
        switch (kind_) {
            case kind::any: return true;
            case kind::none: return newest == revision{};
            case kind::exists: return state == stream_state::exists;
            case kind::at: return newest == revision_;
            case kind::soft_deleted: return state == stream_state::deleted;
        }
        return false;
    }

    friend constexpr bool operator==(const expectation&, const expectation&) = default;

private:
    kind kind_ = kind::any;
    revision revision_{};
};

/// Makes expectations: `expect::at(revision{3})`.
namespace expect {
inline constexpr expectation any{expectation::kind::any, revision{}};  ///< Nothing is believed.
/// Never written. A stream that was ended has been written.
inline constexpr expectation none{expectation::kind::none, revision{}};
/// Has events that can be read.
inline constexpr expectation exists{expectation::kind::exists, revision{}};
/// Ended softly, and not written since.
inline constexpr expectation soft_deleted{expectation::kind::soft_deleted, revision{}};

/// The newest event has exactly this revision; `at(revision{0})` equals `none`. The event that ended
/// a stream is its newest, until another comes.
constexpr expectation at(revision r) noexcept { return {expectation::kind::at, r}; }
}  // namespace expect

inline std::string to_string(const expectation& e) {
    switch (e.what()) {
        case expectation::kind::any: return "any";
        case expectation::kind::none: return "none";
        case expectation::kind::exists: return "exists";
        case expectation::kind::at: return "at " + to_string(e.at());
        case expectation::kind::soft_deleted: return "soft-deleted";
    }
    return "?";
}

}  // namespace varve::inline v0
