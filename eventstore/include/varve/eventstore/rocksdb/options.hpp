// How a RocksDB engine is opened.
#pragma once

#include <varve/eventstore/rocksdb/files.hpp>
#include <varve/eventstore/rocksdb/object.hpp>
#include <varve/eventstore/rocksdb/settings.hpp>
#include <varve/eventstore/rocksdb/view.hpp>
#include <varve/failure.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace varve::inline v0 {

/// A log that is not whole, and what would be left of it.
struct rocksdb_recovery {
    std::string found;   ///< What is broken and where, as a sentence.
    bool torn;           ///< True: it is the end of the log, as a power cut leaves it.
    rocksdb_view& left;  ///< All that would be left. Nothing has been written yet.
    const detail::rocksdb_files& files;  ///< For what is kept beside RocksDB.
};

/// How a RocksDB engine is opened.
struct rocksdb_engine_options {
    bool create = true;      ///< Create the store if it is not there.
    bool read_only = false;  ///< No lock, no writing; works beside a writer in another process.
    std::shared_ptr<rocksdb_platform> platform{};  ///< Keeps all files; empty: the system's.
    std::string holder{};  ///< A name for the lock file; empty: the program's.
    rocksdb_durability durability = rocksdb_durability::full;
    std::size_t cache_bytes = 8u << 20;  ///< Blocks that were read, of all spaces together.
    /// What a space keeps in memory before it writes it out; bounds the log at twice as much.
    std::size_t buffer_bytes = 16u << 20;
    /// Asked before an opening gives up what is broken in the log: may the store go on with what is
    /// left? Empty: yes where a power cut tore the log's end, no where something sound follows.
    std::function<result<bool>(const rocksdb_recovery&)> recovery_judge{};
    /// Asked before an opening for writing changes anything, with what is there: is that the store that
    /// is expected? What it refuses stays as it is, so that a file can still be put back.
    std::function<result<void>(rocksdb_view& there, const detail::rocksdb_files& files)> admit{};
};

}  // namespace varve::inline v0
