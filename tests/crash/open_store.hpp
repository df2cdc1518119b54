// Opens the store of either engine by its type.
#pragma once

#include "stores/rocksdb.hpp"
#include "stores/sqlite.hpp"

#include <concepts>
#include <string>

namespace varve::tests {

template <class Store>
result<Store> open_store(const std::string& path) {
    if constexpr (std::same_as<Store, sqlite_store>)
        return open_sqlite(path);
    else
        return open_rocksdb(path);
}

}  // namespace varve::tests
