// What a writer believes of a stream before its append.
#pragma once

#include <varve/ids.hpp>

#include <string>

namespace varve::inline v0 {

/// A belief about one stream, checked atomically with the write.
class expectation {
public:
    enum class kind : std::uint8_t { any, none, exists, at };

    constexpr expectation() = default;
    constexpr expectation(kind k, revision r) noexcept : kind_(k), revision_(r) {}

    constexpr kind what() const noexcept { return kind_; }
    constexpr revision at() const noexcept { return revision_; }

    /// True if a stream whose newest event has revision `actual` (0: never written) is as believed.
    constexpr bool met_by(revision actual) const noexcept {
        switch (kind_) {
            case kind::any: return true;
            case kind::none: return actual == revision{};
            case kind::exists: return actual != revision{};
            case kind::at: return actual == revision_;
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
inline constexpr expectation any{expectation::kind::any, revision{}};    ///< Nothing is believed.
inline constexpr expectation none{expectation::kind::none, revision{}};  ///< Never written.
inline constexpr expectation exists{expectation::kind::exists,
                                    revision{}};  ///< Written at least once.

/// The newest event has exactly this revision; `at(revision{0})` equals `none`.
constexpr expectation at(revision r) noexcept { return {expectation::kind::at, r}; }
}  // namespace expect

inline std::string to_string(const expectation& e) {
    switch (e.what()) {
        case expectation::kind::any: return "any";
        case expectation::kind::none: return "none";
        case expectation::kind::exists: return "exists";
        case expectation::kind::at: return "at " + to_string(e.at());
    }
    return "?";
}

}  // namespace varve::inline v0
