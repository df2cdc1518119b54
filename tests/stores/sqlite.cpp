// The store over the SQLite engine: every member of it, and its places.
#include "stores/sqlite.hpp"

#include "stores/owned.hpp"

#include <varve/eventstore/simulation/sqlite_vfs.hpp>

#include <optional>

template class varve::basic_store<varve::sqlite_engine>;

namespace varve::tests {
namespace {

struct on_disk final : store_place {
    on_disk() { disk = std::make_shared<simulated_disk>(); }
    result<any_store> open(environment& env) override { return open(env, false); }
    result<any_store> open_to_read(environment& env) override { return open(env, true); }

private:
    result<any_store> open(environment& env, bool read_only) {
        if (!vfs_) vfs_.emplace(disk);
        return owned(sqlite_store::open("store.db", {.read_only = read_only,
                                                     .environment = &env,
                                                     .vfs = vfs_->name(),
                                                     .append_id_expiry = append_id_expiry}));
    }
    std::optional<sqlite_simulated_vfs> vfs_;
};

}  // namespace

std::unique_ptr<store_place> sqlite_place() { return std::make_unique<on_disk>(); }
std::unique_ptr<store_place> sqlite_file_place() {
    return std::make_unique<real_place<sqlite_store, sqlite_store_options>>();
}

result<sqlite_store> open_sqlite(std::string path, const sqlite_store_options& options) {
    return sqlite_store::open(std::move(path), options);
}

}  // namespace varve::tests
