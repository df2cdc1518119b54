// Events that come from elsewhere with ids of their own: an append id that follows from them.
//
//     const auto id = imported_append_id(events);
//     if (id) store.append({.id = *id, .events = events});
//
// Whoever imports the same events again, after a crash or by mistake, sends the same append again, and
// it is answered with the first receipt.
#pragma once

#include <varve/adapters/xxhash.hpp>
#include <varve/event.hpp>
#include <varve/failure.hpp>

#include <array>
#include <bit>
#include <span>
#include <string>

namespace varve::inline v0 {

/// The id of the append that stores these events together, in this order: XXH3-128 over their ids, with
/// the version bits of a UUID version 8. Errors: `invalid_argument` if there are none, or if one of them
/// has no id.
inline result<append_id> imported_append_id(std::span<const new_event> events) {
    if (events.empty())
        return fail(errc::invalid_argument, "an import without events has no append id");
    bytes ids;
    ids.reserve(16 * events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].id.is_none())
            return fail(errc::invalid_argument,
                        "event " + std::to_string(i + 1) + " of the import has no id of its own");
        detail::put_bytes(ids, events[i].id.view());
    }
    constexpr std::uint64_t seed =
        12;  // an event's own id is no append id, nor the other way round
    append_id id{std::bit_cast<std::array<std::byte, 16>>(xxh3_128(ids, seed))};
    id.raw[6] = (id.raw[6] & std::byte{0x0f}) | std::byte{0x80};
    id.raw[8] = (id.raw[8] & std::byte{0x3f}) | std::byte{0x80};
    return id;
}

}  // namespace varve::inline v0
