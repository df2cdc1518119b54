#include "tool_store.hpp"

#include <varve/eventstore/sqlite_store.hpp>

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
    detail::log_prover prover{detail::genesis_hash(stored->identity.id, 0)};
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

/// What the anchor knows and the log does not. Where the log itself is at fault, that is said already.
std::optional<std::string> ask_anchor(const sqlite_engine& engine, const verify_report& log) {
    if (!log.good()) return std::nullopt;
    detail::anchor_keeper anchor{
        std::make_shared<detail::sqlite_anchor>(std::string{}, engine.file() + "-anchor", true), 0};
    const auto found = anchor.load();
    if (!found) return "the anchor cannot be read: " + found.error().message;
    if (!*found || (**found).head <= log.head) return std::nullopt;
    return "the log ends at position " + to_string(log.head) +
           ", its anchor says that it was durable up to " + to_string((**found).head);
}

}  // namespace

result<std::unique_ptr<tool_store>> open_store(const store_location& where, access how,
                                               environment& with) {
    auto store = sqlite_store::open(
        where.path,
        {.create = how == access::create, .read_only = how == access::read, .environment = &with});
    if (!store) return pass_on(std::move(store));
    return std::unique_ptr<tool_store>{new holder<sqlite_store>{std::move(*store)}};
}

result<proof> prove_store(const store_location& where) {
    auto engine = sqlite_engine::open(where.path, detail::store_spaces,
                                      {.create = false, .read_only = true});
    if (!engine) return pass_on(std::move(engine));
    auto log = prove_log(*engine);
    if (!log) return pass_on(std::move(log));
    proof found{.log = std::move(*log)};
    if (auto done = prove_types(*engine, found); !done) return pass_on(std::move(done));
    found.anchor_fault = ask_anchor(*engine, found.log);
    return found;
}

result<store_identity> accept_loss(const store_location& where, position after, environment& with) {
    auto store = sqlite_store::open(
        where.path, {.create = false, .environment = &with, .accept_loss_after = after});
    if (!store) return pass_on(std::move(store));
    return store->identity();
}

std::uint64_t size_on_disk(const store_location& where) {
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
