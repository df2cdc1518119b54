// What is kept beside the log, counted: an entry that is lost or changed behind our back is missed.
//
// The log proves itself by its chain. Checkpoints, parked events and type descriptions are entries of
// their own: each carries a checksum, but one that is gone says nothing. So their number and the sum of
// their hashes are kept with them, written in the same transaction; the layout is in
// eventstore/README.md.
#pragma once

#include <varve/eventstore/format/spaces.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace varve::inline v0::detail {

/// Of the entries of one tenant in all counted spaces.
struct side_census {
    std::uint64_t writes = 0;   ///< Transactions that changed one of them so far.
    std::uint64_t entries = 0;  ///< How many there are.
    std::uint64_t digest = 0;   ///< The sum of their hashes, modulo 2^64.

    friend bool operator==(const side_census&, const side_census&) = default;
};

/// Snapshots are not among them: they are derived, and may go at any time. Reservations have a census of
/// their own, because without them nothing may be appended.
inline constexpr std::array counted_spaces{type_space, checkpoint_space, parked_space};

constexpr bool is_counted(const space& in) noexcept {
    for (const auto& each : counted_spaces)
        if (each.index == in.index) return true;
    return false;
}

/// Where it lies in `meta_space`.
inline bytes side_census_key(std::uint32_t tenant) {
    bytes key = to_bytes(as_bytes("beside"));
    put_big_endian(key, tenant);
    return key;
}

inline bytes encode_side_census(const side_census& count) {
    bytes body;
    put(body, count.writes);
    put(body, count.entries);
    put(body, count.digest);
    return with_checksum(body);
}

/// Nothing if the checksum does not hold.
inline std::optional<side_census> decode_side_census(bytes_view data) noexcept {
    const auto body = checked_body(data);
    if (!body || body->size() != 24) return std::nullopt;
    return side_census{load<std::uint64_t>(body->data()), load<std::uint64_t>(body->data() + 8),
                       load<std::uint64_t>(body->data() + 16)};
}

/// XXH3-64 over the space's name, the key and the value, each behind its length (`u32`).
inline std::uint64_t side_entry_hash(const space& in, bytes_view key, bytes_view value) {
    bytes all;
    for (const auto part : {as_bytes(in.name), key, value}) {
        put(all, static_cast<std::uint32_t>(part.size()));
        put_bytes(all, part);
    }
    return xxh3_64(all);
}

}  // namespace varve::inline v0::detail
