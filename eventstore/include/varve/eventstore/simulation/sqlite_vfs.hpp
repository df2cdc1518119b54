// SQLite on a simulated disk: power cuts, failing writes and full disks for anything that uses it.
//
// While the object lives, its name can be given to whatever opens a SQLite file: `sqlite_engine`, a
// read model, or `sqlite3_open_v2` itself. All files, also the side files, are then on the disk, and
// nothing touches the machine's own.
//
//     auto disk = std::make_shared<varve::simulated_disk>();
//     varve::sqlite_simulated_vfs vfs{disk};
//     auto engine = varve::sqlite_engine::open("bank.db", spaces, {.vfs = vfs.name()}).value();
//     disk->plan({.kind = varve::disk_operation::sync, .at = 3});   // the third sync fails
//     ...
//     disk->crash(seed);                                            // the power is cut
//     engine.reopen().value();                                      // or a new object
//
// After a crash every connection from before it fails at its next operation, as its process is gone;
// close it. The object outlives all connections. Any thread.
//
// It follows SQLite's own VFS for Unix: the directory is synced with the first sync of a new journal
// or write-ahead log, and a file without content does not exist for `xAccess`. It never waits:
// whoever meets a lock spends the busy timeout at once. The salts of a write-ahead log come from
// SQLite's generator, which `seed_sqlite` makes repeatable.
#pragma once

#include <varve/adapters/sqlite.hpp>
#include <varve/eventstore/simulation/disk.hpp>
#include <varve/eventstore/simulation/sqlite_locks.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <utility>

namespace varve::inline v0 {

/// Makes the randomness of SQLite repeatable from here on, in the whole process.
inline void seed_sqlite(std::uint32_t seed) noexcept {
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed | 1u),
                         static_cast<sqlite3*>(nullptr));
}

/// Registers a VFS for as long as it lives.
class sqlite_simulated_vfs {
public:
    /// `name`: to open by; empty: one of its own.
    explicit sqlite_simulated_vfs(std::shared_ptr<simulated_disk> disk, std::string name = {})
        : disk_(std::move(disk)), name_(name.empty() ? next_name() : std::move(name)) {
        raw_.iVersion = 2;
        raw_.szOsFile = sizeof(file);
        raw_.mxPathname = 512;
        raw_.zName = name_.c_str();
        raw_.pAppData = this;
        raw_.xOpen = &open;
        raw_.xDelete = &remove;
        raw_.xAccess = &access;
        raw_.xFullPathname = &full_path;
        raw_.xRandomness = &randomness;
        // really, so that another thread can let go of a lock; with one thread nobody ever sleeps
        raw_.xSleep = [](sqlite3_vfs*, int microseconds) {
            std::this_thread::sleep_for(std::chrono::microseconds{std::min(microseconds, 1000)});
            return microseconds;
        };
        raw_.xCurrentTime = [](sqlite3_vfs*, double* day) {
            *day = 2461000.5;
            return SQLITE_OK;
        };
        raw_.xGetLastError = [](sqlite3_vfs*, int, char*) { return 0; };
        raw_.xCurrentTimeInt64 = [](sqlite3_vfs*, sqlite3_int64* milliseconds) {
            *milliseconds = 2461000ll * 86'400'000 + 43'200'000;
            return SQLITE_OK;
        };
        registered_ = sqlite3_vfs_register(&raw_, 0) == SQLITE_OK;
    }
    sqlite_simulated_vfs(const sqlite_simulated_vfs&) = delete;
    sqlite_simulated_vfs& operator=(const sqlite_simulated_vfs&) = delete;
    ~sqlite_simulated_vfs() {
        if (registered_) sqlite3_vfs_unregister(&raw_);
    }

    const std::string& name() const noexcept { return name_; }
    simulated_disk& disk() const noexcept { return *disk_; }

private:
    /// What SQLite holds of an open file; it begins as SQLite demands.
    struct file {
        sqlite3_file base;
        sqlite_simulated_vfs* vfs;
        disk_file content;
        std::shared_ptr<detail::simulated_locks> locks;
        std::string name;
        bool remove_at_end;
        bool sync_directory;  // with the next sync of this file
    };

