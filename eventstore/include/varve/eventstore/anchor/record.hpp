// What the anchor says: how far the log was durable, and the head of its chain there.
#pragma once

#include <varve/adapters/xxhash.hpp>
#include <varve/bytes.hpp>
#include <varve/eventstore/format/batch.hpp>
#include <varve/ids.hpp>
#include <varve/store.hpp>

#include <cstdint>
#include <optional>

namespace varve::inline v0::detail {

/// One of the two slots of a tenant; the layout is in this folder's README.
struct anchor_record {
    static constexpr std::size_t size = 128;
    static constexpr std::uint64_t version = 1;

    store_identity store;
    position head;
    hash256 chain_head{};        ///< Of the batch that ends at `head`; zero for an empty log.
    std::uint64_t promises = 0;  ///< Changes of reservations, since the store was created.
    std::uint64_t beside = 0;    ///< Writes beside the log; see `side_census`.
    std::uint64_t sequence = 0;  ///< The slot with the greater one is the newer.

    friend bool operator==(const anchor_record&, const anchor_record&) = default;
};

inline bytes encode_anchor(const anchor_record& at) {
    bytes raw;
    raw.reserve(anchor_record::size);
    put_bytes(raw, as_bytes("VARVEANC"));
    put(raw, anchor_record::version);
    put_bytes(raw, at.store.id.view());
    put(raw, at.store.epoch.value);
    put(raw, at.head.value);
    put(raw, at.chain_head);
    put(raw, at.sequence);
    put(raw, at.promises);
    put(raw, at.beside);
    raw.resize(anchor_record::size - 8);
    put(raw, xxh3_64(raw));
    return raw;
}

/// Nothing if the bytes are no whole record of this version.
inline std::optional<anchor_record> decode_anchor(bytes_view raw) {
    constexpr std::size_t body = anchor_record::size - 8;
    if (raw.size() < anchor_record::size || as_text(raw.first(8)) != "VARVEANC" ||
        load<std::uint64_t>(raw.data() + 8) != anchor_record::version ||
        load<std::uint64_t>(raw.data() + body) != xxh3_64(raw.first(body)))
        return std::nullopt;
    const std::byte* at = raw.data() + 16;
    return anchor_record{{store_id::read(at), epoch{load<std::uint64_t>(at + 16)}},
                         position{load<std::uint64_t>(at + 24)},
                         load<hash256>(at + 32),
                         load<std::uint64_t>(at + 72),
                         load<std::uint64_t>(at + 80),
                         load<std::uint64_t>(at + 64)};
}

}  // namespace varve::inline v0::detail
