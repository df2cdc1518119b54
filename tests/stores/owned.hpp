// Puts a store of one engine behind the type that stands for any.
#pragma once

#include "stores/place.hpp"

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::tests {

/// What `any_store` says, said of a `Store`.
template <class Store>
struct owner final : any_store::whole {
    explicit owner(Store s) : store(std::move(s)) {}
    varve::environment& environment() override { return store.environment(); }
    result<void> reopen() override { return store.reopen(); }
    void append_async(const append_request& request,
                      std::move_only_function<void(result<receipt>)> done) override {
        store.append_async(request, std::move(done));
    }
    result<checkpoint> load_checkpoint(std::string_view reader) override {
        return store.load_checkpoint(reader);
    }
    result<checkpoint> claim_reader(std::string_view reader) override {
        return store.claim_reader(reader);
    }
    result<void> save_checkpoint(std::string_view reader, position reached,
                                 fencing_token holder) override {
        return store.save_checkpoint(reader, reached, holder);
    }
    result<void> reset_checkpoint(std::string_view reader, fencing_token holder) override {
        return store.reset_checkpoint(reader, holder);
    }
    result<std::vector<parked_event>> parked(std::string_view group) override {
        return store.parked(group);
    }
    result<void> park(std::string_view group, std::span<const parked_event> events,
                      fencing_token holder) override {
        return store.park(group, events, holder);
    }
    result<void> unpark(std::string_view group, position where, fencing_token holder) override {
        return store.unpark(group, where, holder);
    }
    result<bool> load_snapshot(std::string_view stream, const snapshot_form& form,
                               const snapshot_user& use) override {
        return store.load_snapshot(stream, form, use);
    }
    result<snapshot_saving> save_snapshot(const new_snapshot& made) override {
        return store.save_snapshot(made);
    }
    result<std::size_t> drop_snapshots(std::string_view stream) override {
        return store.drop_snapshots(stream);
    }
    result<std::size_t> drop_all_snapshots() override { return store.drop_all_snapshots(); }
    result<std::vector<snapshot_entry>> snapshots(std::string_view prefix) override {
        return store.snapshots(prefix);
    }
    snapshot_stats snapshot_counts() override { return store.snapshot_counts(); }
    result<reservation_state> reserve(const append_request& request, bytes_view memo) override {
        return store.reserve(request, memo);
    }
    result<receipt> confirm(const append_id& id) override { return store.confirm(id); }
    result<void> release(const append_id& id) override { return store.release(id); }
    result<void> forget(const append_id& id) override { return store.forget(id); }
    result<std::vector<reservation>> reservations() override { return store.reservations(); }
    Store store;
};

template <class Store>
result<any_store> owned(result<Store> opened) {
    if (!opened) return std::unexpected(std::move(opened).error());
    auto kept = std::make_unique<owner<Store>>(std::move(*opened));
    const store_ref self{kept->store};
    return any_store{std::move(kept), self};
}

/// A store in real files; `Options` are those of its `open`.
template <class Store, class Options>
struct real_place final : store_place {
    result<any_store> open(environment& env) override { return open(env, false); }
    result<any_store> open_to_read(environment& env) override { return open(env, true); }

private:
    result<any_store> open(environment& env, bool read_only) {
        Options options;
        options.read_only = read_only;
        options.environment = &env;
        options.append_id_expiry = append_id_expiry;
        return owned(Store::open(folder_ / "store", options));
    }
    scratch_folder folder_;
};

}  // namespace varve::tests
