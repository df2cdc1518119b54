// The stored form of checkpoints; the layout is in eventstore/README.md.
#pragma once

#include <varve/checkpoint.hpp>
#include <varve/eventstore/format/spaces.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace varve::inline v0::detail {

/// Tenant and the reader's name.
inline bytes reader_key(std::uint32_t tenant, std::string_view reader) {
    bytes key;
    put_big_endian(key, tenant);
    put_bytes(key, as_bytes(reader));
    return key;
}

inline bytes encode_checkpoint(bytes_view key, const checkpoint& at) {
    bytes body;
    put_bytes(body, at.store.id.view());
    put(body, at.store.epoch.value);
    put(body, at.reached.value);
    put(body, at.holder.value);
    return with_checksum(body, key);
}

/// Errors: `corrupt`.
inline result<checkpoint> decode_checkpoint(std::string_view reader, bytes_view key,
                                            bytes_view data) {
    const auto body = checked_body(data, key);
    if (!body || body->size() != 40)
        return fail(errc::corrupt,
                    "the checkpoint of reader '" + std::string{reader} + "' is damaged");
    const std::byte* at = body->data();
    return checkpoint{{store_id::read(at), epoch{load<std::uint64_t>(at + 16)}},
                      position{load<std::uint64_t>(at + 24)},
                      fencing_token{load<std::uint64_t>(at + 32)}};
}

/// What is stored under the name, or a new reader's.
inline result<checkpoint> decode_checkpoint(std::string_view reader, bytes_view key,
                                            const store_identity& store,
                                            const result<std::optional<bytes>>& stored) {
    if (!stored) return std::unexpected(stored.error());
    if (!*stored) return checkpoint{store, {}, {}};
    return decode_checkpoint(reader, key, bytes_view{**stored});
}

/// What `save` leaves, if the holder may move it there. Errors: as `checkpoint_store` says.
inline result<checkpoint> moved_checkpoint(std::string_view reader, checkpoint from,
                                           const store_identity& store, position to, position head,
                                           fencing_token holder) {
    const auto name = [&] { return "reader '" + std::string{reader} + "'"; };
    if (from.holder != holder)
        return fail(errc::fenced, name() + " was claimed again (claim " +
                                      std::to_string(from.holder.value) + ", this one is " +
                                      std::to_string(holder.value) + "); this holder must stop");
    if (from.store != store)
        return fail(errc::corrupt, name() +
                                       " has a checkpoint of another life of the store (epoch " +
                                       to_string(from.store.epoch) + ", now " +
                                       to_string(store.epoch) + "); reset it and start over");
    if (to < from.reached)
        return fail(errc::invalid_argument, name() + " is at " + to_string(from.reached) +
                                                ", a checkpoint does not move back to " +
                                                to_string(to));
    if (to > head)
        return fail(errc::invalid_argument, name() + " cannot have reached " + to_string(to) +
                                                ", the log ends at " + to_string(head));
    from.reached = to;
    return from;
}

}  // namespace varve::inline v0::detail
