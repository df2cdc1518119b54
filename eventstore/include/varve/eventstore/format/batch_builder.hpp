// Turns an append request into the bytes of a batch, on the caller's thread.
//
// Everything but positions, revisions, time and chain is final when `encode` returns; `seal` fills
// those in place, so the leader copies and hashes a header, never an event.
#pragma once

#include <varve/append.hpp>
#include <varve/assert.hpp>
#include <varve/eventstore/format/batch.hpp>
#include <varve/eventstore/format/check_event.hpp>
#include <varve/eventstore/format/frame_writer.hpp>
#include <varve/eventstore/format/name_table.hpp>
#include <varve/limits.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace varve::inline v0::detail {

/// A batch in the making.
class batch_builder {
public:
    /// Checks the request and writes its frames, leaves and digest. Errors: `invalid_argument`,
    /// `too_large`, both naming the event. A request without events gives an empty batch.
    static result<batch_builder> encode(const append_request& request, chain algorithm) {
        if (request.id.is_none())
            return fail(errc::invalid_argument, "the append has no id; take one from an id_source");
        if (request.events.size() > limits::events)
            return fail(errc::too_large, "the append has " + std::to_string(request.events.size()) +
                                             " events, the limit is " +
                                             std::to_string(limits::events));
        for (std::size_t i = 0; i < request.events.size(); ++i)
            if (auto checked = check_event(request.events[i], i); !checked)
                return pass_on(std::move(checked));
        return build(request.id, request.events, algorithm);
    }

    /// The batch that ends a stream: one event of a type that only the store may write.
    static result<batch_builder> encode(const end_request& request, chain algorithm) {
        if (request.id.is_none())
            return fail(errc::invalid_argument, "the end of a stream has no append id");
        if (!is_name(request.stream, limits::stream_name))
            return pass_on(
                check_name("the stream to be ended", request.stream, limits::stream_name));
        const new_event marker{
            .stream = request.stream, .type = marker_of(request.how), .meta = request.meta};
        auto built = of_the_store(request.id, {&marker, 1}, algorithm);
        if (built) built->ends_ = request.how;
        return built;
    }

    /// Events of types and streams that only the store itself may write.
    static result<batch_builder> of_the_store(const append_id& id,
                                              std::span<const new_event> events, chain algorithm) {
        for (std::size_t i = 0; i < events.size(); ++i)
            if (auto checked = check_event_content(events[i], i); !checked)
                return pass_on(std::move(checked));
        return build(id, events, algorithm);
    }

    /// A batch without events.
    static batch_builder without_events(const append_id& id) {
        batch_builder empty;
        empty.id_ = id;
        return empty;
    }

    /// A batch that was stored without a place in the log. Errors: `corrupt`.
    static result<batch_builder> adopt(bytes_view stored) {
        batch_view seen;
        if (!seen.parse(stored)) return fail(errc::corrupt, seen.fault());
        batch_builder built = without_events(seen.append());
        if (const char* fault = built.take_parts(seen)) return fail(errc::corrupt, fault);
        if (seen.raw().size() != stored.size())
            return fail(errc::corrupt, "there are bytes behind its events");
        built.data_ = to_bytes(stored);
        built.rebase_names(stored.data());
        return built;
    }

    /// A copy that can be sealed on its own.
    batch_builder copy() const {
        batch_builder other = *this;
        other.rebase_names(data_.data());
        return other;
    }

    /// Hashes the content under another algorithm, if it is another.
    void use(chain algorithm) {
        if (algorithm != used_ && !empty()) hash_content(algorithm);
    }

    /// How this batch ends the one stream it writes to, if it does.
    const std::optional<ending>& ends() const noexcept { return ends_; }

    bool empty() const noexcept { return event_count_ == 0; }
    std::uint32_t event_count() const noexcept { return event_count_; }
    const append_id& id() const noexcept { return id_; }
    /// The names of its streams, in order of first use, and how many events each gets.
    struct stream_part {
        std::string_view name;
        std::uint32_t events;
        std::size_t offset;  ///< Of its first revision in the header.
    };
    const std::vector<stream_part>& streams() const noexcept { return streams_; }
    bytes_view raw() const noexcept { return data_; }

    /// Calls `visit(stream name, type name, tags)` for each event, in order.
    template <class Visit>
    void each_event(Visit&& visit) const {
        const std::byte* at = data_.data() + header_size_;
        for (const auto& where : places_) {
            const auto parsed = frame_view::parse({at, where.size});
            visit(streams_[where.stream].name, types_[where.type].name, parsed.tags());
            at += where.size;
        }
    }

