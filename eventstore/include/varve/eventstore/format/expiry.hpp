// The stored format: for how long the writers of a log have known its append ids, at the least.
#pragma once

#include <varve/engine.hpp>
#include <varve/eventstore/format/spaces.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace varve::inline v0::detail {

inline constexpr std::string_view expiry_key_prefix = "append-id-expiry";

/// In the space `meta`, one for each tenant that was ever opened with an expiry.
inline bytes expiry_key(std::uint32_t tenant) {
    bytes key = to_bytes(as_bytes(expiry_key_prefix));
    put_big_endian(key, tenant);
    return key;
}

inline bytes encode_expiry(std::chrono::nanoseconds shortest) {
    bytes body;
    put(body, static_cast<std::int64_t>(shortest.count()));
    return with_checksum(body);
}

/// Errors: `corrupt`.
inline result<std::chrono::nanoseconds> decode_expiry(bytes_view data) {
    const auto body = checked_body(data);
    if (!body || body->size() != 8 || load<std::int64_t>(body->data()) <= 0)
        return fail(errc::corrupt, "the expiry of append ids that is stored is damaged");
    return std::chrono::nanoseconds{load<std::int64_t>(body->data())};
}

/// The shortest that is stored, or for ever. Errors: `corrupt`, `io`.
template <engine_view View>
result<std::chrono::nanoseconds> stored_expiry(View& view, std::uint32_t tenant) {
    result<std::chrono::nanoseconds> shortest = std::chrono::nanoseconds::max();
    const auto at = expiry_key(tenant);
    auto found = view.get(meta_space, bytes_view{at},
                          [&](bytes_view value) { shortest = decode_expiry(value); });
    if (!found) return pass_on(std::move(found));
    return shortest;
}

}  // namespace varve::inline v0::detail
