// Writes one event as it lies in a stored batch; the layout is in eventstore/README.md.
#pragma once

#include <varve/assert.hpp>
#include <varve/eventstore/format/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace varve::inline v0::detail {

/// What a frame says of its place in a batch: indexes into the tables, and its size.
struct frame_place {
    std::uint16_t stream;
    std::uint16_t type;
    std::size_t size;
};

/// The bytes that the frame of an event takes.
inline std::size_t frame_size(const new_event& event) noexcept {
    std::size_t size = frame::fixed + event.payload.size();
    size += 16u * (std::size_t{!event.id.is_none()} + !event.meta.correlation.is_none() +
                   !event.meta.causation.is_none());
    for (const auto tag : event.tags) size += 2 + tag.size();
    for (const auto& entry : event.meta.headers) size += 6 + entry.key.size() + entry.value.size();
    return size;
}

/// Writes all of a frame but its leaf and checksum. `to` has `where.size` bytes, all zero.
inline void write_frame(std::byte* to, const new_event& event, const frame_place& where) noexcept {
    const auto& meta = event.meta;
    const auto has = [](const auto& id, std::uint8_t flag) {
        return id.is_none() ? std::uint8_t{0} : flag;
    };
    const auto flags = static_cast<std::uint8_t>(
        has(event.id, frame::own_id) | has(meta.correlation, frame::correlation) |
        has(meta.causation, frame::causation) | (meta.occurred_at ? frame::occurred : 0));
    store(to + frame::length, static_cast<std::uint32_t>(where.size));
    store(to + frame::stream, where.stream);
    store(to + frame::type, where.type);
    store(to + frame::payload_length, static_cast<std::uint32_t>(event.payload.size()));
    store(to + frame::tag_count, static_cast<std::uint16_t>(event.tags.size()));
    store(to + frame::header_count, static_cast<std::uint16_t>(meta.headers.size()));
    store(to + frame::occurred_at,
          meta.occurred_at ? static_cast<std::int64_t>(meta.occurred_at->time_since_epoch().count())
                           : std::int64_t{0});
    store(to + frame::flags, flags);
    std::byte* at = to + frame::fixed;
    const auto put = [&at](bytes_view data) {
        if (!data.empty()) std::memcpy(at, data.data(), data.size());
        at += data.size();
    };
    if (!event.id.is_none()) put(event.id.view());
    if (!meta.correlation.is_none()) put(meta.correlation.view());
    if (!meta.causation.is_none()) put(meta.causation.view());
    const std::byte* const tags = at;
    for (const auto tag : event.tags) {
        store(at, static_cast<std::uint16_t>(tag.size()));
        at += 2;
        put(as_bytes(tag));
    }
    store(to + frame::tag_bytes, static_cast<std::uint32_t>(at - tags));
    for (const auto& entry : meta.headers) {
        store(at, static_cast<std::uint16_t>(entry.key.size()));
        store(at + 2, static_cast<std::uint32_t>(entry.value.size()));
        at += 6;
        put(as_bytes(entry.key));
        put(as_bytes(entry.value));
    }
    put(event.payload);
    ensure(at == to + where.size, "a frame has the size that was counted");
}

}  // namespace varve::inline v0::detail
