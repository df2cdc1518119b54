// The names of a RocksDB store's files: RocksDB's own, and ours beside them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve::inline v0::detail {

inline constexpr std::string_view rocksdb_store_file_name = "STORE";  ///< What this folder is.
inline constexpr std::string_view rocksdb_writer_file = "WRITER";     ///< Who holds it.
inline constexpr std::string_view rocksdb_durable_file = "DURABLE";  ///< How far the log is synced.
inline constexpr std::string_view rocksdb_head_file = "HEAD";  ///< How far the store's log goes.

inline constexpr std::string_view rocksdb_anchor_file = "ANCHOR";  ///< What the store knows of it.

/// A place in the write-ahead log: a file by its number, and how much of it.
struct rocksdb_mark {
    std::uint64_t log = 0;
    std::uint64_t size = 0;
    friend auto operator<=>(const rocksdb_mark&, const rocksdb_mark&) = default;
};

inline std::string base_name(std::string_view path) {
    return std::string{path.substr(path.rfind('/') + 1)};
}

/// `000012.log` is log 12.
inline std::optional<std::uint64_t> log_number(std::string_view name) {
    if (!name.ends_with(".log") || name.size() == 4) return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : name.substr(0, name.size() - 4)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return number;
}

/// And log 12 is `000012.log`.
inline std::string rocksdb_log_name(std::uint64_t number) {
    const auto digits = std::to_string(number);
    return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits + ".log";
}

}  // namespace varve::inline v0::detail
