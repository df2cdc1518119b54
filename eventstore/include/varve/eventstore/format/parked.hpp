// The stored form of parked events; the layout is in eventstore/README.md.
#pragma once

#include <varve/eventstore/format/spaces.hpp>
#include <varve/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace varve::inline v0 {

/// An event that a consumer could not handle, set aside with why.
struct parked_event {
    position where;
    std::string key;             ///< Its stream: what waits behind it has the same.
    std::uint32_t attempts = 0;  ///< Deliveries so far; 0 if it only waits behind an earlier one.
    timestamp parked_at{};
    std::string reason;

    friend bool operator==(const parked_event&, const parked_event&) = default;
};

namespace detail {

/// What all parked events of a consumer group begin with: tenant, length of its name, its name.
inline bytes parked_prefix(std::uint32_t tenant, std::string_view group) {
    bytes key;
    put_big_endian(key, tenant);
    put_big_endian(key, static_cast<std::uint32_t>(group.size()));
    put_bytes(key, as_bytes(group));
    return key;
}

inline bytes parked_key(std::uint32_t tenant, std::string_view group, position where) {
    bytes key = parked_prefix(tenant, group);
    put_big_endian(key, static_cast<std::uint32_t>(where.value >> 32));
    put_big_endian(key, static_cast<std::uint32_t>(where.value));
    return key;
}

inline bytes encode_parked(bytes_view key, const parked_event& event) {
    bytes body;
    put(body, event.where.value);
    put(body, static_cast<std::int64_t>(event.parked_at.time_since_epoch().count()));
    put(body, event.attempts);
    put(body, static_cast<std::uint32_t>(event.key.size()));
    put_bytes(body, as_bytes(event.key));
    put_bytes(body, as_bytes(event.reason));
    return with_checksum(body, key);
}

/// Errors: `corrupt`.
inline result<parked_event> decode_parked(bytes_view key, bytes_view data) {
    const auto body = checked_body(data, key);
    const auto key_size = body && body->size() >= 24 ? load<std::uint32_t>(body->data() + 20) : 0;
    if (!body || body->size() < 24 || key_size > body->size() - 24)
        return fail(errc::corrupt, "the record of a parked event is damaged");
    const std::byte* at = body->data();
    return parked_event{position{load<std::uint64_t>(at)},
                        std::string{as_text(body->subspan(24, key_size))},
                        load<std::uint32_t>(at + 16),
                        timestamp{std::chrono::nanoseconds{load<std::int64_t>(at + 8)}},
                        std::string{as_text(body->subspan(24 + key_size))}};
}

}  // namespace detail
}  // namespace varve::inline v0
