// The events of one append as they are stored; the layout is in eventstore/README.md.
#pragma once

#include <varve/eventstore/format/frame.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace varve::inline v0 {

/// How the batches of a store are chained.
enum class chain : std::uint8_t {
    none = 0,     ///< No hashes: damage is found by checksums, a rewritten history is not.
    blake2b = 1,  ///< BLAKE2b-256 over every event and batch.
};

namespace detail {

/// Offsets of a batch header.
namespace batch {
inline constexpr std::size_t length = 0, header_length = 4, checksum = 8, hash = 16, previous = 48,
                             digest = 80, append = 112, first = 128, recorded_at = 136,
                             event_count = 144, stream_count = 148, type_count = 150, kind = 152,
                             algorithm = 153, fixed = 160;
inline constexpr std::size_t hashed_begins =
    48;  ///< What the batch's hash covers, to header's end.
inline constexpr std::uint8_t kind_append = 1;
}  // namespace batch

struct batch_stream {
    varve::revision first;
    std::string_view name;
};

struct batch_type {
    std::uint32_t schema_version;
    std::string_view name;
};

/// The hash before the first batch of a tenant's log.
inline hash256 genesis_hash(const store_id& store, std::uint32_t tenant) noexcept {
    return blake2b{}.add_number(std::uint8_t{2}).add(store.view()).add_number(tenant).finish();
}

/// A view of a batch. `parse` proves the header; each frame is proved when it is read.
class batch_view {
public:
    /// Why `parse` refused, for the message; nullptr if it did not.
    const char* fault() const noexcept { return fault_; }

    /// The length a batch at the beginning of `data` claims, or 0 if that cannot be.
    static std::size_t claimed_length(bytes_view data) noexcept {
        if (data.size() < batch::fixed) return 0;
        const std::size_t size = load<std::uint32_t>(data.data());
        return size >= batch::fixed && size <= data.size() ? size : 0;
    }

    /// First position and number of events as the header claims, before it is proved.
    static position claimed_first(bytes_view data) noexcept {
        return position{load<std::uint64_t>(data.data() + batch::first)};
    }
    static std::uint32_t claimed_count(bytes_view data) noexcept {
        return load<std::uint32_t>(data.data() + batch::event_count);
    }

    /// Reads the header of the batch at the beginning of `data` and its tables into this view, whose
    /// memory is reused. False if anything in it is not as it must be.
    bool parse(bytes_view data) {
        const std::size_t size = claimed_length(data);
        if (size == 0) return refuse("its length cannot be");
        data_ = data.first(size);
        const std::size_t header = get<std::uint32_t>(batch::header_length);
        if (header < batch::fixed || header > size) return refuse("its header's length cannot be");
        header_ = data_.first(header);
        if (get<std::uint64_t>(batch::checksum) != seeded_checksum(header_))
            return refuse("its header's checksum does not hold");
        if (get<std::uint8_t>(batch::kind) != batch::kind_append)
            return refuse("it is of a kind that this version does not know");
        if (get<std::uint8_t>(batch::algorithm) > 1)
            return refuse("its hash algorithm is not known to this version");
        if (event_count() == 0 || event_count() > limits::events || first() == position{})
            return refuse("its count or position cannot be");
        return parse_tables();
    }

    bytes_view raw() const noexcept { return data_; }
    position first() const noexcept { return position{get<std::uint64_t>(batch::first)}; }
    position last() const noexcept { return position{first().value + event_count() - 1}; }
    std::uint32_t event_count() const noexcept { return get<std::uint32_t>(batch::event_count); }
    append_id append() const noexcept { return append_id::read(data_.data() + batch::append); }
    timestamp recorded_at() const noexcept {
        return timestamp{std::chrono::nanoseconds{get<std::int64_t>(batch::recorded_at)}};
    }
    varve::chain algorithm() const noexcept {
        return varve::chain{get<std::uint8_t>(batch::algorithm)};
    }
    hash256 hash() const noexcept { return get<hash256>(batch::hash); }
    hash256 previous() const noexcept { return get<hash256>(batch::previous); }
    hash256 digest() const noexcept { return get<hash256>(batch::digest); }
    bytes_view hashed_header() const noexcept { return header_.subspan(batch::hashed_begins); }
    bytes_view frames() const noexcept { return data_.subspan(header_.size()); }
    const std::vector<batch_stream>& streams() const noexcept { return streams_; }
    const std::vector<batch_type>& types() const noexcept { return types_; }

