// The store over the SQLite engine, compiled in sqlite.cpp instead of in each unit.
#pragma once

#include <varve/eventstore/sqlite_store.hpp>

#include <string>

extern template class varve::basic_store<varve::sqlite_engine>;

namespace varve::tests {

/// As `sqlite_store::open`, of which it spares the unit the compilation.
result<sqlite_store> open_sqlite(std::string path, const sqlite_store_options& options = {});

}  // namespace varve::tests