    static std::string next_name() {
        static std::atomic<unsigned> made{0};
        return "varve-simulated-" + std::to_string(++made);
    }
    static sqlite_simulated_vfs& self(sqlite3_vfs* raw) noexcept {
        return *static_cast<sqlite_simulated_vfs*>(raw->pAppData);
    }
    static file& of(sqlite3_file* raw) noexcept { return *reinterpret_cast<file*>(raw); }
    static int code(const failure& f, int otherwise) noexcept {
        return f.code == errc::full ? SQLITE_FULL : otherwise;
    }

    /// The locks of a file by that name, since the last crash.
    std::shared_ptr<detail::simulated_locks> locks_of(const std::string& name) {
        const std::lock_guard lock{mutex_};
        if (const auto life = disk_->crashes(); life != life_) {
            life_ = life;
            locks_.clear();
        }
        auto& entry = locks_[name];
        auto locks = entry.lock();
        if (!locks) entry = locks = std::make_shared<detail::simulated_locks>();
        return locks;
    }

    static int open(sqlite3_vfs* raw, sqlite3_filename name, sqlite3_file* into, int flags,
                    int* got) noexcept {
        into->pMethods = nullptr;
        sqlite_simulated_vfs& vfs = self(raw);
        const std::string called = name != nullptr ? name
                                                   : vfs.name_ + "-temporary-" +
                                                         std::to_string(++vfs.temporaries_);
        const bool create = (flags & SQLITE_OPEN_CREATE) != 0;
        auto content = vfs.disk_->open(called, create ? disk_open::create : disk_open::existing);
        if (!content) return SQLITE_CANTOPEN;
        const int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
        new (into)
            file{.base = {methods()},
                 .vfs = &vfs,
                 .content = std::move(*content),
                 .locks = vfs.locks_of(called),
                 .name = called,
                 .remove_at_end = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
                 .sync_directory = create && (flags & journals) != 0};  // also if it was there
        if (got != nullptr) *got = flags;
        return SQLITE_OK;
    }

    static int remove(sqlite3_vfs* raw, const char* name, int sync_directory) noexcept {
        sqlite_simulated_vfs& vfs = self(raw);
        if (auto done = vfs.disk_->remove(name); !done)
            return done.error().code == errc::not_found ? SQLITE_IOERR_DELETE_NOENT
                                                        : SQLITE_IOERR_DELETE;
        if (sync_directory != 0 && !vfs.disk_->sync_directory()) return SQLITE_IOERR_DIR_FSYNC;
        return SQLITE_OK;
    }

    static int access(sqlite3_vfs* raw, const char* name, int what, int* there) noexcept {
        *there = 0;
        auto opened = self(raw).disk_->open(name, disk_open::existing);
        if (!opened)
            return opened.error().code == errc::not_found ? SQLITE_OK : SQLITE_IOERR_ACCESS;
        const auto size = opened->size();
        *there = what != SQLITE_ACCESS_EXISTS || (size && *size > 0) ? 1 : 0;
        return SQLITE_OK;
    }

