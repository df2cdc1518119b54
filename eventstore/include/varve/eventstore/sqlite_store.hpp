// The event store on one SQLite file: `varve::sqlite_store::open("bank.db")`.
//
// One process opens it for writing, others may open it with `read_only` while it runs. Look into the
// file with `sqlite3 -readonly` and with nothing that writes.
#pragma once

#include <varve/eventstore/basic_store.hpp>
#include <varve/eventstore/sqlite_engine.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace varve::inline v0 {

struct sqlite_store_options {
    bool create = true;      ///< Create the store if there is no file.
    bool read_only = false;  ///< No lock and no writing; works beside a writer in another process.
    varve::environment* environment = &varve::environment::system();  ///< Clock, chance, executor.
    varve::chain chain = varve::chain::blake2b;  ///< Hashes of new batches.
    std::uint32_t tenant = 0;                    ///< Whose log; below `limits::tenants`.
    std::size_t queue = limits::queue;           ///< Appends waiting, before `overloaded`.
    std::string vfs{};                           ///< A registered SQLite VFS; empty: real files.
    std::string holder{};                        ///< A name for the lock file; empty: the program's.
    sqlite_durability durability = sqlite_durability::full;
};

class sqlite_store : public basic_store<sqlite_engine> {
public:
    /// Opens or creates the store in the file at `path`. Errors: as `sqlite_engine::open` (`busy`
    /// names who holds it) and `basic_store::open`.
    static result<sqlite_store> open(std::string path, const sqlite_store_options& options = {}) {
        auto engine = sqlite_engine::open(std::move(path), detail::store_spaces,
                                          {.create = options.create,
                                           .read_only = options.read_only,
                                           .vfs = options.vfs,
                                           .holder = options.holder,
                                           .durability = options.durability});
        if (!engine) return pass_on(std::move(engine));
        auto store = basic_store::open(std::move(*engine), {.environment = options.environment,
                                                            .chain = options.chain,
                                                            .tenant = options.tenant,
                                                            .queue = options.queue});
        if (!store) return pass_on(std::move(store));
        return sqlite_store{std::move(*store)};
    }

private:
    explicit sqlite_store(basic_store&& store) : basic_store(std::move(store)) {}
};

static_assert(event_store<sqlite_store>);

}  // namespace varve::inline v0
