#include "tool_store.hpp"

#include <varve/eventstore/rocksdb_store.hpp>
#include <varve/eventstore/sqlite_store.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

namespace varve::tool {
namespace {

template <class Store>
class holder final : public tool_store {
public:
    explicit holder(Store store) : store_(std::move(store)) {}
    store_ref log() override { return store_ref{store_}; }
    store_summary summary() override { return store_.summary(); }
    std::vector<stream_entry> streams(std::string_view prefix) override {
        return store_.streams(prefix);
    }
    result<std::vector<stored_type>> types() override { return store_.types(); }
    result<std::vector<reservation>> reservations() override { return store_.reservations(); }
    std::string_view engine() const override { return Store::traits.engine; }

private:
    Store store_;
};

/// As `verify_log`, but where the engine itself finds its file damaged, the report says how far the
/// log could be walked. Errors: `io`, `foreign`, `not_found`.
template <class Engine>
result<verify_report> prove_log(Engine& engine) {
    auto view = engine.view();
    if (!view) return pass_on(std::move(view));
    result<detail::stored_identity> stored = fail(errc::not_found,
                                                  "there is no store in " + engine.place());
    auto got = view->get(detail::meta_space, as_bytes(detail::identity_key),
                         [&](bytes_view value) { stored = detail::decode_identity(value); });
    if (!got) return pass_on(std::move(got));
    if (!stored) return pass_on(std::move(stored));
    const auto shortest = detail::stored_expiry(*view, 0);
    if (!shortest) return std::unexpected(shortest.error());
    detail::log_prover prover{detail::genesis_hash(stored->identity.id, 0), *shortest};
    auto scanned = view->scan(detail::tail_space, key{0}, key{limits::positions},
                              direction::forward, [&](const key& at, bytes_view value) {
                                  prover.take(detail::position_of(at.number), value);
                                  return true;
                              });
    auto report = std::move(prover).finish();
    if (!scanned && scanned.error().code != errc::corrupt) return pass_on(std::move(scanned));
    if (!scanned) report.faults.push_back({report.head.next(), scanned.error().message});
    return report;
}

/// Proves the type descriptions, which are no part of the chain.
template <class Engine>
result<void> prove_types(Engine& engine, proof& found) {
    auto view = engine.view();
    if (!view) return pass_on(std::move(view));
    bytes low;
    detail::put_big_endian(low, 0);
    bytes high = low;
    high.resize(high.size() + limits::type_name + 5, std::byte{0xff});
    return view->scan(detail::type_space, bytes_view{low}, bytes_view{high}, direction::forward,
                      [&](const key& at, bytes_view value) {
                          ++found.types;
                          if (auto type = detail::decode_type(at.octets, value); !type)
                              found.damaged.push_back(type.error().message);
                          return true;
                      });
}

/// Proves the checksums of what readers left beside the log: checkpoints and parked events.
template <class Engine>
result<void> prove_readers(Engine& engine, proof& found) {
    auto view = engine.view();
    if (!view) return pass_on(std::move(view));
    bytes low;
    detail::put_big_endian(low, 0);
    bytes high = low;
    high.resize(detail::largest_key, std::byte{0xff});
    for (const auto& in : {detail::checkpoint_space, detail::parked_space}) {
        auto scanned = view->scan(in, bytes_view{low}, bytes_view{high}, direction::forward,
                                  [&](const key& at, bytes_view value) {
                                      if (!detail::checked_body(value, at.octets))
                                          found.damaged.push_back(fmt::format(
                                              "an entry of the space '{}' is damaged", in.name));
                                      return true;
                                  });
        if (!scanned) return scanned;
    }
    return {};
}

/// Proves the reservations and their count, which are no part of the chain either.
template <class Engine>
result<void> prove_reservations(Engine& engine, proof& found) {
    auto view = engine.view();
    if (!view) return pass_on(std::move(view));
    const auto counted = detail::stored_promises(*view, 0);
    if (!counted && counted.error().code != errc::corrupt) return std::unexpected(counted.error());
    if (!counted) found.reservations_damaged.push_back(counted.error().message);
    auto there = detail::scan_reservations(
        *view, 0, [&](bytes_view, const append_id&, auto made) -> result<void> {
            ++found.reservations;
            if (!made) found.reservations_damaged.push_back(made.error().message);
            return {};
        });
    if (!there) return pass_on(std::move(there));
    if (!counted) return {};
    found.promises = counted->writes;
    auto same = detail::compare_promises(*counted, *there);
    if (!same && found.reservations_damaged.empty())
        found.reservations_damaged.push_back(same.error().message);
    return {};
}

std::shared_ptr<anchor_storage> anchor_of(const sqlite_engine& engine) {
    return std::make_shared<detail::sqlite_anchor>(std::string{}, engine.file() + "-anchor", true);
}
std::shared_ptr<anchor_storage> anchor_of(const rocksdb_engine& engine) {
    return std::make_shared<detail::rocksdb_anchor>(engine.files(), true);
}

/// What is wrong with what is kept beside the log, or nothing. Errors: `io`.
template <class Engine>
result<std::string> prove_beside(Engine& engine) {
    detail::anchor_keeper anchor{anchor_of(engine), 0};
    const auto known = anchor.load();
    auto view = engine.view();
    if (!view) return pass_on(std::move(view));
    auto book = detail::side_book::read(*view, 0, [](const space&, bytes_view) {});
    if (!book) return pass_on(std::move(book));
    auto fault = book->fault(known && *known ? (**known).beside : 0);
    if (fault.empty()) return fault;
    return "what is kept beside the log (types, checkpoints, parked events) is not what was "
           "written: " +
           fault;
}

/// What the anchor knows and the store does not. Where the log itself is at fault, that is said already.
template <class Engine>
std::optional<std::string> ask_anchor(const Engine& engine, const proof& all) {
    if (!all.log.good()) return std::nullopt;
    detail::anchor_keeper anchor{anchor_of(engine), 0};
    const auto found = anchor.load();
    if (!found) return "the anchor cannot be read: " + found.error().message;
    if (!*found) return std::nullopt;
    const auto& knows = **found;
    if (knows.head > all.log.head)
        return "the log ends at position " + to_string(all.log.head) +
               ", its anchor says that it was durable up to " + to_string(knows.head);
    if (knows.promises > all.promises)
        return "the anchor knows " + std::to_string(knows.promises) +
               " changes of reservations, and " + std::to_string(all.promises) +
               " are there: a promise is lost";
    return std::nullopt;
}

template <class Store, class Options>
result<std::unique_ptr<tool_store>> open_as(const store_location& where, access how,
                                            environment& with) {
    Options options;
    options.create = how == access::create;
    options.read_only = how == access::read;
    options.environment = &with;
    auto store = Store::open(where.path, options);
    if (!store) return pass_on(std::move(store));
    return std::unique_ptr<tool_store>{new holder<Store>{std::move(*store)}};
}

/// Everything about an open engine; `broken` is what its own log lacks, if it lacks something.
template <class Engine>
result<proof> prove_engine(result<Engine> engine, const std::string& broken = {}) {
    if (!engine) return pass_on(std::move(engine));
    auto log = prove_log(*engine);
    if (!log) return pass_on(std::move(log));
    proof found{.log = std::move(*log)};
    if (auto done = prove_types(*engine, found); !done) return pass_on(std::move(done));
    if (auto done = prove_readers(*engine, found); !done) return pass_on(std::move(done));
    if (auto done = prove_reservations(*engine, found); !done) return pass_on(std::move(done));
    found.anchor_fault = ask_anchor(*engine, found);
    if (!found.anchor_fault && !broken.empty()) found.anchor_fault = broken;
    auto beside = prove_beside(*engine);
    if (!beside) return pass_on(std::move(beside));
    if (!found.anchor_fault && !beside->empty()) found.anchor_fault = std::move(*beside);
    return found;
}

/// A log that is damaged before its end is proved up to there.
result<proof> prove_rocksdb(const store_location& where) {
    std::string broken;
    auto engine = rocksdb_engine::open(
        where.path, detail::store_spaces,
        {.create = false, .read_only = true, .recovery_judge = [&](const auto& recovery) {
             broken = recovery.found;
             return result<bool>{true};
         }});
    return prove_engine(std::move(engine), broken);
}

template <class Store, class Options>
result<store_summary> repair_as(const store_location& where, std::optional<position> after,
                                bool drop_reservations, environment& with) {
    Options options;
    options.create = false;
    options.environment = &with;
    options.accept_loss_after = after;
    options.drop_damaged_reservations = drop_reservations;
    auto store = Store::open(where.path, options);
    if (!store) return pass_on(std::move(store));
    return store->summary();
}

/// Of the files of a folder; those in folders below are not the store's.
std::uint64_t size_of_folder(const std::string& path) {
    std::uint64_t total = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{path, error}) {
        std::error_code gone;
        const auto size = entry.file_size(gone);
        if (!gone) total += size;
    }
    return total;
}

}  // namespace

