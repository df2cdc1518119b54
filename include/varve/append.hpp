// The only way to write events: a request, and the receipt it is answered with.
#pragma once

#include <varve/event.hpp>
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

/// One append: atomic, over one or several streams, in the order given. All views; see `new_event`.
struct append_request {
    /// Names this append for ever. The same id with the same events returns the first receipt and
    /// writes nothing; with other events it is refused (`id_reused`).
    append_id id;
    std::span<const new_event> events;
    std::span<const stream_check> checks{};
    /// Descriptors of the types above, stored if the store has none yet. May be empty.
    std::span<const type_description> types{};
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
