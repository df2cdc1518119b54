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
#include <varve/eventstore/simulation/directory.hpp>
#include <varve/eventstore/simulation/disk_faults.hpp>
#include <varve/failure.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0 {

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
    bool exists(std::string_view name) const {
        const std::lock_guard lock{mutex_};
        return files_.find(name) != nullptr;
    }
    std::vector<std::string> names() const {
        const std::lock_guard lock{mutex_};
        return files_.names();
    }
    /// Changes bytes of a file behind everybody's back, for tests of damage: durable at once.
    result<void> damage(std::string_view name, std::uint64_t offset, bytes_view data);

    /// Refused with `busy` while another lock on that name is held. Lost in a crash.
    result<disk_lock> lock(std::string_view name);

    /// Cuts the power; see the top of this file. Faults that were planned are forgotten.
    void crash(std::uint64_t seed);

    /// Plans a fault, beside those that are planned already.
    void plan(const disk_fault& fault) {
        const std::lock_guard lock{mutex_};
        faults_.plan(fault);
    }
    void clear_faults() {
        const std::lock_guard lock{mutex_};
        faults_.clear();
    }
    void set_capacity(std::uint64_t capacity) {
        const std::lock_guard lock{mutex_};
        capacity_ = capacity;
    }
    /// How many operations of a kind were asked for so far, failed ones included.
    std::uint64_t count(disk_operation kind) const {
        const std::lock_guard lock{mutex_};
        return faults_.count(kind);
    }
    /// How often the power was cut.
    std::uint64_t crashes() const {
        const std::lock_guard lock{mutex_};
        return life_;
    }

private:
    friend class disk_file;

    static std::unexpected<failure> failed(disk_error error, std::string_view what,
                                           std::string_view name);
    static std::unexpected<failure> missing(std::string_view name);
    result<void> alive(const disk_file& file) const;
    result<void> write(const disk_file& file, std::optional<std::uint64_t> at, bytes_view data);

    mutable std::mutex mutex_;
    std::uint64_t capacity_;
    std::uint64_t life_ = 0;
    detail::simulated_directory files_;
    std::set<std::string, std::less<>> locked_;
    detail::disk_faults faults_;
};

inline std::unexpected<failure> simulated_disk::failed(disk_error error, std::string_view what,
                                                       std::string_view name) {
    const std::string place = std::string{what} + " '" + std::string{name} +
                              "' on the simulated disk";
    if (error == disk_error::io) return fail(errc::io, place + ": input/output error");
    return fail(errc::full, place + ": no space left");
}

inline result<void> simulated_disk::alive(const disk_file& file) const {
    if (file.life_ == life_) return {};
    return fail(errc::io,
                "'" + file.node_->name +
                    "' was open when the power of the simulated disk was cut; open it again");
}

inline std::unexpected<failure> simulated_disk::missing(std::string_view name) {
    return fail(errc::not_found, "no file '" + std::string{name} + "' on the simulated disk");
}

inline result<disk_file> simulated_disk::open(std::string_view name, disk_open how) {
    const std::lock_guard lock{mutex_};
    if (const auto error = faults_.begin(disk_operation::open))
        return failed(*error, "opening", name);
    auto node = files_.find(name);
    if (!node && how == disk_open::existing) return missing(name);
    disk_file file;
    file.disk_ = shared_from_this();
    file.node_ = node ? std::move(node) : files_.create(name);
    file.life_ = life_;
    return file;
}

inline result<void> simulated_disk::remove(std::string_view name) {
    const std::lock_guard lock{mutex_};
    if (const auto error = faults_.begin(disk_operation::remove))
        return failed(*error, "removing", name);
    if (!files_.find(name)) return missing(name);
    files_.remove(name);
    return {};
}

inline result<void> simulated_disk::rename(std::string_view from, std::string_view to) {
    const std::lock_guard lock{mutex_};
    if (const auto error = faults_.begin(disk_operation::rename))
        return failed(*error, "renaming", from);
    if (!files_.find(from)) return missing(from);
    files_.rename(from, to);
    return {};
}

