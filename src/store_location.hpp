// Which store a command means: `sqlite:FILE`, `rocksdb:DIR`, or a bare path, which is one of them.
#pragma once

#include "diagnostic.hpp"

#include <string>
#include <string_view>

namespace varve::tool {

struct store_location {
    std::string engine;  ///< `sqlite` or `rocksdb`.
    std::string path;

    /// As it is written after `--store`.
    std::string text() const { return engine + ":" + path; }
};

/// A bare path is a RocksDB store if such a folder lies there, and a SQLite store otherwise. Refuses
/// nothing at all, and engines that nobody knows.
answer<store_location> parse_location(std::string_view text);

}  // namespace varve::tool
