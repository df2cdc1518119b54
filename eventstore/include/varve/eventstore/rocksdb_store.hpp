// The event store on one RocksDB folder: `varve::rocksdb_store::open("bank.store")`.
//
// One process opens it for writing, others may open it with `read_only` while it runs. The writer
// publishes how far the log is durable in the small mapped file `bank.store/HEAD`, and so wakes
// readers in other processes. `bank.store/ANCHOR` tells a log that lost its end.
#pragma once

#include <varve/eventstore/anchor/compare.hpp>
#include <varve/eventstore/anchor/rocksdb_anchor.hpp>
#include <varve/eventstore/basic_store.hpp>
#include <varve/eventstore/detail/shared_head.hpp>
#include <varve/eventstore/rocksdb_engine.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace varve::inline v0 {

struct rocksdb_store_options {
    bool create = true;      ///< Create the store if there is none.
    bool read_only = false;  ///< No lock and no writing; works beside a writer in another process.
    varve::environment* environment = &varve::environment::system();  ///< Clock, chance, executor.
    varve::chain chain = varve::chain::blake2b;                       ///< Hashes of new batches.
    std::uint32_t tenant = 0;                      ///< Whose log; below `limits::tenants`.
    std::size_t queue = limits::queue;             ///< Appends waiting, before `overloaded`.
    std::shared_ptr<rocksdb_platform> platform{};  ///< Keeps all files; empty: the system's.
    std::string holder{};  ///< A name for the lock file; empty: the program's.
    rocksdb_durability durability = rocksdb_durability::full;
    /// See `store_options`. Here also: a log that is damaged before its end, of which that is left.
    std::optional<position> accept_loss_after{};
    bool drop_damaged_reservations = false;                      ///< See `store_options`.
    std::optional<std::chrono::nanoseconds> append_id_expiry{};  ///< See `store_options`.
};

class rocksdb_store : public basic_store<rocksdb_engine> {
public:
    /// Opens or creates the store in the folder at `path`. Errors: as `rocksdb_engine::open` (`busy`
    /// names who holds it) and `basic_store::open`.
    static result<rocksdb_store> open(std::string path, const rocksdb_store_options& options = {}) {
        auto engine = rocksdb_engine::open(std::move(path), detail::store_spaces,
                                           {.create = options.create,
                                            .read_only = options.read_only,
                                            .platform = options.platform,
                                            .holder = options.holder,
                                            .durability = options.durability,
                                            .recovery_judge = judge_of(options),
                                            .admit = admission_of(options)});
        if (!engine) return pass_on(std::move(engine));
        const std::string watermark = watermark_path(engine->files(), options);
        auto anchor = anchor_of(engine->files(), options);
        auto store = basic_store::open(
            std::move(*engine), {.environment = options.environment,
                                 .chain = options.chain,
                                 .tenant = options.tenant,
                                 .queue = options.queue,
                                 .append_id_expiry = options.append_id_expiry,
                                 .anchor = std::move(anchor),
                                 .accept_loss_after = options.accept_loss_after,
                                 .drop_damaged_reservations = options.drop_damaged_reservations,
                                 .wait_outside = detail::waiting_on(watermark)});
        if (!store) return pass_on(std::move(store));
        rocksdb_store opened{std::move(*store)};
        if (options.read_only) return opened;
        if (auto tell = detail::telling(watermark, opened.identity(), opened.durable()))
            opened.publishing_ = opened.on_durable(std::move(tell));
        return opened;
    }

private:
    explicit rocksdb_store(basic_store&& store) : basic_store(std::move(store)) {}

    /// One for each tenant: their positions are their own.
    static std::string watermark_path(const detail::rocksdb_files& files,
                                      const rocksdb_store_options& options) {
        if (options.platform) return {};
        return files.path(detail::rocksdb_head_file) +
               (options.tenant == 0 ? "" : "-" + std::to_string(options.tenant));
    }

