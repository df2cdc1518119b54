// The engines whose files are damaged: where a store lies, how it is opened, which files it has.
#pragma once

#include "damage/image.hpp"
#include "stores/memory.hpp"
#include "stores/place.hpp"
#include "stores/rocksdb.hpp"
#include "stores/sqlite.hpp"

#include <varve/eventstore/rocksdb/names.hpp>
#include <varve/eventstore/rocksdb/store_file.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace varve::tests {

/// SQLite on real files.
struct sqlite_files {
    using store = sqlite_store;
    static constexpr std::string_view name = "sqlite";
    static constexpr bool readers = true;

    sqlite_files() { put({}); }

    /// What a file is; empty if nobody knows.
    static std::string_view kind_of(std::string_view file) {
        if (file == "store.db") return "database";
        if (file == "store.db-wal") return "write-ahead log";
        if (file == "store.db-shm") return "index of the log";
        if (file == "store.db-lock") return "lock";
        if (file == "store.db-anchor") return "anchor";
        if (file == "store.db-head") return "watermark";
        return {};
    }

    /// What a file was at a moment of its life of which there is no image.
    static std::vector<std::string> once(std::string_view) { return {}; }

    std::string path() const { return root() + "/store.db"; }
    image files() const { return read_image(root()); }
    void put(const image& files) const { write_image(root(), files); }
    result<store> open(bool read_only) const {
        return open_sqlite(path(), {.read_only = read_only});
    }

private:
    std::string root() const { return folder_ / "store"; }
    scratch_folder folder_;
};

/// RocksDB on real files.
struct rocksdb_files_of_a_store {
    using store = rocksdb_store;
    static constexpr std::string_view name = "rocksdb";
    static constexpr bool readers = true;

    static std::string_view kind_of(std::string_view file) {
        for (const std::string_view fixed :
             {"STORE", "WRITER", "ANCHOR", "DURABLE", "HEAD", "LOCK", "CURRENT", "IDENTITY"})
            if (file == fixed) return fixed;
        if (file.starts_with("MANIFEST-")) return "MANIFEST";
        if (file.ends_with(".sst")) return "table";
        if (detail::log_number(file)) return "write-ahead log";
        return {};
    }

    static std::vector<std::string> once(std::string_view file) {
        if (file == detail::rocksdb_store_file_name)  // while the store was made
            return {detail::rocksdb_store_file{}.text()};
        return {};
    }

    std::string path() const { return folder_ / "store"; }
    image files() const { return read_image(path()); }
    void put(const image& files) const { write_image(path(), files); }
    result<store> open(bool read_only) const {
        return open_rocksdb(path(), {.read_only = read_only});
    }

private:
    scratch_folder folder_;
};

/// Memory, whose journal lies on the simulated disk; what is real of it is an image of that.
struct memory_files {
    using store = memory_store;
    static constexpr std::string_view name = "memory";
    static constexpr bool readers = false;

    static std::string_view kind_of(std::string_view file) {
        if (file == "engine") return "journal";
        if (file == "engine-anchor") return "anchor";
        return {};
    }

    static std::vector<std::string> once(std::string_view) { return {}; }

    std::string path() const { return "engine"; }
    image files() const { return read_image(folder_ / "image"); }
    void put(const image& files) const { write_image(folder_ / "image", files); }

    result<store> open(bool) {
        disk_ = std::make_shared<simulated_disk>();
        for (const auto& [file, content] : files())
            disk_->open(file, disk_open::create).value().append(as_bytes(content)).value();
        return open_memory({}, {.disk = disk_});
    }
    /// Makes the image what is on the disk, as far as a process has written it.
    void keep() const {
        image now;
        for (const auto& file : disk_->names()) {
            auto opened = disk_->open(file, disk_open::existing).value();
            bytes all(opened.size().value());
            opened.read(0, all).value();
            now[file] = std::string{as_text(all)};
        }
        put(now);
    }

private:
    std::shared_ptr<simulated_disk> disk_;
    scratch_folder folder_;
};

}  // namespace varve::tests
