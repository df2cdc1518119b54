// The event store on one SQLite file: `varve::sqlite_store::open("bank.db")`.
//
// One process opens it for writing, others may open it with `read_only` while it runs. Look into the
// file with `sqlite3 -readonly` and with nothing that writes. The writer publishes how far the log is
// durable in the small mapped file `bank.db-head`, and so wakes readers in other processes.
#pragma once

#include <varve/eventstore/anchor/sqlite_anchor.hpp>
#include <varve/eventstore/basic_store.hpp>
#include <varve/eventstore/detail/shared_head.hpp>
#include <varve/eventstore/sqlite_engine.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace varve::inline v0 {

struct sqlite_store_options {
    bool create = true;      ///< Create the store if there is no file.
    bool read_only = false;  ///< No lock and no writing; works beside a writer in another process.
    varve::environment* environment = &varve::environment::system();  ///< Clock, chance, executor.
    varve::chain chain = varve::chain::blake2b;                       ///< Hashes of new batches.
    std::uint32_t tenant = 0;           ///< Whose log; below `limits::tenants`.
    std::size_t queue = limits::queue;  ///< Appends waiting, before `overloaded`.
    std::string vfs{};                  ///< A registered SQLite VFS; empty: real files.
    std::string holder{};               ///< A name for the lock file; empty: the program's.
    sqlite_durability durability = sqlite_durability::full;
    std::optional<position> accept_loss_after{};                 ///< See `store_options`.
    bool drop_damaged_reservations = false;                      ///< See `store_options`.
    std::optional<std::chrono::nanoseconds> append_id_expiry{};  ///< See `store_options`.
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
        const std::string file = engine->file();
        const std::string watermark = watermark_path(file, options);
        auto store = basic_store::open(
            std::move(*engine), {.environment = options.environment,
                                 .chain = options.chain,
                                 .tenant = options.tenant,
                                 .queue = options.queue,
                                 .append_id_expiry = options.append_id_expiry,
                                 .anchor = anchor_of(file, options),
                                 .accept_loss_after = options.accept_loss_after,
                                 .drop_damaged_reservations = options.drop_damaged_reservations,
                                 .wait_outside = detail::waiting_on(watermark)});
        if (!store) return pass_on(std::move(store));
        sqlite_store opened{std::move(*store)};
        if (options.read_only) return opened;
        if (auto tell = detail::telling(watermark, opened.identity(), opened.durable()))
            opened.publishing_ = opened.on_durable(std::move(tell));
        return opened;
    }

private:
    explicit sqlite_store(basic_store&& store) : basic_store(std::move(store)) {}

    /// One for each tenant: their positions are their own.
    static std::string watermark_path(const std::string& file,
                                      const sqlite_store_options& options) {
        if (!options.vfs.empty()) return {};
        return file + "-head" + (options.tenant == 0 ? "" : "-" + std::to_string(options.tenant));
    }

    /// A store that may lose what it acknowledged has no anchor, which would blame it for that.
    static std::shared_ptr<anchor_storage> anchor_of(const std::string& file,
                                                     const sqlite_store_options& options) {
        if (options.durability != sqlite_durability::full) return nullptr;
        return std::make_shared<detail::sqlite_anchor>(options.vfs, file + "-anchor",
                                                       options.read_only);
    }

    registration publishing_;
};

static_assert(event_store<sqlite_store>);

}  // namespace varve::inline v0
