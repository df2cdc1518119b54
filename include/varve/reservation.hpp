// Appends that are promised first and stored later: what a prepared transaction holds of a store.
//
//     store.reserve(request, memo);   // checked now, durable, and kept free for as long as it takes
//     store.confirm(request.id);      // stored as it was promised; nothing is checked again
//     store.release(request.id);      // or given up
//
// A reservation holds the streams that its append writes to and those that it has a belief about, and
// the queries of its conditions. Until its outcome, another append that writes to such a stream, or an
// event that such a query matches, is refused with `reserved`, and so is another reservation whose
// outcome could break this one or be broken by it. Reads see nothing of it, and beliefs of others about
// what it holds are judged as if it were not there: such an append comes before it in the log.
#pragma once

#include <varve/append.hpp>
#include <varve/store.hpp>
#include <varve/time.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

namespace varve::inline v0 {

/// What has become of a reservation.
enum class reservation_state : std::uint8_t {
    held = 1,   ///< Promised: its outcome is open.
    released,   ///< Given up, perhaps before it was made; the same id cannot be reserved any more.
    confirmed,  ///< Stored. Kept only of one without events, since the log knows the others.
};

constexpr std::string_view to_string(reservation_state state) noexcept {
    switch (state) {
        case reservation_state::held: return "held";
        case reservation_state::released: return "released";
        case reservation_state::confirmed: return "confirmed";
    }
    return "?";
}

/// A reservation in a listing.
struct reservation {
    append_id id;
    reservation_state state = reservation_state::held;
    varve::epoch epoch;      ///< The life of the store that it was made in.
    timestamp since{};       ///< Made, released or confirmed, by the store's clock.
    std::uint32_t events{};  ///< How many its append has. What follows is empty unless it is held.
    std::vector<std::string> writes{};    ///< Streams that its append writes to.
    std::vector<std::string> believes{};  ///< Streams that it has a belief about.
    std::vector<event_query> queries{};   ///< Of its conditions, those of `fail_if_exists` last.
    bytes memo{};                         ///< What its owner wants to know after a crash.

    friend bool operator==(const reservation&, const reservation&) = default;
};

/// A store that can promise an append.
template <class S>
concept reserving_store = event_store<S> && requires(S& store, const append_request& request,
                                                     const append_id& id, bytes_view memo) {
    /// Checks everything an append checks, and holds it durably. Repeated with the same id, events,
    /// beliefs and memo it changes nothing: `held`, or `confirmed` after that. Errors: those of an
    /// append; `reserved` if another reservation is in the way (`failure::append` names it);
    /// `cancelled` if it was released before, even before it came; `id_reused`; `too_large` (the
    /// memo); `overloaded` if what is held already takes `limits::reserved_bytes`.
    { store.reserve(request, memo) } -> std::same_as<result<reservation_state>>;
    /// Stores what was promised, durably, and ends the reservation. Repeated, it gives the same
    /// receipt. Errors: `not_found` (never reserved, or forgotten), `cancelled` (released),
    /// `unknown`, `poisoned`. Of a reservation that was made before a loss was accepted (an earlier
    /// epoch) the beliefs are checked again: `conflict`, `exists`, `tombstoned`, and it stays held.
    { store.confirm(id) } -> std::same_as<result<receipt>>;
    /// Ends the reservation without its append, durably; one that was never made cannot be made
    /// later. Repeated, it changes nothing. Errors: `exists` if it was confirmed, which is known as
    /// long as the append's id is (`store_options::append_id_expiry`).
    { store.release(id) } -> std::same_as<result<void>>;
    /// Forgets that a reservation was released or confirmed, when no message about it can come any
    /// more. Errors: `reserved` if it is held.
    { store.forget(id) } -> std::same_as<result<void>>;
    /// All that is held, released and not forgotten, by id. Errors: `corrupt`, `io`, `poisoned`.
    { store.reservations() } -> std::same_as<result<std::vector<reservation>>>;
};

}  // namespace varve::inline v0
