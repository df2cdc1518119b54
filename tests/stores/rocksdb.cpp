// The store over the RocksDB engine: every member of it, and its places.
#include "stores/rocksdb.hpp"

#include "stores/owned.hpp"

#include <varve/eventstore/simulation/rocksdb_file_system.hpp>

template class varve::basic_store<varve::rocksdb_engine>;

namespace varve::tests {
namespace {

/// RocksDB with its background work on the appender's thread.
struct on_disk final : store_place {
    on_disk() {
        disk = std::make_shared<simulated_disk>();
        files_ = std::make_shared<rocksdb_simulated_files>(disk);
    }
    result<any_store> open(environment& env) override { return open(env, false); }
    result<any_store> open_to_read(environment& env) override { return open(env, true); }

private:
    result<any_store> open(environment& env, bool read_only) {
        return owned(rocksdb_store::open("store", {.read_only = read_only,
                                                   .environment = &env,
                                                   .platform = files_,
                                                   .append_id_expiry = append_id_expiry}));
    }
    std::shared_ptr<rocksdb_simulated_files> files_;
};

}  // namespace

std::unique_ptr<store_place> rocksdb_place() { return std::make_unique<on_disk>(); }
std::unique_ptr<store_place> rocksdb_file_place() {
    return std::make_unique<real_place<rocksdb_store, rocksdb_store_options>>();
}

result<rocksdb_store> open_rocksdb(std::string path, const rocksdb_store_options& options) {
    return rocksdb_store::open(std::move(path), options);
}

}  // namespace varve::tests
