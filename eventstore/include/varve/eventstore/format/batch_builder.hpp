// Turns an append request into the bytes of a batch, on the caller's thread.
//
// Everything but positions, revisions, time and chain is final when `encode` returns; `seal` fills
// those in place, so the leader copies and hashes a header, never an event.
#pragma once

#include <varve/append.hpp>
#include <varve/assert.hpp>
#include <varve/eventstore/format/batch.hpp>
#include <varve/limits.hpp>

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace varve::inline v0::detail {

/// What an event's checks need to say about it: its place in the request.
inline std::string event_place(std::size_t index) { return "event " + std::to_string(index + 1); }

/// Checks one event against every limit. Errors: `invalid_argument`, `too_large`.
inline result<void> check_event(const new_event& event, std::size_t index) {
    const auto over = [&](const char* what, std::size_t size, std::size_t limit) {
        return fail(errc::too_large, event_place(index) + " has " + std::to_string(size) + " " +
                                         what + ", the limit is " + std::to_string(limit));
    };
    const auto name = [&](const char* what, std::string_view given,
                          std::size_t limit) -> result<void> {
        if (is_name(given, limit)) return {};
        return check_name(what + event_place(index), given, limit);
    };
    if (auto named = name("the stream of ", event.stream, limits::stream_name); !named)
        return named;
    if (auto named = name("the type of ", event.type, limits::type_name); !named) return named;
    if (event.schema_version == 0)
        return fail(errc::invalid_argument,
                    event_place(index) + " has schema version 0; they begin at 1");
    if (event.payload.size() > limits::payload)
        return over("payload bytes", event.payload.size(), limits::payload);
    if (event.tags.size() > limits::tags) return over("tags", event.tags.size(), limits::tags);
    for (const auto tag : event.tags)
        if (auto named = name("a tag of ", tag, limits::tag); !named) return named;
    if (event.meta.headers.size() > limits::headers)
        return over("headers", event.meta.headers.size(), limits::headers);
    std::size_t bytes = 0;
    for (const auto& entry : event.meta.headers) {
        if (auto named = name("a header of ", entry.key, limits::header_key); !named) return named;
        bytes += entry.key.size() + entry.value.size();
    }
    if (bytes > limits::header_bytes) return over("header bytes", bytes, limits::header_bytes);
    return {};
}

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
        batch_builder built;
        if (auto collected = built.collect(request); !collected)
            return pass_on(std::move(collected));
        if (!request.events.empty()) built.write(request, algorithm);
        return built;
    }

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
    hash256 digest() const noexcept { return load<hash256>(data_.data() + batch::digest); }

    /// The digest this content has under another algorithm, to compare it with a stored batch.
    hash256 digest_under(chain algorithm) const {
        if (algorithm == used_) return digest();
        batch_builder other = *this;
        other.rebase_names(*this);
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

    /// Where the entries of a long table are, by the hash of each.
    using places_by_hash = std::unordered_multimap<std::size_t, std::size_t>;

    /// The index of an entry in a table, added if it is new. Appends name few streams and types, and
    /// mostly the one before, so a walk backward over some is the fast way; only then `known` is asked.
    template <class Entry, class Hash, class Same, class Make>
    static std::size_t index_in(std::vector<Entry>& table, places_by_hash& known, Hash&& hash,
                                Same&& same, Make&& make) {
        constexpr std::size_t few = 16;
        for (std::size_t i = table.size(); i-- > 0 && table.size() - i <= few;)
            if (same(table[i])) return i;
        if (table.size() > few) {
            if (known.empty())
                for (std::size_t i = 0; i < table.size(); ++i) known.emplace(hash(table[i]), i);
            const auto made = make();
            const std::size_t hashed = hash(made);
            for (auto [at, end] = known.equal_range(hashed); at != end; ++at)
                if (same(table[at->second])) return at->second;
            known.emplace(hashed, table.size());
        }
        table.push_back(make());
        return table.size() - 1;
    }

    static std::size_t hash_of(const stream_part& stream) {
        return std::hash<std::string_view>{}(stream.name);
    }
    static std::size_t hash_of(const type_part& type) {
        return std::hash<std::string_view>{}(type.name) + type.schema_version;
    }

    result<void> collect(const append_request& request) {
        id_ = request.id;
        event_count_ = static_cast<std::uint32_t>(request.events.size());
        places_.reserve(request.events.size());
        std::size_t size = batch::fixed;
        places_by_hash known_streams;
        places_by_hash known_types;
        for (std::size_t i = 0; i < request.events.size(); ++i) {
            const auto& event = request.events[i];
            if (auto checked = check_event(event, i); !checked) return checked;
            const auto hash = [](const auto& entry) { return hash_of(entry); };
            const auto stream = index_in(
                streams_, known_streams, hash,
                [&](const stream_part& s) { return s.name == event.stream; },
                [&] { return stream_part{event.stream, 0, 0}; });
            const type_part wanted{event.type, event.schema_version};
            const auto type = index_in(
                types_, known_types, hash, [&](const type_part& t) { return t == wanted; },
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
        return check_own_ids(request);
    }

    /// Ids that events bring along must differ (semantics §12).
    static result<void> check_own_ids(const append_request& request) {
        std::vector<event_id> ids;
        for (const auto& event : request.events)
            if (!event.id.is_none()) ids.push_back(event.id);
        std::sort(ids.begin(), ids.end());
        if (const auto twice = std::adjacent_find(ids.begin(), ids.end()); twice != ids.end())
            return fail(errc::invalid_argument,
                        "two events of the append have the id " + to_string(*twice));
        return {};
    }

    static std::size_t frame_size(const new_event& event) noexcept {
        std::size_t size = frame::fixed + event.payload.size();
        size += 16u * (std::size_t{!event.id.is_none()} + !event.meta.correlation.is_none() +
                       !event.meta.causation.is_none());
        for (const auto tag : event.tags) size += 2 + tag.size();
        for (const auto& entry : event.meta.headers)
            size += 6 + entry.key.size() + entry.value.size();
        return size;
    }

    void write(const append_request& request, chain algorithm) {
        std::size_t size = batch::fixed;
        for (const auto& stream : streams_) size += 10 + stream.name.size();
        for (const auto& type : types_) size += 6 + type.name.size();
        header_size_ = size;
        for (const auto& where : places_) size += where.size;
        data_.resize(size);
        write_header();
        std::byte* at = data_.data() + header_size_;
        for (std::size_t i = 0; i < request.events.size(); ++i) {
            write_frame(at, request.events[i], places_[i]);
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

    struct place {
        std::uint16_t stream;
        std::uint16_t type;
        std::size_t size;
    };

    static void write_frame(std::byte* to, const new_event& event, const place& where) noexcept {
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
              meta.occurred_at
                  ? static_cast<std::int64_t>(meta.occurred_at->time_since_epoch().count())
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

    /// After a copy: lets the names point into this builder's own bytes.
    void rebase_names(const batch_builder& from) noexcept {
        const auto moved = [&](std::string_view name) {
            const auto offset = as_bytes(name).data() - from.data_.data();
            return as_text({data_.data() + offset, name.size()});
        };
        for (auto& stream : streams_) stream.name = moved(stream.name);
        for (auto& type : types_) type.name = moved(type.name);
    }

    append_id id_;
    std::uint32_t event_count_ = 0;
    std::size_t header_size_ = 0;
    chain used_ = chain::none;
    bytes data_;
    std::vector<stream_part> streams_;
    std::vector<type_part> types_;
    std::vector<place> places_;
};

}  // namespace varve::inline v0::detail
