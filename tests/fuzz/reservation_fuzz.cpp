// Fuzzes the reader of stored reservations (semantics.md §37, §64).
//
// The first byte of an input chooses what is tried:
//   0  the rest is a stored value as it lies on the disk;
//   1  the rest is what stands behind a checksum that holds, as a wrong writer would do it;
//   2  the rest are edits of a sound value, and all must be refused.
// Whatever is accepted can be described, confirmed and written again.

#include <varve/assert.hpp>
#include <varve/eventstore/format/reservations.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace varve;
using varve::detail::ensure;

const append_id id{{std::byte{7}}};
const bytes stored_at = detail::reservation_key(0, id);

/// True if the value was accepted.
bool read(bytes_view value) {
    const auto found = detail::decode_promise(stored_at, id, value);
    if (!found) return false;
    const auto told = detail::describe_promise(id, *found);
    ensure(told.events == found->batch.event_count(), "all events are counted");
    std::uint32_t seen = 0;
    found->batch.each_event([&](std::string_view, std::string_view, const tag_range& tags) {
        for (const auto tag : tags) (void)tag.size();
        ++seen;
    });
    ensure(seen == told.events, "and can be looked at");
    if (!found->batch.empty()) {
        auto batch = found->batch.copy();
        batch.use(chain::blake2b);
        batch.seal(position{9}, timestamp{}, hash256{});
        detail::batch_view sealed;
        ensure(sealed.parse(batch.raw()), "what was promised can be stored");
    }
    const auto again = detail::encode_promise(stored_at, *found);
    const auto twice = detail::decode_promise(stored_at, id, again);
    ensure(twice && detail::encode_promise(stored_at, *twice) == again, "and read again as it was");
    return true;
}

detail::promise sound_promise() {
    const std::array<std::string_view, 2> tags{"seat:7", "show:3"};
    const new_event events[]{{.stream = "seat-7", .type = "taken", .tags = tags},
                             {.stream = "show-3", .type = "sold"}};
    const stream_check checks[]{{"show-3", expect::at(revision{4})}, {"hall-1", expect::exists}};
    const condition conditions[]{{event_query::tagged({"seat:7"}), position{12}},
                                 {event_query::everything(), position{13}}};
    const event_query never[]{event_query::any_of({{.categories = {"hall"}, .types = {"shut"}}})};
    const append_request request{.id = id,
                                 .events = events,
                                 .checks = checks,
                                 .conditions = conditions,
                                 .fail_if_exists = never};
    detail::promise made{.epoch = epoch{1},
                         .memo = to_bytes(as_bytes("memo")),
                         .beliefs = detail::owned_beliefs{request},
                         .batch = detail::batch_builder::encode(request, chain::blake2b).value()};
    made.batch.seal(position{1}, timestamp{}, hash256{});
    return made;
}

/// An edit is a place (16 bits) and what is added to the byte there.
void read_edited(bytes_view edits) {
    static const bytes sound = detail::encode_promise(stored_at, sound_promise());
    bytes value = sound;
    for (; edits.size() >= 3; edits = edits.subspan(3)) {
        const std::size_t where = detail::load<std::uint16_t>(edits.data()) % value.size();
        value[where] = static_cast<std::byte>(std::to_integer<unsigned>(value[where]) +
                                              std::to_integer<unsigned>(edits[2]));
    }
    ensure(read(value) == (value == sound), "a changed byte is refused, and no other");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bytes_view input{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
    switch (data[0] % 3) {
        case 0: read(input); break;
        case 1: read(detail::with_checksum(input, stored_at)); break;
        default: read_edited(input);
    }
    return 0;
}
