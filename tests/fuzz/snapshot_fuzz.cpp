// Fuzzes the reader of stored snapshots and of their keys (semantics.md §50).
//
// The first byte of an input chooses what is tried:
//   0  the rest is a stored value as it lies on the disk;
//   1  the rest is what stands behind a checksum that holds, as a wrong writer would do it;
//   2  the rest are edits of a sound value, and all must be refused;
//   3  the rest is a key.
// Whatever is accepted must be written again byte by byte as it was.

#include <varve/assert.hpp>
#include <varve/eventstore/format/snapshots.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace {

using namespace varve;
using varve::detail::ensure;

/// True if the value was accepted.
bool read(const bytes& value) {
    const auto found = detail::decode_snapshot(value);
    if (!found) return false;
    ensure(found->stream.size() + found->aggregate.size() + found->state.size() +
                   detail::snapshot_layout::fixed + 12 ==
               value.size(),
           "every byte belongs to something");
    const auto again = detail::encode_snapshot(*found);
    ensure(again == value, "what was read is written again as it was");
    ensure(detail::decode_snapshot(again) == found, "and read again");
    return true;
}

/// An edit is a place (16 bits) and what is added to the byte there.
bool read_edited(bytes_view edits) {
    const snapshot_form form{.aggregate = "account", .descriptor = as_bytes("cents i64 0 8\n")};
    static const bytes sound = detail::encode_snapshot({.store = {store_id{}, epoch{1}},
                                                        .at = revision{7},
                                                        .where = position{9},
                                                        .link = {},
                                                        .fold_version = 1,
                                                        .schema_version = 1,
                                                        .schema = detail::schema_digest(form),
                                                        .saved_at = {},
                                                        .stream = "account-7",
                                                        .aggregate = form.aggregate,
                                                        .state = as_bytes("12345678")});
    bytes value = sound;
    for (; edits.size() >= 3; edits = edits.subspan(3)) {
        const std::size_t where = detail::load<std::uint16_t>(edits.data()) % value.size();
        value[where] = static_cast<std::byte>(std::to_integer<unsigned>(value[where]) +
                                              std::to_integer<unsigned>(edits[2]));
    }
    const bool accepted = read(value);
    ensure(accepted == (value == sound), "a changed byte is refused");
    return accepted;
}

void read_key(bytes_view key) {
    const auto named = detail::parse_snapshot_key(key);
    if (!named) return;
    const auto tenant = detail::load_big_endian(key.data());
    ensure(as_text(detail::snapshot_key(tenant, named->first, named->second)) == as_text(key),
           "what was read is written again as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bytes_view input{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
    switch (data[0] % 4) {
        case 0: read(to_bytes(input)); break;
        case 1: read(detail::with_checksum(input)); break;
        case 2: read_edited(input); break;
        default: read_key(input);
    }
    return 0;
}
