// Any of our stores behind one type, and the places where one may lie.
#pragma once

#include <varve/checkpoint.hpp>
#include <varve/environment.hpp>
#include <varve/eventstore/format/parked.hpp>
#include <varve/eventstore/simulation/disk.hpp>
#include <varve/reservation.hpp>
#include <varve/snapshot.hpp>
#include <varve/store_ref.hpp>
#include <varve/testing/scratch_folder.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::tests {

/// Any of our stores, owned.
class any_store : public store_ref {
public:
    /// What a store offers beside `event_store`.
    struct whole {
        virtual ~whole() = default;
        virtual varve::environment& environment() = 0;
        virtual result<void> reopen() = 0;
        virtual void append_async(const append_request&,
                                  std::move_only_function<void(result<receipt>)>) = 0;
        virtual result<checkpoint> load_checkpoint(std::string_view) = 0;
        virtual result<checkpoint> claim_reader(std::string_view) = 0;
        virtual result<void> save_checkpoint(std::string_view, position, fencing_token) = 0;
        virtual result<void> reset_checkpoint(std::string_view, fencing_token) = 0;
        virtual result<std::vector<parked_event>> parked(std::string_view) = 0;
        virtual result<void> park(std::string_view, std::span<const parked_event>,
                                  fencing_token) = 0;
        virtual result<void> unpark(std::string_view, position, fencing_token) = 0;
        virtual result<bool> load_snapshot(std::string_view, const snapshot_form&,
                                           const snapshot_user&) = 0;
        virtual result<snapshot_saving> save_snapshot(const new_snapshot&) = 0;
        virtual result<std::size_t> drop_snapshots(std::string_view) = 0;
        virtual result<std::size_t> drop_all_snapshots() = 0;
        virtual result<std::vector<snapshot_entry>> snapshots(std::string_view) = 0;
        virtual snapshot_stats snapshot_counts() = 0;
        virtual result<reservation_state> reserve(const append_request&, bytes_view) = 0;
        virtual result<receipt> confirm(const append_id&) = 0;
        virtual result<void> release(const append_id&) = 0;
        virtual result<void> forget(const append_id&) = 0;
        virtual result<std::vector<reservation>> reservations() = 0;
    };

    any_store(std::unique_ptr<whole> owned, const store_ref& self)
        : store_ref(self), owned_(std::move(owned)) {}

    varve::environment& environment() const { return owned_->environment(); }
    result<void> reopen() { return owned_->reopen(); }
    void append_async(const append_request& request,
                      std::move_only_function<void(result<receipt>)> done) {
        owned_->append_async(request, std::move(done));
    }
    result<checkpoint> load_checkpoint(std::string_view reader) {
        return owned_->load_checkpoint(reader);
    }
    result<checkpoint> claim_reader(std::string_view reader) {
        return owned_->claim_reader(reader);
    }
    result<void> save_checkpoint(std::string_view reader, position reached, fencing_token token) {
        return owned_->save_checkpoint(reader, reached, token);
    }
    result<void> reset_checkpoint(std::string_view reader, fencing_token token) {
        return owned_->reset_checkpoint(reader, token);
    }
    result<std::vector<parked_event>> parked(std::string_view group) {
        return owned_->parked(group);
    }
    result<void> park(std::string_view group, std::span<const parked_event> events,
                      fencing_token token) {
        return owned_->park(group, events, token);
    }
    result<void> unpark(std::string_view group, position where, fencing_token token) {
        return owned_->unpark(group, where, token);
    }
    result<bool> load_snapshot(std::string_view stream, const snapshot_form& form,
                               const snapshot_user& use) {
        return owned_->load_snapshot(stream, form, use);
    }
    result<snapshot_saving> save_snapshot(const new_snapshot& made) {
        return owned_->save_snapshot(made);
    }
    result<std::size_t> drop_snapshots(std::string_view stream) {
        return owned_->drop_snapshots(stream);
    }
    result<std::size_t> drop_all_snapshots() { return owned_->drop_all_snapshots(); }
    result<std::vector<snapshot_entry>> snapshots(std::string_view prefix = {}) {
        return owned_->snapshots(prefix);
    }
    snapshot_stats snapshot_counts() const { return owned_->snapshot_counts(); }
    result<reservation_state> reserve(const append_request& request, bytes_view memo) {
        return owned_->reserve(request, memo);
    }
    result<receipt> confirm(const append_id& id) { return owned_->confirm(id); }
    result<void> release(const append_id& id) { return owned_->release(id); }
    result<void> forget(const append_id& id) { return owned_->forget(id); }
    result<std::vector<reservation>> reservations() { return owned_->reservations(); }

private:
    std::unique_ptr<whole> owned_;
};

/// Where a store of one engine may lie.
struct store_place {
    virtual ~store_place() = default;
    virtual result<any_store> open(environment& env) = 0;
    virtual result<any_store> open_to_read(environment& env) = 0;
    std::shared_ptr<simulated_disk> disk{};  ///< Null if it lies in real files.
    /// What the next `open` says of append ids; see `store_options`.
    std::optional<std::chrono::nanoseconds> append_id_expiry{};
};

std::unique_ptr<store_place> memory_place();  ///< The memory engine, whose journal is simulated.
std::unique_ptr<store_place> sqlite_place();  ///< SQLite on a simulated disk.
std::unique_ptr<store_place> sqlite_file_place();   ///< SQLite on real files.
std::unique_ptr<store_place> rocksdb_place();       ///< RocksDB on a simulated disk and one thread.
std::unique_ptr<store_place> rocksdb_file_place();  ///< RocksDB on real files.

using testkit::scratch_folder;

}  // namespace varve::tests
