// The stored format: identity, type descriptions, and the frames of records; see eventstore/README.md.
#pragma once

#include <varve/eventstore/format/batch.hpp>
#include <varve/eventstore/format/batch_builder.hpp>
#include <varve/eventstore/format/frame.hpp>
#include <varve/eventstore/format/record.hpp>
#include <varve/store.hpp>

#include <array>
#include <optional>
#include <string>

namespace varve::inline v0 {

/// The version of the stored format that this library writes. A store of this version always opens;
/// version 0, which was never frozen, does not.
inline constexpr std::uint32_t format_version = 1;

namespace detail {

/// The spaces of a store, by index.
inline constexpr space meta_space{"meta", key_kind::octets, 0};
inline constexpr space tail_space{"tail", key_kind::number, 1};
inline constexpr space type_space{"types", key_kind::octets, 2};
inline constexpr space checkpoint_space{"checkpoints", key_kind::octets, 3};
inline constexpr space snapshot_space{"snapshots", key_kind::octets, 4};
inline constexpr space parked_space{"parked", key_kind::octets, 5};
inline constexpr space reservation_space{"reservations", key_kind::octets, 6};
inline constexpr std::array store_spaces{meta_space,       tail_space,     type_space,
                                         checkpoint_space, snapshot_space, parked_space,
                                         reservation_space};

inline constexpr std::string_view identity_key = "identity";

struct stored_identity {
    store_identity identity;
    timestamp created_at;
};

/// What a checksum is seeded with, so that a value under another key than its own does not pass.
inline std::uint64_t key_seed(bytes_view key) noexcept { return key.empty() ? 0 : xxh3_64(key); }

/// `u64` checksum of what follows and of the key, then what follows. Where the key stands in the value
/// itself, or is the only one, it is not asked for.
inline bytes with_checksum(bytes_view body, bytes_view key = {}) {
    bytes out;
    put(out, xxh3_64(body, key_seed(key)));
    put_bytes(out, body);
    return out;
}

/// What follows the checksum, or nothing if it does not hold.
inline std::optional<bytes_view> checked_body(bytes_view data, bytes_view key = {}) noexcept {
    if (data.size() < 8 ||
        load<std::uint64_t>(data.data()) != xxh3_64(data.subspan(8), key_seed(key)))
        return std::nullopt;
    return data.subspan(8);
}

inline bytes encode_identity(const stored_identity& stored) {
    bytes body;
    put(body, format_version);
    put(body, std::uint32_t{0});
    put_bytes(body, stored.identity.id.view());
    put(body, stored.identity.epoch.value);
    put(body, static_cast<std::int64_t>(stored.created_at.time_since_epoch().count()));
    return with_checksum(body);
}

/// Errors: `corrupt`; `foreign` for a format that this version does not know.
inline result<stored_identity> decode_identity(bytes_view data) {
    const auto body = checked_body(data);
    if (!body || body->size() != 40) return fail(errc::corrupt, "the store's identity is damaged");
    if (const auto version = load<std::uint32_t>(body->data()); version != format_version)
        return fail(errc::foreign, "the store has format " + std::to_string(version) +
                                       ", this version knows format " +
                                       std::to_string(format_version));
    return stored_identity{
        {store_id::read(body->data() + 8), epoch{load<std::uint64_t>(body->data() + 24)}},
        timestamp{std::chrono::nanoseconds{load<std::int64_t>(body->data() + 32)}}};
}

inline void put_big_endian(bytes& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::byte>(value >> shift));
}
inline std::uint32_t load_big_endian(const std::byte* from) noexcept {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(from[i]);
    return value;
}

inline bytes type_key(std::uint32_t tenant, std::string_view type, std::uint32_t schema_version) {
    bytes out;
    put_big_endian(out, tenant);
    put_bytes(out, as_bytes(type));
    put_big_endian(out, schema_version);
    return out;
}

inline bytes encode_type(bytes_view key, const type_description& type) {
    bytes body(8);
    body[0] = static_cast<std::byte>(type.encoding);
    put_bytes(body, type.descriptor);
    return with_checksum(body, key);
}

/// The description of a stored type, as views of `key` and `value`. Errors: `corrupt`.
inline result<type_description> decode_type(bytes_view key, bytes_view value) {
    if (key.size() < 9) return fail(errc::corrupt, "the key of a type description is too short");
    const auto name = as_text(key.subspan(4, key.size() - 8));
    const auto body = checked_body(value, key);
    if (!body || body->size() < 8)
        return fail(errc::corrupt,
                    "the description of type '" + std::string{name} + "' is damaged");
    const auto kind = std::to_integer<std::uint8_t>((*body)[0]);
    return type_description{name, load_big_endian(key.data() + key.size() - 4),
                            kind > 3 ? encoding::opaque : encoding{kind}, body->subspan(8)};
}

}  // namespace detail
}  // namespace varve::inline v0
