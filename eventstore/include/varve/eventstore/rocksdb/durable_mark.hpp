// How much of the write-ahead log is durable, told to readers in other processes.
//
// RocksDB shows a reader whatever it finds in the log, also what the writer has not synced yet
// (trap R13). So the writer tells after each sync how far it came, in the mapped file `DURABLE`
// (`watermark_file.hpp`, with the log's number and the size in place of a position), and readers
// look no further. In place of a store's identity the file bears that of the machine's last start:
// after a power cut all that can be read is durable, and the file, which is not synced, says nothing.
#pragma once

#include <varve/adapters/machine_start.hpp>
#include <varve/adapters/watermark_file.hpp>
#include <varve/eventstore/rocksdb/names.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

/// The machine's last start, in place of a store.
inline store_identity boot_identity() { return {store_id::read(machine_start().data()), epoch{0}}; }

/// The mark as one number that only grows, and back.
inline position pack_mark(const rocksdb_mark& mark) noexcept {
    return position{mark.log << 36 | (mark.size & ((1ull << 36) - 1))};
}
inline rocksdb_mark unpack_mark(position packed) noexcept {
    return {.log = packed.value >> 36, .size = packed.value & ((1ull << 36) - 1)};
}

/// What the writer told since the machine was started, or nothing.
inline std::optional<rocksdb_mark> read_durable_mark(const std::string& folder) {
    const auto reader = watermark_reader::open(folder + "/" + std::string{rocksdb_durable_file});
    if (!reader.attached() || reader.identity() != boot_identity()) return std::nullopt;
    return unpack_mark(reader.head());
}

/// Tells. `found`: the newest log that lies there, all of which may be shown if nobody told before.
/// Errors: `denied`, `full`, `io`.
inline result<std::shared_ptr<watermark_writer>> open_durable_mark(const std::string& folder,
                                                                   const rocksdb_mark& found) {
    const auto told = read_durable_mark(folder);
    auto writer = watermark_writer::open(folder + "/" + std::string{rocksdb_durable_file},
                                         boot_identity(), pack_mark(told.value_or(found)));
    if (!writer) return pass_on(std::move(writer));
    return std::make_shared<watermark_writer>(std::move(*writer));
}

}  // namespace varve::inline v0::detail
