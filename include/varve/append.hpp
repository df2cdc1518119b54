// The only ways to write: an append or the end of a stream, and the receipt they are answered with.
#pragma once

#include <varve/event.hpp>
#include <varve/event_query.hpp>
#include <varve/expect.hpp>
#include <varve/failure.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace varve::inline v0 {

/// A belief about a stream, whether the append writes to it or not.
struct stream_check {
    std::string_view stream;
    expectation expected;
};

/// A belief about the log: no event that matches the query lies beyond `after`, which is where its
/// reader stopped (`scan_end::last` or `head`) and may lie beyond the last match.
struct condition {
    event_query query;
    position after{};
};

/// One append: atomic, over one or several streams, in the order given. All views; see `new_event`.
struct append_request {
    /// Names this append for ever. The same id with the same events returns the first receipt and
    /// writes nothing; with other events it is refused (`id_reused`).
    append_id id;
    std::span<const new_event> events;
    std::span<const stream_check> checks{};
    /// Descriptors of the types above, stored if the store has none yet. May be empty.
    std::span<const type_description> types{};
    /// What must hold of the log, whether the append writes to it or not. If one fails: `conflict`,
    /// together with the checks that fail. An `after` beyond the head is `invalid_argument`.
    std::span<const condition> conditions{};
    /// What must not be there at all, anywhere in the log. If one fails: `exists`.
    std::span<const event_query> fail_if_exists{};
};

/// How a stream ends.
enum class ending : std::uint8_t {
    soft,       ///< Its events are hidden; the next append makes it exist again, revisions go on.
    tombstone,  ///< Its events are hidden, and no append is ever taken again.
};

/// The wire names of the events that end streams. The store alone writes them.
constexpr std::string_view marker_of(ending how) noexcept {
    return how == ending::soft ? "$soft-deleted" : "$tombstone";
}

/// Asks for the end of a stream: an event in the stream itself, so it has a position, and subscribers
/// see it in order.
struct end_request {
    append_id id;  ///< As of an append: the same again returns the first receipt.
    std::string_view stream;
    ending how = ending::soft;
    expectation expected{};
    metadata meta{};
};

/// Where a stream stands after an append.
struct stream_revision {
    std::string stream;
    varve::revision revision;

    friend bool operator==(const stream_revision&, const stream_revision&) = default;
};

/// What an append returns.
struct receipt {
    append_id id;
    position first;  ///< Of its first event; 0 for a pure check.
    position last;   ///< Of its last event; wait for this to read your own write. Of a command that
                     ///< decided nothing: the head of the log that it was decided upon.
    std::vector<stream_revision>
        streams;  ///< The new revision of each stream, in order of first use.

    friend bool operator==(const receipt&, const receipt&) = default;
};

}  // namespace varve::inline v0