    static int full_path(sqlite3_vfs*, const char* name, int size, char* into) noexcept {
        const std::size_t length = std::strlen(name);
        if (length >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
        std::memcpy(into, name, length + 1);
        return SQLITE_OK;
    }

    static int randomness(sqlite3_vfs* raw, int size, char* into) noexcept {
        sqlite_simulated_vfs& vfs = self(raw);
        for (int i = 0; i < size; ++i)
            into[i] = static_cast<char>(detail::mix(vfs.temporaries_, ++vfs.random_) & 0xff);
        return size;
    }

    static const sqlite3_io_methods* methods() noexcept {
        static const sqlite3_io_methods table = [] {
            sqlite3_io_methods m{};
            m.iVersion = 2;
            m.xClose = &close;
            m.xRead = &read;
            m.xWrite = &write;
            m.xTruncate = &truncate;
            m.xSync = &sync;
            m.xFileSize = &file_size;
            m.xLock = [](sqlite3_file* f, int level) { return of(f).locks->lock(f, level); };
            m.xUnlock = [](sqlite3_file* f, int level) {
                of(f).locks->unlock(f, level);
                return SQLITE_OK;
            };
            m.xCheckReservedLock = [](sqlite3_file* f, int* held) {
                *held = of(f).locks->reserved() ? 1 : 0;
                return SQLITE_OK;
            };
            m.xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; };
            m.xSectorSize = [](sqlite3_file*) {
                return static_cast<int>(detail::simulated_file::sector);
            };
            // bytes that a write does not name are never changed by it, as the disk promises
            m.xDeviceCharacteristics = [](sqlite3_file*) {
                return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
            };
            m.xShmMap = [](sqlite3_file* f, int piece, int size, int make, void volatile** into) {
                *into = of(f).locks->map(f, static_cast<std::size_t>(piece),
                                         static_cast<std::size_t>(size), make != 0);
                return SQLITE_OK;
            };
            m.xShmLock = [](sqlite3_file* f, int first, int count, int flags) {
                return of(f).locks->lock_memory(f, static_cast<std::size_t>(first),
                                                static_cast<std::size_t>(count), flags);
            };
            m.xShmBarrier = [](sqlite3_file* f) { of(f).locks->barrier(); };
            m.xShmUnmap = [](sqlite3_file* f, int) {
                of(f).locks->unmap(f);
                return SQLITE_OK;
            };
            return m;
        }();
        return &table;
    }

    static int close(sqlite3_file* raw) noexcept {
        file& f = of(raw);
        f.locks->unmap(raw);
        f.locks->unlock(raw, SQLITE_LOCK_NONE);
        if (f.remove_at_end) (void)f.vfs->disk_->remove(f.name);
        f.~file();
        return SQLITE_OK;
    }

    static int read(sqlite3_file* raw, void* into, int size, sqlite3_int64 at) noexcept {
        const std::span<std::byte> wanted{static_cast<std::byte*>(into),
                                          static_cast<std::size_t>(size)};
        const auto got = of(raw).content.read(static_cast<std::uint64_t>(at), wanted);
        if (!got) return SQLITE_IOERR_READ;
        if (*got == wanted.size()) return SQLITE_OK;
        std::ranges::fill(wanted.subspan(*got), std::byte{0});
        return SQLITE_IOERR_SHORT_READ;
    }

    static int write(sqlite3_file* raw, const void* from, int size, sqlite3_int64 at) noexcept {
        const bytes_view data{static_cast<const std::byte*>(from), static_cast<std::size_t>(size)};
        const auto done = of(raw).content.write(static_cast<std::uint64_t>(at), data);
        return done ? SQLITE_OK : code(done.error(), SQLITE_IOERR_WRITE);
    }

    static int truncate(sqlite3_file* raw, sqlite3_int64 size) noexcept {
        const auto done = of(raw).content.truncate(static_cast<std::uint64_t>(size));
        return done ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
    }

    static int sync(sqlite3_file* raw, int) noexcept {
        file& f = of(raw);
        if (!f.content.sync()) return SQLITE_IOERR_FSYNC;
        if (!f.sync_directory) return SQLITE_OK;
        if (!f.vfs->disk_->sync_directory()) return SQLITE_IOERR_DIR_FSYNC;
        f.sync_directory = false;
        return SQLITE_OK;
    }

    static int file_size(sqlite3_file* raw, sqlite3_int64* into) noexcept {
        const auto size = of(raw).content.size();
        if (!size) return SQLITE_IOERR_FSTAT;
        *into = static_cast<sqlite3_int64>(*size);
        return SQLITE_OK;
    }

    std::shared_ptr<simulated_disk> disk_;
    std::string name_;
    sqlite3_vfs raw_{};
    bool registered_ = false;
    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<detail::simulated_locks>> locks_;
    std::uint64_t life_ = 0;
    std::atomic<std::uint64_t> temporaries_{0};
    std::atomic<std::uint64_t> random_{0};
};

}  // namespace varve::inline v0