    /// Calls `visit(index, frame)` for every frame, proved, until it returns false. Returns the fault
    /// if a frame is not as it must be, nullptr otherwise.
    template <class Visit>
    const char* each_frame(Visit&& visit) const {
        bytes_view rest = frames();
        for (std::uint32_t i = 0; i < event_count(); ++i) {
            const auto frame = frame_view::parse(rest);
            if (const char* fault = fault_of(frame)) return fault;
            if (!visit(i, frame)) return nullptr;
            rest = rest.subspan(frame.size());
        }
        return rest.empty() ? nullptr : "there are bytes behind its last event";
    }

    /// Why the frame cannot be used, or nullptr.
    const char* fault_of(const frame_view& frame) const noexcept {
        if (!frame) return "an event's lengths cannot be";
        if (!frame.checksum_holds()) return "an event's checksum does not hold";
        if (frame.stream() >= streams_.size() || frame.type() >= types_.size())
            return "an event names a stream or type that the batch does not have";
        return nullptr;
    }

private:
    template <class T>
    T get(std::size_t offset) const noexcept {
        return load<T>(data_.data() + offset);
    }

    bool refuse(const char* why) noexcept {
        fault_ = why;
        return false;
    }

    /// A table is `count` times: a number, a name. `add(number, name)`.
    template <class Number, class Add>
    static bool parse_table(bytes_view& rest, std::size_t count, Add&& add) {
        for (; count != 0; --count) {
            if (rest.size() < sizeof(Number) + 2) return false;
            const auto number = load<Number>(rest.data());
            const std::size_t size = load<std::uint16_t>(rest.data() + sizeof(Number));
            rest = rest.subspan(sizeof(Number) + 2);
            if (rest.size() < size) return false;
            add(number, as_text(rest.first(size)));
            rest = rest.subspan(size);
        }
        return true;
    }

    bool parse_tables() {
        streams_.clear();
        types_.clear();
        bytes_view rest = header_.subspan(batch::fixed);
        const bool whole = parse_table<std::uint64_t>(
                               rest, get<std::uint16_t>(batch::stream_count),
                               [&](std::uint64_t first, std::string_view name) {
                                   streams_.push_back({revision{first}, name});
                               }) &&
                           parse_table<std::uint32_t>(
                               rest, get<std::uint16_t>(batch::type_count),
                               [&](std::uint32_t version, std::string_view name) {
                                   types_.push_back({version, name});
                               });
        if (!whole || !rest.empty()) return refuse("its tables do not fit its header");
        fault_ = nullptr;
        return true;
    }

    bytes_view data_;
    bytes_view header_;
    std::vector<batch_stream> streams_;
    std::vector<batch_type> types_;
    const char* fault_ = nullptr;
};

/// The leaf that the frame should have, from what it says.
inline hash256 leaf_of(const frame_view& frame, const batch_stream& stream, const batch_type& type,
                       const append_id& append, std::uint32_t index) noexcept {
    return leaf_hash(stream.name, type.name, type.schema_version, frame.id(append, index),
                     frame.leaf_bytes());
}

/// The hash of a batch, from its header.
inline hash256 batch_hash(bytes_view hashed_header) noexcept {
    return blake2b{}.add_number(std::uint8_t{1}).add(hashed_header).finish();
}

}  // namespace detail
}  // namespace varve::inline v0