inline result<void> simulated_disk::sync_directory() {
    const std::lock_guard lock{mutex_};
    if (const auto error = faults_.begin(disk_operation::sync_directory))
        return failed(*error, "syncing the directory of", "*");
    files_.sync();
    return {};
}

inline result<void> simulated_disk::damage(std::string_view name, std::uint64_t offset,
                                           bytes_view data) {
    const std::lock_guard lock{mutex_};
    const auto node = files_.find(name);
    if (!node) return missing(name);
    node->damage(offset, data);
    return {};
}

inline result<disk_lock> simulated_disk::lock(std::string_view name) {
    const std::lock_guard guard{mutex_};
    const auto [held, fresh] = locked_.insert(std::string{name});
    if (!fresh)
        return fail(errc::busy, "'" + std::string{name} +
                                    "' on the simulated disk is in use by another object of this "
                                    "process; close that one first");
    return disk_lock{nullptr, [self = shared_from_this(), key = *held, life = life_](void*) {
                         const std::lock_guard unlock{self->mutex_};
                         if (self->life_ == life) self->locked_.erase(key);
                     }};
}

inline void simulated_disk::crash(std::uint64_t seed) {
    const std::lock_guard lock{mutex_};
    files_.crash(seed);
    locked_.clear();
    faults_.clear();
    ++life_;
}

inline result<void> simulated_disk::write(const disk_file& file, std::optional<std::uint64_t> at,
                                          bytes_view data) {
    const std::lock_guard lock{mutex_};
    if (auto fine = alive(file); !fine) return fine;
    detail::simulated_file& node = *file.node_;
    const std::uint64_t offset = at.value_or(node.size());
    if (const auto error = faults_.begin(disk_operation::write)) {
        if (*error == disk_error::short_write) node.write(offset, data.first(data.size() / 2));
        return failed(*error, "writing to", node.name);
    }
    const std::uint64_t end = offset + data.size();
    if (end > node.size() && capacity_ != std::numeric_limits<std::uint64_t>::max() &&
        files_.used() + (end - node.size()) > capacity_)
        return failed(disk_error::no_space, "writing to", node.name);
    node.write(offset, data);
    return {};
}

inline result<std::size_t> disk_file::read(std::uint64_t offset, std::span<std::byte> into) const {
    const std::lock_guard lock{disk_->mutex_};
    if (auto fine = disk_->alive(*this); !fine) return pass_on(std::move(fine));
    if (const auto error = disk_->faults_.begin(disk_operation::read))
        return simulated_disk::failed(*error, "reading", node_->name);
    return node_->read(offset, into);
}

inline result<void> disk_file::write(std::uint64_t offset, bytes_view data) {
    return disk_->write(*this, offset, data);
}

inline result<void> disk_file::append(bytes_view data) {
    return disk_->write(*this, std::nullopt, data);
}

inline result<void> disk_file::sync() {
    const std::lock_guard lock{disk_->mutex_};
    if (auto fine = disk_->alive(*this); !fine) return fine;
    if (const auto error = disk_->faults_.begin(disk_operation::sync)) {
        node_->fail_sync(detail::mix(disk_->faults_.count(disk_operation::any), node_->size()));
        return simulated_disk::failed(*error, "syncing", node_->name);
    }
    node_->sync();
    return {};
}

inline result<void> disk_file::truncate(std::uint64_t size) {
    const std::lock_guard lock{disk_->mutex_};
    if (auto fine = disk_->alive(*this); !fine) return fine;
    if (const auto error = disk_->faults_.begin(disk_operation::truncate))
        return simulated_disk::failed(*error, "cutting", node_->name);
    node_->truncate(size);
    return {};
}

inline result<std::uint64_t> disk_file::size() const {
    const std::lock_guard lock{disk_->mutex_};
    if (auto fine = disk_->alive(*this); !fine) return pass_on(std::move(fine));
    return node_->size();
}

}  // namespace varve::inline v0