    chain algorithm() const noexcept { return used_; }
    hash256 digest() const noexcept { return load<hash256>(data_.data() + batch::digest); }

    /// The digest this content has under another algorithm, to compare it with a stored batch.
    hash256 digest_under(chain algorithm) const {
        if (algorithm == used_) return digest();
        batch_builder other = copy();
        other.hash_content(algorithm);
        return other.digest();
    }

    /// Says where a stream's first event of this batch lands.
    void set_first_revision(std::size_t stream, revision first) noexcept {
        store(data_.data() + streams_[stream].offset, first.value);
    }

    /// Fills in what only the leader knows, and returns the batch's hash (zero if not chained).
    hash256 seal(position first, timestamp recorded_at, const hash256& previous) noexcept {
        ensure(first != position{} && !empty(), "a batch that is sealed has events and a position");
        std::byte* head = data_.data();
        store(head + batch::first, first.value);
        store(head + batch::recorded_at,
              static_cast<std::int64_t>(recorded_at.time_since_epoch().count()));
        hash256 hash{};
        if (used_ == chain::blake2b) {
            store(head + batch::previous, previous);
            hash = batch_hash(header().subspan(batch::hashed_begins));
        }
        store(head + batch::hash, hash);
        store(head + batch::checksum, seeded_checksum(header()));
        return hash;
    }

private:
    struct type_part {
        std::string_view name;
        std::uint32_t schema_version;
        friend bool operator==(const type_part&, const type_part&) = default;
    };

    bytes_view header() const noexcept { return bytes_view{data_}.first(header_size_); }

    static std::size_t hash_of(const stream_part& stream) {
        return std::hash<std::string_view>{}(stream.name);
    }
    static std::size_t hash_of(const type_part& type) {
        return std::hash<std::string_view>{}(type.name) + type.schema_version;
    }

    static result<batch_builder> build(const append_id& id, std::span<const new_event> events,
                                       chain algorithm) {
        batch_builder built;
        built.id_ = id;
        if (auto collected = built.collect(events); !collected)
            return pass_on(std::move(collected));
        if (!events.empty()) built.write(events, algorithm);
        return built;
    }

    result<void> collect(std::span<const new_event> events) {
        event_count_ = static_cast<std::uint32_t>(events.size());
        places_.reserve(events.size());
        std::size_t size = batch::fixed;
        name_table_index known_streams;
        name_table_index known_types;
        for (const auto& event : events) {
            const auto hash = [](const auto& entry) { return hash_of(entry); };
            const auto stream = known_streams.index_in(
                streams_, hash, [&](const stream_part& s) { return s.name == event.stream; },
                [&] { return stream_part{event.stream, 0, 0}; });
            const type_part wanted{event.type, event.schema_version};
            const auto type = known_types.index_in(
                types_, hash, [&](const type_part& t) { return t == wanted; },
                [&] { return wanted; });
            ++streams_[stream].events;
            places_.push_back({static_cast<std::uint16_t>(stream), static_cast<std::uint16_t>(type),
                               frame_size(event)});
            size += places_.back().size;
            if (size > limits::batch)
                return fail(errc::too_large, "the append has more than " +
                                                 std::to_string(limits::batch) +
                                                 " bytes, the limit of one append");
        }
        return check_own_ids(events);
    }

    /// Ids that events bring along must differ (semantics §12).
    static result<void> check_own_ids(std::span<const new_event> events) {
        std::vector<event_id> ids;
        for (const auto& event : events)
            if (!event.id.is_none()) ids.push_back(event.id);
        std::sort(ids.begin(), ids.end());
        if (const auto twice = std::adjacent_find(ids.begin(), ids.end()); twice != ids.end())
            return fail(errc::invalid_argument,
                        "two events of the append have the id " + to_string(*twice));
        return {};
    }

    void write(std::span<const new_event> events, chain algorithm) {
        std::size_t size = batch::fixed;
        for (const auto& stream : streams_) size += 10 + stream.name.size();
        for (const auto& type : types_) size += 6 + type.name.size();
        header_size_ = size;
        for (const auto& where : places_) size += where.size;
        data_.resize(size);
        write_header();
        std::byte* at = data_.data() + header_size_;
        for (std::size_t i = 0; i < events.size(); ++i) {
            write_frame(at, events[i], places_[i]);
            at += places_[i].size;
        }
        hash_content(algorithm);
    }

