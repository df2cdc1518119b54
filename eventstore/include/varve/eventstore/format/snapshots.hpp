// The stored form of snapshots; the layout is in eventstore/README.md.
#pragma once

#include <varve/eventstore/format/spaces.hpp>
#include <varve/snapshot.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace varve::inline v0::detail {

/// What all snapshots of a stream begin with: tenant, length of its name, its name.
inline bytes snapshot_prefix(std::uint32_t tenant, std::string_view stream) {
    bytes key;
    put_big_endian(key, tenant);
    put_big_endian(key, static_cast<std::uint32_t>(stream.size()));
    put_bytes(key, as_bytes(stream));
    return key;
}

inline bytes snapshot_key(std::uint32_t tenant, std::string_view stream,
                          std::string_view aggregate) {
    bytes key = snapshot_prefix(tenant, stream);
    put_bytes(key, as_bytes(aggregate));
    return key;
}

/// Stream and aggregate that a key names; nothing if it is no key of a snapshot.
inline std::optional<std::pair<std::string_view, std::string_view>> parse_snapshot_key(
    bytes_view key) noexcept {
    if (key.size() < 8) return std::nullopt;
    const std::size_t size = load_big_endian(key.data() + 4);
    if (size > key.size() - 8) return std::nullopt;
    return std::pair{as_text(key.subspan(8, size)), as_text(key.subspan(8 + size))};
}

/// One number for the schema of a state: its version, encoding and descriptor.
inline std::uint64_t schema_digest(const snapshot_form& form) {
    bytes all;
    put(all, static_cast<std::uint8_t>(form.encoding));
    put(all, form.schema_version);
    put_bytes(all, form.descriptor);
    return xxh3_64(all);
}

/// A snapshot as it is stored; names and state are views.
struct snapshot_record {
    store_identity store;
    revision at;
    position where;
    hash256 link;  ///< Of the batch that holds the event there: what the log was.
    std::uint32_t fold_version = 0;
    std::uint32_t schema_version = 0;
    std::uint64_t schema = 0;
    timestamp saved_at{};
    std::string_view stream;
    std::string_view aggregate;
    bytes_view state;

    friend bool operator==(const snapshot_record& a, const snapshot_record& b) noexcept {
        return a.store == b.store && a.at == b.at && a.where == b.where && a.link == b.link &&
               a.fold_version == b.fold_version && a.schema_version == b.schema_version &&
               a.schema == b.schema && a.saved_at == b.saved_at && a.stream == b.stream &&
               a.aggregate == b.aggregate && as_text(a.state) == as_text(b.state);
    }
};

namespace snapshot_layout {

inline constexpr std::uint32_t kind_plain = 1;
inline constexpr std::size_t fixed = 100;  ///< Bytes behind the checksum, before the names.

}  // namespace snapshot_layout

inline bytes encode_snapshot(const snapshot_record& from) {
    bytes body;
    body.reserve(snapshot_layout::fixed + 4 + from.stream.size() + from.aggregate.size() +
                 from.state.size());
    const auto put_name = [&body](std::string_view name) {
        put(body, static_cast<std::uint16_t>(name.size()));
        put_bytes(body, as_bytes(name));
    };
    put(body, snapshot_layout::kind_plain);
    put_bytes(body, from.store.id.view());
    put(body, from.store.epoch.value);
    put(body, from.at.value);
    put(body, from.where.value);
    put(body, from.link);
    put(body, from.fold_version);
    put(body, from.schema_version);
    put(body, from.schema);
    put(body, static_cast<std::int64_t>(from.saved_at.time_since_epoch().count()));
    put_name(from.stream);
    put_name(from.aggregate);
    put_bytes(body, from.state);
    return with_checksum(body);
}

/// Takes a name off the beginning of `rest`; nothing if it does not fit.
inline std::optional<std::string_view> take_name(bytes_view& rest) noexcept {
    if (rest.size() < 2) return std::nullopt;
    const std::size_t size = load<std::uint16_t>(rest.data());
    if (size > rest.size() - 2) return std::nullopt;
    const auto name = as_text(rest.subspan(2, size));
    rest = rest.subspan(2 + size);
    return name;
}

/// Nothing if the bytes are not a snapshot of a kind that this version knows.
inline std::optional<snapshot_record> decode_snapshot(bytes_view data) noexcept {
    const auto body = checked_body(data);
    if (!body || body->size() < snapshot_layout::fixed) return std::nullopt;
    const std::byte* at = body->data();
    if (load<std::uint32_t>(at) != snapshot_layout::kind_plain) return std::nullopt;
    snapshot_record found{
        .store = {store_id::read(at + 4), epoch{load<std::uint64_t>(at + 20)}},
        .at = revision{load<std::uint64_t>(at + 28)},
        .where = position{load<std::uint64_t>(at + 36)},
        .link = load<hash256>(at + 44),
        .fold_version = load<std::uint32_t>(at + 76),
        .schema_version = load<std::uint32_t>(at + 80),
        .schema = load<std::uint64_t>(at + 84),
        .saved_at = timestamp{std::chrono::nanoseconds{load<std::int64_t>(at + 92)}},
        .stream = {},
        .aggregate = {},
        .state = {}};
    bytes_view rest = body->subspan(snapshot_layout::fixed);
    const auto stream = take_name(rest);
    const auto aggregate = stream ? take_name(rest) : std::nullopt;
    if (!aggregate) return std::nullopt;
    found.stream = *stream;
    found.aggregate = *aggregate;
    found.state = rest;
    return found;
}

}  // namespace varve::inline v0::detail