    /// A store that may lose what it acknowledged has no anchor, which would blame it for that.
    static std::shared_ptr<anchor_storage> anchor_of(const detail::rocksdb_files& files,
                                                     const rocksdb_store_options& options) {
        if (options.durability != rocksdb_durability::full) return nullptr;
        return std::make_shared<detail::rocksdb_anchor>(files, options.read_only);
    }

    /// Before an opening gives up what is broken in the log: a torn end is fine unless the anchor
    /// knows more; anything else has to be accepted by name.
    static std::function<result<bool>(const rocksdb_recovery&)> judge_of(
        const rocksdb_store_options& options) {
        if (options.durability != rocksdb_durability::full) return {};
        return [tenant = options.tenant, accepted = options.accept_loss_after](
                   const rocksdb_recovery& recovery) -> result<bool> {
            const auto end = end_of_log(recovery.left, tenant);
            if (!end) return std::unexpected(end.error());
            const position* head = &end->head;
            if (accepted) return *accepted == *head;
            detail::anchor_keeper anchor{
                std::make_shared<detail::rocksdb_anchor>(recovery.files, true), tenant};
            auto known = anchor.load();
            if (!known) return pass_on(std::move(known));
            const bool lost = *known && (**known).head > *head;
            if (recovery.torn && !lost) return true;
            return fail(errc::corrupt,
                        recovery.found + "; what is left ends at position " + to_string(*head) +
                            (lost ? ", its anchor says that it was durable up to " +
                                        to_string((**known).head)
                                  : "") +
                            "; restore the store from a backup, or give up the rest by `varve "
                            "repair --accept-loss-after " +
                            to_string(*head) + "`");
        };
    }

    /// A log that is sound but not the one that the anchor knows is not written to. The store itself
    /// looks closer, once it is open.
    static std::function<result<void>(rocksdb_view&, const detail::rocksdb_files&)> admission_of(
        const rocksdb_store_options& options) {
        if (options.durability != rocksdb_durability::full || options.accept_loss_after) return {};
        return [tenant = options.tenant](rocksdb_view& there,
                                         const detail::rocksdb_files& files) -> result<void> {
            detail::anchor_keeper anchor{std::make_shared<detail::rocksdb_anchor>(files, true),
                                         tenant};
            const auto known = anchor.load();
            if (!known || !*known) return {};
            const auto end = end_of_log(there, tenant);
            if (!end) return std::unexpected(end.error());
            auto same = detail::compare_with_anchor(**known, end->store, files.folder());
            if (!same) return same;
            const bool same_history = end->head != (**known).head || !end->hash ||
                                      *end->hash == (**known).chain_head;
            return detail::compare_with_anchor(
                **known, detail::found_log{*end->store, end->head, same_history}, files.folder());
        };
    }

    struct log_end {
        std::optional<store_identity> store{};
        position head{};
        std::optional<hash256> hash{};  ///< Of the last batch, if it is chained.
    };

    /// The end of a log that may not be opened yet. Errors: `corrupt`, `io`.
    static result<log_end> end_of_log(rocksdb_view& view, std::uint32_t tenant) {
        log_end end;
        auto named = view.get(detail::meta_space, as_bytes(detail::identity_key),
                              [&](bytes_view value) {
                                  const auto stored = detail::decode_identity(value);
                                  if (stored) end.store = stored->identity;
                              });
        if (!named) return pass_on(std::move(named));
        result<void> inner{};
        const auto take = [&](const key& at, bytes_view record) {
            const position first = detail::position_of(at.number);
            detail::batch_view batch;
            inner = detail::each_batch(record, first, [&](bytes_view raw) {
                if (!batch.parse(raw)) return true;
                end.head = batch.last();
                end.hash.reset();
                if (batch.algorithm() == chain::blake2b) end.hash = batch.hash();
                return true;
            });
            return false;
        };
        auto scanned = view.scan(detail::tail_space, detail::tail_key(tenant, position{1}),
                                 detail::tail_key(tenant, position{limits::positions}),
                                 direction::backward, take);
        if (!scanned) return pass_on(std::move(scanned));
        if (!inner) return pass_on(std::move(inner));
        return end;
    }

    registration publishing_;
};

static_assert(event_store<rocksdb_store>);

}  // namespace varve::inline v0
