// The engine on one RocksDB folder.
//
// One process writes; any number of threads and processes read beside it. Each transaction is one
// batch, synced before it is acknowledged: what `transact` has acknowledged survives a power cut.
// Nothing but this engine may write to the folder.
//
//     auto engine = varve::rocksdb_engine::open("bank.store", spaces).value();
//     engine.transact([&](auto& t) { return t.put(spaces[0], 1, value); }).value();
//
// Beside RocksDB's own files lie `STORE`, which says what the folder is, `WRITER`, which names who
// writes, and `DURABLE`, which tells readers how far they may look. `rocksdb/README.md` says more.
#pragma once

#include <varve/adapters/rocksdb.hpp>
#include <varve/engine.hpp>
#include <varve/eventstore/named_spaces.hpp>
#include <varve/eventstore/rocksdb/state.hpp>
#include <varve/eventstore/rocksdb/view.hpp>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace varve::inline v0 {

/// Models `engine`. `transact` and `reopen` by one thread at a time, `view` by any.
class rocksdb_engine {
public:
    static constexpr engine_traits traits{.name = "rocksdb"};
    using view_type = rocksdb_view;

    /// What a transaction writes.
    class transaction {
    public:
        result<void> put(const space& in, const key& at, bytes_view value) {
            if (auto fine = detail::check_entry(object_->spaces(), in, at, value.size()); !fine)
                return fine;
            return note(
                batch_->Put(object_->family(in), detail::rocksdb_key{in, at}, as_slice(value)));
        }
        result<void> remove(const space& in, const key& at) {
            if (auto fine = detail::check_entry(object_->spaces(), in, at, 0); !fine) return fine;
            return note(batch_->Delete(object_->family(in), detail::rocksdb_key{in, at}));
        }
        /// Also undoes what was done through `native()`.
        result<std::uint64_t> savepoint() {
            batch_->SetSavePoint();
            return marks_++;
        }
        result<void> rollback_to(std::uint64_t savepoint) {
            if (savepoint >= marks_)
                return fail(errc::invalid_argument, "no savepoint " + std::to_string(savepoint));
            for (; marks_ > savepoint; --marks_)
                if (auto done = note(batch_->RollbackToSavePoint()); !done) return done;
            batch_->SetSavePoint();  // RocksDB drops the one it goes back to; ours stays
            ++marks_;
            return {};
        }
        /// The batch, for keys of the caller's own in the default column family. Not to be cleared,
        /// and not to be used after `transact`.
        rocksdb::WriteBatchWithIndex* native() const noexcept { return batch_; }

    private:
        friend class rocksdb_engine;
        transaction(detail::rocksdb_object& object, rocksdb::WriteBatchWithIndex& batch)
            : object_(&object), batch_(&batch) {}

        result<void> note(const rocksdb::Status& status) {
            if (status.ok()) return {};
            broken_ = status.ToString();
            return fail(errc::io, broken_);
        }

        detail::rocksdb_object* object_;
        rocksdb::WriteBatchWithIndex* batch_;
        std::uint64_t marks_ = 0;
        std::string broken_;  // why the engine failed, if it did
    };

    /// Opens or creates. Errors: `busy` naming the holder, `foreign`, `corrupt`, `not_found`,
    /// `denied`, `invalid_argument`, `unsupported`, `full`, `io`. A folder that is no store is not
    /// touched.
    static result<rocksdb_engine> open(std::string path, std::span<const space> spaces,
                                       rocksdb_engine_options options = {});

    /// See `engine`. Errors: what `f` returns, `unknown`, `poisoned`, `unsupported` if read-only.
    template <class F>
        requires std::is_invocable_r_v<result<void>, F, transaction&>
    result<void> transact(F&& f);

    /// A consistent view of what is durable now. Errors: `io`, `corrupt`.
    result<view_type> view() const;

    /// Opens the folder anew, without waiting for the views that are open.
    result<void> reopen();

    bool read_only() const noexcept { return state_->options.read_only; }
    std::string place() const { return state_->given_path; }
    /// The folder's files, through all links: for what a store keeps beside RocksDB.
    const detail::rocksdb_files& files() const noexcept { return state_->place.files(); }

private:
    using state = detail::rocksdb_state;

    explicit rocksdb_engine(std::unique_ptr<state> inner) : state_(std::move(inner)) {}

    std::unique_ptr<state> state_;
};

inline result<rocksdb_engine> rocksdb_engine::open(std::string path, std::span<const space> spaces,
                                                   rocksdb_engine_options options) {
    auto named = detail::named_spaces::check(spaces);
    if (!named) return pass_on(std::move(named));
    auto place = detail::rocksdb_place::at(path, options.platform);
    if (!place) return pass_on(std::move(place));
    std::unique_ptr<state> inner{new state{.given_path = std::move(path),
                                           .options = std::move(options),
                                           .spaces = std::move(*named),
                                           .place = std::move(*place)}};
    inner->cache = rocksdb::NewLRUCache(inner->options.cache_bytes);
    auto done = inner->options.read_only ? inner->open_for_reading() : inner->open_for_writing();
    if (!done) return pass_on(std::move(done));
    return rocksdb_engine{std::move(inner)};
}

inline result<void> rocksdb_engine::reopen() {
    if (auto fine = state_->check_process(); !fine) return fine;
    state_->poison = "it is being reopened and that did not succeed";
    state_->options.create = false;  // what is gone is gone: it is not replaced by an empty one
    if (state_->object && !state_->options.read_only) state_->object->retire();
    auto done = state_->options.read_only ? state_->open_for_reading() : state_->open_for_writing();
    if (done)
        state_->poison.clear();
    else
        state_->poison = done.error().message;
    return done;
}

inline result<rocksdb_engine::view_type> rocksdb_engine::view() const {
    if (auto fine = state_->check_process(); !fine) return pass_on(std::move(fine));
    if (state_->options.read_only) {
        auto object = state_->reading();
        if (!object) return pass_on(std::move(object));
        return view_type{std::move(*object), true};
    }
    const std::lock_guard guard{state_->mutex};
    return view_type{state_->object, false};
}

template <class F>
    requires std::is_invocable_r_v<result<void>, F, rocksdb_engine::transaction&>
result<void> rocksdb_engine::transact(F&& f) {
    state& s = *state_;
    if (s.options.read_only)
        return fail(errc::unsupported, "'" + place() + "' was opened read-only");
    if (auto fine = s.check_process(); !fine) return fine;
    if (s.poison.empty() && s.object->watch()->failed()) s.poison = s.object->watch()->first();
    if (!s.poison.empty())
        return fail(errc::poisoned,
                    "'" + place() + "' failed before (" + s.poison + "); reopen it first");
    const auto broken = [&](const std::string& why) {
        s.poison = why;
        s.object->gate()
            .shut();  // what the failure left is settled by `reopen`, and by nobody else
        return fail(errc::unknown, "'" + place() + "' failed while storing (" + why +
                                       "); reopen it to see whether it is stored");
    };
    rocksdb::WriteBatchWithIndex batch{rocksdb::BytewiseComparator(), 0, true};
    transaction writes{*s.object, batch};
    result<void> done = std::forward<F>(f)(writes);
    if (!writes.broken_.empty()) return broken(writes.broken_);
    if (!done) return done;
    const auto status = s.object->raw().Write(detail::rocksdb_write_options(s.options.durability),
                                              batch.GetWriteBatch());
    if (!status.ok()) return broken(status.ToString());
    s.object->work();
    return {};
}

}  // namespace varve::inline v0