result<std::unique_ptr<tool_store>> open_store(const store_location& where, access how,
                                               environment& with) {
    if (where.engine == "rocksdb")
        return open_as<rocksdb_store, rocksdb_store_options>(where, how, with);
    return open_as<sqlite_store, sqlite_store_options>(where, how, with);
}

result<proof> prove_store(const store_location& where) {
    if (where.engine == "rocksdb") return prove_rocksdb(where);
    return prove_engine(sqlite_engine::open(where.path, detail::store_spaces,
                                            {.create = false, .read_only = true}));
}

result<store_summary> repair_store(const store_location& where, std::optional<position> after,
                                   bool drop_reservations, environment& with) {
    if (where.engine == "rocksdb")
        return repair_as<rocksdb_store, rocksdb_store_options>(where, after, drop_reservations,
                                                               with);
    return repair_as<sqlite_store, sqlite_store_options>(where, after, drop_reservations, with);
}

std::uint64_t size_on_disk(const store_location& where) {
    if (where.engine == "rocksdb") return size_of_folder(where.path);
    std::error_code unresolved;
    const auto path = std::filesystem::weakly_canonical(where.path, unresolved).string();
    std::uint64_t total = 0;
    for (const char* suffix : {"", "-wal"}) {
        std::error_code error;
        const auto size = std::filesystem::file_size(path + suffix, error);
        if (!error) total += size;
    }
    return total;
}

}  // namespace varve::tool
