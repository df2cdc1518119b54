// A disk in memory that forgets what was not synced, fails on demand, and can be full.
//
// What a file holds is volatile until `disk_file::sync()`; that a file exists, under which name, is
// volatile until `sync_directory()`. `crash(seed)` cuts the power: each 512-byte sector then holds
// what one of the writes since the last sync left in it, or what was durable; the size of each file
// is one of those that it had since then; of the changes to the directory a prefix stays. All of it
// follows from the seed. Handles from before the crash fail from then on, as their process is gone.
//
// A sync that is made to fail behaves as on Linux: what was not written by then stays readable and
// is *not* written by a later sync either, unless it is written again ("fsyncgate").
//
//     auto disk = std::make_shared<varve::simulated_disk>();
//     auto file = disk->open("journal", varve::disk_open::create).value();
//     file.append(varve::as_bytes("kept")).value();
//     file.sync().value();
//     disk->sync_directory().value();
//     file.append(varve::as_bytes("lost, perhaps")).value();
//     disk->crash(7);
//
// All functions may be called from any thread. Appending costs a copy, and syncing what was only
// appended costs nothing, so that the memory engine can live on it.
#pragma once

#include <varve/bytes.hpp>
#include <varve/eventstore/simulated_file.hpp>
#include <varve/failure.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// What a disk is asked to do; faults are planned and calls are counted by it.
enum class disk_operation : std::uint8_t {
    open,
    read,
    write,
    sync,
    truncate,
    remove,
    rename,
    sync_directory,
    any,  ///< In a fault plan: whichever comes.
};

/// How an operation fails.
enum class disk_error : std::uint8_t {
    io,           ///< As EIO: `errc::io`. A failed write has written nothing.
    no_space,     ///< As ENOSPC: `errc::full`.
    short_write,  ///< Half of the bytes are written, then as ENOSPC. Other operations: as `no_space`.
};

/// Lets one operation fail, or all from one on.
struct disk_fault {
    disk_operation kind = disk_operation::any;
    std::uint64_t at = 1;   ///< The first one from now on is 1.
    bool for_ever = false;  ///< Also all later ones of that kind, until `clear_faults()`.
    disk_error error = disk_error::io;
};

/// What `open` does when there is no such file.
enum class disk_open : std::uint8_t { existing, create };

class simulated_disk;

/// An open file. Keeps working when the file is renamed or removed; fails after a crash.
class disk_file {
public:
    disk_file() = default;

    /// Reads at most `into.size()` bytes at `offset`; fewer only at the end of the file.
    result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) const;
    /// Writes all of `data` at `offset`; a hole reads as zeros. Errors: `io`, `full`.
    result<void> write(std::uint64_t offset, bytes_view data);
    /// Writes all of `data` at the end of the file.
    result<void> append(bytes_view data);
    /// Makes the content and the size durable.
    result<void> sync();
    result<void> truncate(std::uint64_t size);
    result<std::uint64_t> size() const;

private:
    friend class simulated_disk;

    std::shared_ptr<simulated_disk> disk_;
    std::shared_ptr<detail::simulated_file> node_;
    std::uint64_t life_ = 0;
};

/// Held while an object uses a file as its own; a second one is refused.
using disk_lock = std::shared_ptr<void>;

/// The disk. Held by `std::shared_ptr`; its files live as long as it does.
class simulated_disk : public std::enable_shared_from_this<simulated_disk> {
public:
    /// `capacity`: bytes that all files together may have.
    explicit simulated_disk(std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max())
        : capacity_(capacity) {}

    simulated_disk(const simulated_disk&) = delete;
    simulated_disk& operator=(const simulated_disk&) = delete;

    /// Opens a file. Errors: `not_found`, `io`.
    result<disk_file> open(std::string_view name, disk_open how);
    result<void> remove(std::string_view name);
    /// Replaces `to` if it exists.
    result<void> rename(std::string_view from, std::string_view to);
    /// Makes creations, renames and removals durable.
    result<void> sync_directory();
    bool exists(std::string_view name) const;
    std::vector<std::string> names() const;
    /// Changes bytes of a file behind everybody's back, for tests of damage: durable at once.
    result<void> damage(std::string_view name, std::uint64_t offset, bytes_view data);

    /// Refused with `busy` while another lock on that name is held. Lost in a crash.
    result<disk_lock> lock(std::string_view name);

    /// Cuts the power; see the top of this file. Faults that were planned are forgotten.
    void crash(std::uint64_t seed);

    /// Plans a fault, beside those that are planned already.
    void plan(const disk_fault& fault);
    void clear_faults();
    void set_capacity(std::uint64_t capacity);
    /// How many operations of a kind were asked for so far, failed ones included.
    std::uint64_t count(disk_operation kind) const;
    /// How often the power was cut.
    std::uint64_t crashes() const;

private:
    friend class disk_file;

    using directory = std::map<std::string, std::shared_ptr<detail::simulated_file>, std::less<>>;
    struct renaming {  // of a file that is created: from ""; of one that is removed: to ""
        std::string from, to;
        std::shared_ptr<detail::simulated_file> node;
    };

    std::optional<disk_error> begin(disk_operation kind);
    static std::unexpected<failure> failed(disk_error error, std::string_view what,
                                           std::string_view name);
    static void apply(directory& names, const renaming& change);
    result<void> alive(const disk_file& file) const;
    result<void> write(const disk_file& file, std::optional<std::uint64_t> at, bytes_view data);
    std::uint64_t used() const;

    mutable std::mutex mutex_;
    std::uint64_t capacity_;
    std::uint64_t life_ = 0;
    directory names_;
    directory durable_names_;
    std::vector<renaming> renamings_;
    std::set<std::string, std::less<>> locked_;
    std::vector<disk_fault> faults_;
    std::array<std::uint64_t, static_cast<std::size_t>(disk_operation::any) + 1> counts_{};
};

}  // namespace varve::inline v0

#include <varve/eventstore/simulated_disk_impl.hpp>
