// One event as it lies in a stored batch; the layout is in eventstore/README.md.
#pragma once

#include <varve/adapters/sodium.hpp>
#include <varve/adapters/xxhash.hpp>
#include <varve/bytes.hpp>
#include <varve/event.hpp>
#include <varve/limits.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

namespace varve::inline v0::detail {

/// Offsets and flags of an event frame.
namespace frame {
inline constexpr std::size_t length = 0, stream = 4, type = 6, checksum = 8, leaf = 16,
                             payload_length = 48, tag_count = 52, header_count = 54,
                             occurred_at = 56, tag_bytes = 64, flags = 68, fixed = 72;
inline constexpr std::size_t leaf_begins = 48;  ///< What the leaf covers, to the end.
inline constexpr std::uint8_t own_id = 1, correlation = 2, causation = 4, occurred = 8;
}  // namespace frame

/// XXH3 over `data` from offset 16, seeded with its first eight bytes; `data` has at least 16.
inline std::uint64_t seeded_checksum(bytes_view data) noexcept {
    return xxh3_64(data.subspan(16), load<std::uint64_t>(data.data()));
}

/// The id of an event that brought none: XXH3-128 of append id and index, marked as UUID version 8.
inline event_id derive_event_id(const append_id& append, std::uint32_t index) noexcept {
    event_id id{std::bit_cast<std::array<std::byte, 16>>(xxh3_128(append.view(), index))};
    id.raw[6] = (id.raw[6] & std::byte{0x0f}) | std::byte{0x80};
    id.raw[8] = (id.raw[8] & std::byte{0x3f}) | std::byte{0x80};
    return id;
}

/// True if `count` entries of `Entry` fill `raw` exactly, so that a range over it is safe.
template <class Entry>
bool packed_is_whole(bytes_view raw, std::size_t count, std::size_t prefix) noexcept {
    std::size_t at = 0;
    for (; count != 0; --count) {
        if (raw.size() - at < prefix) return false;
        const std::size_t size = Entry::size(raw.data() + at);
        if (raw.size() - at < size) return false;
        at += size;
    }
    return at == raw.size();
}

/// A view of a frame whose bounds and inner lengths were checked.
class frame_view {
public:
    /// The frame at the beginning of `data`, or a default one if it is not whole and well-formed.
    /// Does not look at the checksum.
    static frame_view parse(bytes_view data) noexcept {
        if (data.size() < frame::fixed) return {};
        const std::size_t size = load<std::uint32_t>(data.data());
        if (size < frame::fixed || size > data.size()) return {};
        frame_view view{data.first(size)};
        return view.is_well_formed() ? view : frame_view{};
    }

    explicit operator bool() const noexcept { return !data_.empty(); }
    bytes_view raw() const noexcept { return data_; }
    std::size_t size() const noexcept { return data_.size(); }

    bool checksum_holds() const noexcept {
        return load<std::uint64_t>(data_.data() + frame::checksum) == seeded_checksum(data_);
    }

    std::uint16_t stream() const noexcept { return get<std::uint16_t>(frame::stream); }
    std::uint16_t type() const noexcept { return get<std::uint16_t>(frame::type); }
    std::uint8_t flags() const noexcept { return get<std::uint8_t>(frame::flags); }
    bytes_view leaf() const noexcept { return data_.subspan(frame::leaf, 32); }
    bytes_view leaf_bytes() const noexcept { return data_.subspan(frame::leaf_begins); }
    tag_range tags() const noexcept { return {tag_bytes(), get<std::uint16_t>(frame::tag_count)}; }
    bytes_view payload() const noexcept {
        return data_.last(get<std::uint32_t>(frame::payload_length));
    }

    event_id id(const append_id& append, std::uint32_t index) const noexcept {
        return (flags() & frame::own_id) != 0 ? event_id::read(data_.data() + frame::fixed)
                                              : derive_event_id(append, index);
    }

    /// Fills what the frame itself knows of its event.
    void read_into(recorded_event& event) const noexcept {
        const std::byte* at = data_.data() + frame::fixed;
        const auto take_id = [&](std::uint8_t flag) {
            if ((flags() & flag) == 0) return message_id{};
            const auto id = message_id::read(at);
            at += 16;
            return id;
        };
        take_id(frame::own_id);
        event.correlation = take_id(frame::correlation);
        event.causation = take_id(frame::causation);
        event.occurred_at.reset();
        if ((flags() & frame::occurred) != 0)
            event.occurred_at = timestamp{
                std::chrono::nanoseconds{get<std::int64_t>(frame::occurred_at)}};
        event.tags = tags();
        event.headers = {headers(), get<std::uint16_t>(frame::header_count)};
        event.payload = payload();
    }

private:
    frame_view() = default;
    explicit frame_view(bytes_view data) noexcept : data_(data) {}

    template <class T>
    T get(std::size_t offset) const noexcept {
        return load<T>(data_.data() + offset);
    }
    std::size_t ids_size() const noexcept {
        const auto bits = flags();
        return 16u * ((bits & 1u) + (bits >> 1 & 1u) + (bits >> 2 & 1u));
    }
    bytes_view tag_bytes() const noexcept {
        return data_.subspan(frame::fixed + ids_size(), get<std::uint32_t>(frame::tag_bytes));
    }
    bytes_view headers() const noexcept {
        const std::size_t begin = frame::fixed + ids_size() + get<std::uint32_t>(frame::tag_bytes);
        return data_.subspan(begin,
                             data_.size() - get<std::uint32_t>(frame::payload_length) - begin);
    }
    bool is_well_formed() const noexcept {
        const std::size_t inner = ids_size() + std::size_t{get<std::uint32_t>(frame::tag_bytes)} +
                                  get<std::uint32_t>(frame::payload_length);
        if (inner > data_.size() - frame::fixed) return false;
        return packed_is_whole<packed_tag>(tag_bytes(), get<std::uint16_t>(frame::tag_count), 2) &&
               packed_is_whole<packed_header>(headers(), get<std::uint16_t>(frame::header_count),
                                              6);
    }

    bytes_view data_;
};

/// The leaf hash of an event: what it says, not where it lies.
inline hash256 leaf_hash(std::string_view stream, std::string_view type,
                         std::uint32_t schema_version, const event_id& id,
                         bytes_view leaf_bytes) noexcept {
    blake2b hash;
    hash.add_number(std::uint8_t{0});
    hash.add_number(static_cast<std::uint16_t>(stream.size())).add(as_bytes(stream));
    hash.add_number(static_cast<std::uint16_t>(type.size())).add(as_bytes(type));
    return hash.add_number(schema_version).add(id.view()).add(leaf_bytes).finish();
}

}  // namespace varve::inline v0::detail