    void write_header() {
        std::byte* head = data_.data();
        store(head + batch::length, static_cast<std::uint32_t>(data_.size()));
        store(head + batch::header_length, static_cast<std::uint32_t>(header_size_));
        std::memcpy(head + batch::append, id_.raw.data(), 16);
        store(head + batch::event_count, event_count_);
        store(head + batch::stream_count, static_cast<std::uint16_t>(streams_.size()));
        store(head + batch::type_count, static_cast<std::uint16_t>(types_.size()));
        store(head + batch::kind, batch::kind_append);
        std::size_t at = batch::fixed;
        for (auto& stream : streams_) {
            stream.offset = at;
            at = put_name(at + 8, stream.name);
            stream.name = as_text(
                bytes_view{data_}.subspan(at - stream.name.size(), stream.name.size()));
        }
        for (auto& type : types_) {
            store(head + at, type.schema_version);
            at = put_name(at + 4, type.name);
            type.name = as_text(bytes_view{data_}.subspan(at - type.name.size(), type.name.size()));
        }
        ensure(at == header_size_, "the tables fill the header");
    }

    std::size_t put_name(std::size_t at, std::string_view name) noexcept {
        store(data_.data() + at, static_cast<std::uint16_t>(name.size()));
        std::memcpy(data_.data() + at + 2, name.data(), name.size());
        return at + 2 + name.size();
    }

    /// Writes leaves, checksums and the content's digest.
    void hash_content(chain algorithm) {
        used_ = algorithm;
        store(data_.data() + batch::algorithm, algorithm);
        blake2b leaves;
        leaves.add_number(std::uint8_t{3});
        std::byte* at = data_.data() + header_size_;
        for (std::uint32_t i = 0; i < event_count_; ++i) {
            const std::size_t size = places_[i].size;
            const auto parsed = frame_view::parse({at, size});
            const auto& type = types_[places_[i].type];
            hash256 leaf{};
            if (algorithm == chain::blake2b) {
                leaf = leaf_hash(streams_[places_[i].stream].name, type.name, type.schema_version,
                                 parsed.id(id_, i), parsed.leaf_bytes());
                leaves.add(leaf);
            }
            store(at + frame::leaf, leaf);
            store(at + frame::checksum, seeded_checksum({at, size}));
            at += size;
        }
        store(data_.data() + batch::digest,
              algorithm == chain::blake2b ? leaves.finish() : plain_digest());
    }

    /// Tells contents apart where nothing is chained: names, types and frames, without revisions.
    hash256 plain_digest() const {
        bytes names;
        for (const auto& stream : streams_) {
            put(names, static_cast<std::uint16_t>(stream.name.size()));
            put_bytes(names, as_bytes(stream.name));
        }
        for (const auto& type : types_) {
            put(names, type.schema_version);
            put(names, static_cast<std::uint16_t>(type.name.size()));
            put_bytes(names, as_bytes(type.name));
        }
        put(names, xxh3_128(bytes_view{data_}.subspan(header_size_)));
        hash256 plain{};
        store(plain.data(), xxh3_128(names));
        return plain;
    }

    /// Tables and places as a stored batch has them. Returns its fault, or nullptr.
    const char* take_parts(const batch_view& stored) {
        event_count_ = stored.event_count();
        used_ = stored.algorithm();
        std::size_t at = batch::fixed;
        for (const auto& stream : stored.streams()) {
            streams_.push_back({stream.name, 0, at});
            at += 10 + stream.name.size();
        }
        for (const auto& type : stored.types()) {
            types_.push_back({type.name, type.schema_version});
            at += 6 + type.name.size();
        }
        header_size_ = at;
        places_.reserve(event_count_);
        return stored.each_frame([&](std::uint32_t, const frame_view& frame) {
            ++streams_[frame.stream()].events;
            places_.push_back({frame.stream(), frame.type(), frame.size()});
            return true;
        });
    }

    /// Lets the names point into this builder's own bytes, equal to those that begin at `from`.
    void rebase_names(const std::byte* from) noexcept {
        const auto moved = [&](std::string_view name) {
            const auto offset = as_bytes(name).data() - from;
            return as_text({data_.data() + offset, name.size()});
        };
        for (auto& stream : streams_) stream.name = moved(stream.name);
        for (auto& type : types_) type.name = moved(type.name);
    }

    append_id id_;
    std::optional<ending> ends_;
    std::uint32_t event_count_ = 0;
    std::size_t header_size_ = 0;
    chain used_ = chain::none;
    bytes data_;
    std::vector<stream_part> streams_;
    std::vector<type_part> types_;
    std::vector<frame_place> places_;
};

}  // namespace varve::inline v0::detail
