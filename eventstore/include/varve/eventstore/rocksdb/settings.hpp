// The options that a store's RocksDB runs with, and whether it really does.
//
// Each of them answers a trap (R1, R2, R5, R8): what RocksDB acknowledges is synced, its log is not
// recycled or flushed by hand, and nothing it does in the background tries to heal itself.
#pragma once

#include <varve/adapters/rocksdb.hpp>
#include <varve/failure.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace varve::inline v0 {

/// What survives a power cut.
enum class rocksdb_durability : std::uint8_t {
    full,  ///< Everything that was acknowledged.
    /// The last transactions may be gone, and a reader beside the writer may have seen them. After
    /// a power cut the log may be broken in a way that only an opening with this same setting
    /// accepts.
    may_lose_acknowledged_events,
};

namespace detail {

inline rocksdb::WriteOptions rocksdb_write_options(rocksdb_durability durability) {
    rocksdb::WriteOptions how;
    how.sync = durability == rocksdb_durability::full;
    how.disableWAL = false;
    return how;
}

inline rocksdb::DBOptions rocksdb_database_options(rocksdb::Env* env, std::size_t buffer_bytes) {
    rocksdb::DBOptions options;
    options.env = env;
    options.info_log = std::make_shared<rocksdb_silence>();
    options.paranoid_checks = true;
    options.manual_wal_flush = false;
    options.unordered_write = false;
    options.two_write_queues = false;
    options.enable_pipelined_write = false;
    options.allow_mmap_reads = false;  // an error would be SIGBUS
    options.allow_mmap_writes = false;
    options.wal_bytes_per_sync = 0;
    options.recycle_log_file_num = 0;
    options.max_total_wal_size = buffer_bytes * 2;
    options.max_bgerror_resume_count = 0;  // trap R2: it hangs in Close() otherwise
    options.max_background_jobs = 2;
    options.max_subcompactions = 1;
    options.atomic_flush = false;
    options.avoid_flush_during_recovery = false;        // settles what an earlier failure left
    options.track_and_verify_wals_in_manifest = false;  // trap R4
    // a log ends for RocksDB where we have proved that it is whole
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
    options.max_open_files = -1;  // tables stay readable for views when their files are removed
    options.max_file_opening_threads = 1;
    options.skip_stats_update_on_db_open = true;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    return options;
}

inline rocksdb::ColumnFamilyOptions rocksdb_family_options(
    const std::shared_ptr<rocksdb::Cache>& cache, std::size_t buffer_bytes) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.block_size = 16u << 10;
    rocksdb::ColumnFamilyOptions options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    options.write_buffer_size = buffer_bytes;
    options.max_write_buffer_number = 2;
    options.compression = rocksdb::kNoCompression;
    options.bottommost_compression = rocksdb::kDisableCompressionOption;
    options.prefix_extractor = nullptr;  // trap R8
    options.merge_operator = nullptr;    // trap R9
    options.paranoid_file_checks = true;
    return options;
}

/// Whether the database runs with what was asked for. Errors: `unsupported`.
inline result<void> check_rocksdb_options(const rocksdb::DB& db) {
    const auto o = db.GetDBOptions();
    const struct {
        const char* name;
        bool holds;
    } wanted[] = {
        {"paranoid_checks", o.paranoid_checks},
        {"manual_wal_flush", !o.manual_wal_flush},
        {"unordered_write", !o.unordered_write},
        {"two_write_queues", !o.two_write_queues},
        {"enable_pipelined_write", !o.enable_pipelined_write},
        {"allow_mmap_writes", !o.allow_mmap_writes && !o.allow_mmap_reads},
        {"wal_bytes_per_sync", o.wal_bytes_per_sync == 0},
        {"recycle_log_file_num", o.recycle_log_file_num == 0},
        {"max_bgerror_resume_count", o.max_bgerror_resume_count == 0},
        {"max_background_jobs", o.max_background_jobs <= 2 && o.max_background_flushes <= 1},
        {"atomic_flush", !o.atomic_flush},
        {"avoid_flush_during_recovery", !o.avoid_flush_during_recovery},
        {"track_and_verify_wals_in_manifest", !o.track_and_verify_wals_in_manifest},
        {"wal_recovery_mode",
         o.wal_recovery_mode == rocksdb::WALRecoveryMode::kAbsoluteConsistency},
        {"max_open_files", o.max_open_files == -1},
        {"max_write_buffer_number", db.GetOptions().max_write_buffer_number == 2},
    };
    for (const auto& [name, holds] : wanted)
        if (!holds)
            return fail(errc::unsupported, "this RocksDB (" + rocksdb::GetRocksVersionAsString() +
                                               ") did not take the option " + name +
                                               "; a store cannot run on it");
    return {};
}

}  // namespace detail
}  // namespace varve::inline v0
