// A write-ahead log that is readable but may not be on the disk.
#pragma once

#include <varve/adapters/sqlite.hpp>
#include <varve/bytes.hpp>
#include <varve/failure.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

/// Writes the write-ahead log once more, as it is, and syncs it, before SQLite reads it.
///
/// After a sync that failed, its last frames may be readable without being on the disk, and a later
/// sync alone would not write them; SQLite would take them for durable when it recovers, and a power
/// cut in the middle of its next checkpoint would leave half of them in the file.
inline result<void> rewrite_wal(const std::string& path, const std::string& vfs_name) {
    const std::string wal = path + "-wal";
    sqlite3_vfs* vfs = sqlite3_vfs_find(vfs_name.empty() ? nullptr : vfs_name.c_str());
    if (vfs == nullptr)
        return fail(errc::invalid_argument, "no SQLite VFS is registered as '" + vfs_name + "'");
    int there = 0;
    if (const int code = vfs->xAccess(vfs, wal.c_str(), SQLITE_ACCESS_EXISTS, &there);
        code != SQLITE_OK)
        return fail(sqlite_errc(code), "looking for '" + wal + "': " + sqlite3_errstr(code));
    if (there == 0) return {};

    const std::unique_ptr<const char, void (*)(const char*)> name{
        sqlite3_create_filename(wal.c_str(), "", "", 0, nullptr), &sqlite3_free_filename};
    const auto words = static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1;
    const auto memory = std::make_unique<std::max_align_t[]>(words);
    auto* file = reinterpret_cast<sqlite3_file*>(memory.get());
    int code = vfs->xOpen(vfs, name.get(), file, SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE, nullptr);
    if (code == SQLITE_OK) {
        sqlite3_int64 size = 0;
        std::array<std::byte, 64u << 10> piece;  // SQLite's own VFS takes at most 128 KiB - 1
        code = file->pMethods->xFileSize(file, &size);
        for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size;) {
            const auto part = static_cast<int>(
                std::min<sqlite3_int64>(size - at, static_cast<sqlite3_int64>(piece.size())));
            code = file->pMethods->xRead(file, piece.data(), part, at);
            if (code == SQLITE_OK) code = file->pMethods->xWrite(file, piece.data(), part, at);
            at += part;
        }
        if (code == SQLITE_OK && size > 0) code = file->pMethods->xSync(file, SQLITE_SYNC_FULL);
    }
    if (file->pMethods != nullptr) file->pMethods->xClose(file);
    if (code == SQLITE_OK) return {};
    return fail(sqlite_errc(code), "writing '" + wal + "' again: " + sqlite3_errstr(code));
}

}  // namespace varve::inline v0::detail
