// A file of SQLite's, seen through its VFS: what must be done to it before SQLite opens it.
//
// The database file is never opened by any other means: on POSIX, closing a second descriptor of it
// would give up SQLite's own locks (trap S8). The VFS knows about its descriptors.
#pragma once

#include <varve/adapters/sqlite.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

/// An open file of a VFS. One thread at a time.
class sqlite_file {
public:
    sqlite_file(const sqlite_file&) = delete;
    sqlite_file& operator=(const sqlite_file&) = delete;
    ~sqlite_file() {
        if (file()->pMethods != nullptr) file()->pMethods->xClose(file());
        sqlite3_free_filename(name_);
    }

    /// `flags`: `SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READONLY` and the like. Errors: `not_found`, `io`.
    static result<std::unique_ptr<sqlite_file>> open(const std::string& vfs,
                                                     const std::string& path, int flags) {
        sqlite3_vfs* raw = find(vfs);
        if (raw == nullptr) return no_vfs(vfs);
        std::unique_ptr<sqlite_file> opened{new sqlite_file{*raw, path}};
        int got = 0;
        const int code = raw->xOpen(raw, opened->name_, opened->file(), flags, &got);
        if (code == SQLITE_OK) return opened;
        return opened->failed("opening", code);
    }

    static bool exists(const std::string& vfs, const std::string& path) {
        sqlite3_vfs* raw = find(vfs);
        int there = 0;
        return raw != nullptr &&
               raw->xAccess(raw, path.c_str(), SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK &&
               there != 0;
    }

    result<std::uint64_t> size() {
        sqlite3_int64 size = 0;
        const int code = file()->pMethods->xFileSize(file(), &size);
        if (code != SQLITE_OK) return failed("asking the size of", code);
        return static_cast<std::uint64_t>(size);
    }

    /// Fills `into`; what lies beyond the end is zeros.
    result<void> read(std::uint64_t offset, std::span<std::byte> into) {
        const int code = file()->pMethods->xRead(file(), into.data(), static_cast<int>(into.size()),
                                                 static_cast<sqlite3_int64>(offset));
        if (code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ) return {};
        return failed("reading", code);
    }

    result<void> write(std::uint64_t offset, bytes_view data) {
        const int code = file()->pMethods->xWrite(
            file(), data.data(), static_cast<int>(data.size()), static_cast<sqlite3_int64>(offset));
        if (code == SQLITE_OK) return {};
        return failed("writing", code);
    }

    result<void> sync() {
        const int code = file()->pMethods->xSync(file(), SQLITE_SYNC_FULL);
        if (code == SQLITE_OK) return {};
        return failed("syncing", code);
    }

    /// Takes the file for this object alone, until it is closed. Errors: `busy`.
    result<void> lock() {
        for (const int level : {SQLITE_LOCK_SHARED, SQLITE_LOCK_RESERVED, SQLITE_LOCK_EXCLUSIVE}) {
            const int code = file()->pMethods->xLock(file(), level);
            if (code != SQLITE_OK) return failed("locking", code);
        }
        return {};
    }

private:
    sqlite_file(sqlite3_vfs& vfs, const std::string& path)
        : memory_(std::make_unique<std::max_align_t[]>(
              static_cast<std::size_t>(vfs.szOsFile) / sizeof(std::max_align_t) + 1)),
          name_(sqlite3_create_filename(path.c_str(), "", "", 0, nullptr)) {}

    static sqlite3_vfs* find(const std::string& vfs) {
        return sqlite3_vfs_find(vfs.empty() ? nullptr : vfs.c_str());
    }
    static std::unexpected<failure> no_vfs(const std::string& vfs) {
        return fail(errc::invalid_argument, "no SQLite VFS is registered as '" + vfs + "'");
    }
    std::unexpected<failure> failed(const char* what, int code) const {
        return fail(sqlite_errc(code), std::string{what} + " '" + name_ +
                                           "': " + sqlite3_errstr(code) + " (code " +
                                           std::to_string(code) + ")");
    }
    sqlite3_file* file() const noexcept { return reinterpret_cast<sqlite3_file*>(memory_.get()); }

    std::unique_ptr<std::max_align_t[]> memory_;  // zeros: pMethods is null until it is open
    sqlite3_filename name_;
};

/// What the first bytes of a file say.
struct sqlite_header {
    bool empty = true;              ///< Nothing there yet.
    bool database = false;          ///< Begins as SQLite's files do.
    std::uint32_t application = 0;  ///< Whose database it is.
    std::uint32_t version = 0;      ///< Which layout, as its owner counts.
};

/// Reads the header (https://sqlite.org/fileformat2.html#the_database_header) and touches nothing.
inline result<sqlite_header> read_sqlite_header(const std::string& vfs, const std::string& path) {
    auto file = sqlite_file::open(vfs, path, SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READONLY);
    if (!file) return pass_on(std::move(file));
    auto size = (*file)->size();
    if (!size) return pass_on(std::move(size));
    sqlite_header header{.empty = *size == 0};
    std::array<std::byte, 100> raw{};
    if (*size < raw.size()) return header;
    if (auto done = (*file)->read(0, raw); !done) return pass_on(std::move(done));
    const auto number = [&raw](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i)
            value = value << 8 | std::to_integer<std::uint32_t>(raw[at + i]);
        return value;
    };
    header.database = as_text(raw).starts_with(std::string_view{"SQLite format 3\0", 16});
    header.version = number(60);
    header.application = number(68);
    return header;
}

/// Writes the write-ahead log once more, as it is, and syncs it. After a sync that failed, its last
/// frames may be readable without being on the disk, and a later sync alone would not write them;
/// SQLite would take them for durable when it recovers.
inline result<void> rewrite_sqlite_wal(const std::string& vfs, const std::string& path) {
    const std::string name = path + "-wal";
    if (!sqlite_file::exists(vfs, name)) return {};
    auto file = sqlite_file::open(vfs, name, SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE);
    if (!file) return pass_on(std::move(file));
    auto size = (*file)->size();
    if (!size) return pass_on(std::move(size));
    if (*size == 0) return {};
    bytes piece(64u << 10);  // SQLite's own VFS takes at most 128 KiB - 1 at a time
    for (std::uint64_t at = 0; at < *size; at += piece.size()) {
        piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), *size - at)));
        if (auto done = (*file)->read(at, piece); !done) return done;
        if (auto done = (*file)->write(at, piece); !done) return done;
    }
    return (*file)->sync();
}

}  // namespace varve::inline v0::detail
