// The store over the RocksDB engine, compiled in rocksdb.cpp instead of in each unit.
#pragma once

#include <varve/eventstore/rocksdb_store.hpp>

#include <string>

extern template class varve::basic_store<varve::rocksdb_engine>;

namespace varve::tests {

/// As `rocksdb_store::open`, of which it spares the unit the compilation.
result<rocksdb_store> open_rocksdb(std::string path, const rocksdb_store_options& options = {});

}  // namespace varve::tests
