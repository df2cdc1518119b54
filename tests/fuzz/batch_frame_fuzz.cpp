// Fuzzes the reader of stored records: batches and event frames (semantics.md §8, §26, §37).
//
// The first byte of an input chooses what is tried:
//   0  the rest is a record as it lies on the disk;
//   1  the rest are edits of a sound record, made by code, and all must be refused;
//   2  the same, but every checksum is made to hold afterwards, as a wrong writer would do it, so
//      that what lies behind the checksums is reached.
// Whatever is read must stay inside its bytes; whatever is accepted must survive being written again.

#include <varve/assert.hpp>
#include <varve/eventstore/detail/log_index.hpp>
#include <varve/eventstore/format/log_reader.hpp>
#include <varve/eventstore/format/spaces.hpp>
#include <varve/eventstore/verify.hpp>
#include <varve/testing/events.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace {

using namespace varve;
using varve::detail::ensure;

constexpr position first{1};

/// Reads every byte of an event, and keeps what it says.
testkit::owned_event keep(const recorded_event& event) {
    testkit::owned_event own{.stream = std::string{event.stream},
                             .type = std::string{event.type},
                             .payload = std::string{as_text(event.payload)},
                             .schema_version = event.schema_version,
                             .correlation = event.correlation,
                             .causation = event.causation,
                             .occurred_at = event.occurred_at,
                             .headers = {},
                             .tags = {},
                             .id = event.id};
    for (const auto [key, value] : event.headers) own.headers.emplace_back(key, value);
    for (const auto tag : event.tags) own.tags.emplace_back(tag);
    return own;
}

struct reading {
    bool whole = false;  // the record was accepted to its end
    std::vector<testkit::owned_event> events;
    std::vector<append_id> appends;
};

reading walk(bytes_view record) {
    reading seen;
    detail::record_walker walker;
    const auto walked = walker.walk(record, first, [&](const recorded_event& event) {
        ensure(event.position.value == first.value + seen.events.size(), "positions follow");
        seen.events.push_back(keep(event));
        seen.appends.push_back(event.append);
        return true;
    });
    seen.whole = walked.has_value();
    return seen;
}

/// The other readers of the same bytes: none may crash, and none may know better than the walker.
void read_otherwise(bytes_view record, const reading& seen) {
    std::vector<std::uint64_t> wanted;
    for (std::uint64_t i = 0; i < seen.events.size(); ++i) wanted.push_back(first.value + i);
    std::size_t picked = 0;
    detail::record_walker walker;
    const auto read = walker.pick(
        record, first, wanted, [&](const recorded_event& e, std::size_t n) {
            ensure(testkit::difference(seen.events[n], e).empty(), "picking gives the same event");
            return ++picked != 0;
        });
    ensure(!seen.whole || (read && picked == wanted.size()), "what can be walked can be picked");

    const auto genesis = detail::genesis_hash(store_id{}, 0);
    detail::log_prover prover{genesis};
    prover.take(first, record);
    const auto report = std::move(prover).finish();
    ensure(seen.whole || !report.good(), "what cannot be walked is not proved");

    detail::log_index index;
    index.reset(genesis);
    index.begin_record(first);
    detail::batch_view batch;
    (void)detail::each_batch(record, first, [&](bytes_view raw) {
        return batch.parse(raw) && index.add(batch) == nullptr;
    });
}

/// What was accepted can be written again, if the rules for new events allow it, and stays the same.
void write_again(const reading& seen) {
    for (std::size_t begin = 0; begin < seen.events.size();) {
        std::size_t end = begin;
        testkit::draft request{seen.appends[begin]};
        while (end < seen.events.size() && seen.appends[end] == seen.appends[begin])
            request.event(seen.events[end++]);
        request.send([&](const append_request& wanted) {
            auto built = detail::batch_builder::encode(wanted, chain::blake2b);
            if (!built) return;
            built->seal(first, timestamp{}, hash256{});
            detail::record_builder record;
            record.add(built->raw());
            const auto again = walk(record.raw());
            ensure(again.whole && again.events == request.events(), "it is read again as it was");
        });
        begin = end;
    }
}

/// Sound records to start from.
const std::deque<bytes>& sound_records() {
    static const std::deque<bytes> records = [] {
        std::deque<bytes> made;
        for (unsigned seed = 1; seed <= 8; ++seed) {
            detail::record_builder record;
            position at = first;
            hash256 previous = detail::genesis_hash(store_id{}, 0);
            for (unsigned n = 0; n <= seed % 3; ++n) {
                append_id id;
                id.raw[0] = static_cast<std::byte>(seed);
                id.raw[1] = static_cast<std::byte>(n + 1);
                testkit::drawn_from(id, {.streams = 3, .most_events = 3, .most_bytes = 40})
                    .send([&](const append_request& request) {
                        auto built = detail::batch_builder::encode(
                            request, seed % 4 == 0 ? chain::none : chain::blake2b);
                        ensure(built.has_value(), "a drawn append is sound");
                        previous = built->seal(at, timestamp{}, previous);
                        at = position{at.value + built->event_count()};
                        record.add(built->raw());
                    });
            }
            made.push_back(to_bytes(record.raw()));
        }
        return made;
    }();
    return records;
}

/// Makes every checksum hold that can be found by the lengths.
void mend_checksums(bytes& record) {
    using namespace varve::detail;
    std::size_t at = record::fixed;
    while (at < record.size()) {
        const bytes_view rest = bytes_view{record}.subspan(at);
        const std::size_t size = batch_view::claimed_length(rest);
        if (size == 0) return;
        const std::size_t header = load<std::uint32_t>(rest.data() + batch::header_length);
        if (header >= batch::fixed && header <= size) {
            std::size_t frame_at = header;
            while (size - frame_at >= frame::fixed) {
                const std::size_t length = load<std::uint32_t>(rest.data() + frame_at);
                if (length < frame::fixed || length > size - frame_at) break;
                const auto raw = rest.subspan(frame_at, length);
                store(record.data() + at + frame_at + frame::checksum, seeded_checksum(raw));
                frame_at += length;
            }
            store(record.data() + at + batch::checksum, seeded_checksum(rest.first(header)));
        }
        at += size;
    }
}

/// An edit is a place (16 bits) and what is added to the byte there.
bytes edited(bytes_view edits) {
    const auto& records = sound_records();
    bytes record = records[std::to_integer<std::size_t>(edits[0]) % records.size()];
    for (edits = edits.subspan(1); edits.size() >= 3; edits = edits.subspan(3)) {
        const std::size_t where = detail::load<std::uint16_t>(edits.data()) % record.size();
        record[where] = static_cast<std::byte>(std::to_integer<unsigned>(record[where]) +
                                               std::to_integer<unsigned>(edits[2]));
    }
    return record;
}

bool is_sound(const bytes& record) {
    for (const auto& sound : sound_records())
        if (record == sound) return true;
    return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const bytes_view input{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
    const auto mode = data[0] % 3;
    bytes record = mode == 0 ? to_bytes(input) : edited(input);
    if (mode == 2) mend_checksums(record);

    const auto seen = walk(record);
    if (mode == 1) ensure(seen.whole == is_sound(record), "a changed byte is refused");
    read_otherwise(record, seen);
    write_again(seen);
    return 0;
}
