// The engine on one SQLite file and its side files.
//
// One process writes, through one connection; any number of threads and processes read beside it.
// The file is in WAL mode with `synchronous=FULL`: what `transact` has acknowledged survives a power
// cut. Nothing but this engine may write to the file: look at it with `sqlite3 -readonly`.
//
//     auto engine = varve::sqlite_engine::open("bank.db", spaces).value();
//     engine.transact([&](auto& t) { return t.put(spaces[0], 1, value); }).value();
//
// Beside `bank.db` lie `bank.db-wal` and `bank.db-shm`, which belong to it and are copied with it or
// not at all, and `bank.db-lock`, which names the writer. `sqlite/README.md` says more.
#pragma once

#include <varve/adapters/sqlite.hpp>
#include <varve/engine.hpp>
#include <varve/eventstore/named_spaces.hpp>
#include <varve/eventstore/sqlite/state.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace varve::inline v0 {

/// Models `engine`. `transact` and `reopen` by one thread at a time, `view` by any.
class sqlite_engine {
public:
    static constexpr engine_traits traits{.name = "sqlite"};

    /// What a transaction writes.
    class transaction {
    public:
        result<void> put(const space& in, const key& at, bytes_view value) {
            if (auto fine = detail::check_entry(*spaces_, in, at, value.size()); !fine) return fine;
            return note(writer_->put(in, at, value));
        }
        result<void> remove(const space& in, const key& at) {
            if (auto fine = detail::check_entry(*spaces_, in, at, 0); !fine) return fine;
            return note(writer_->remove(in, at));
        }
        /// Also undoes what was done through `native()`.
        result<std::uint64_t> savepoint() {
            if (auto done = note(writer_->mark()); !done) return pass_on(std::move(done));
            return marks_++;
        }
        result<void> rollback_to(std::uint64_t savepoint) {
            if (savepoint >= marks_)
                return fail(errc::invalid_argument, "no savepoint " + std::to_string(savepoint));
            for (; marks_ > savepoint + 1; --marks_) {
                if (auto done = note(writer_->roll_back_to_mark()); !done) return done;
                if (auto done = note(writer_->release_mark()); !done) return done;
            }
            return note(writer_->roll_back_to_mark());
        }
        /// The connection, inside its transaction, for statements on tables of the caller's own.
        /// Not to be committed, rolled back or closed, and not to be used after `transact`.
        sqlite3* native() const noexcept { return writer_->raw(); }

    private:
        friend class sqlite_engine;
        transaction(detail::sqlite_writer& writer, const detail::named_spaces& spaces)
            : writer_(&writer), spaces_(&spaces) {}

        result<void> note(result<void> done) {
            if (!done && broken_.empty()) broken_ = done.error().message;
            return done;
        }

        detail::sqlite_writer* writer_;
        const detail::named_spaces* spaces_;
        std::uint64_t marks_ = 0;
        std::string broken_;  // why the engine failed, if it did
    };

    /// What was durable when it began. May outlive `reopen` and the engine, with what it saw.
    class view_type {
    public:
        view_type(view_type&&) noexcept = default;
        view_type& operator=(view_type&&) = delete;
        ~view_type() {
            if (reader_ && reader_->end()) pool_->put_back(std::move(reader_));
        }
        result<bool> get(const space& in, const key& at,
                         const std::function<void(bytes_view)>& found) {
            return reader_->get(in, at, found);
        }
        result<void> scan(const space& in, const key& low, const key& high, direction way,
                          const entry_visitor& visit) {
            return reader_->scan(in, low, high, way, visit);
        }

    private:
        friend class sqlite_engine;
        view_type(std::shared_ptr<detail::sqlite_readers> pool,
                  std::unique_ptr<detail::sqlite_reader> reader)
            : pool_(std::move(pool)), reader_(std::move(reader)) {}
        std::shared_ptr<detail::sqlite_readers> pool_;
        std::unique_ptr<detail::sqlite_reader> reader_;
    };

    /// Opens or creates. Errors: `busy` naming the holder, `foreign`, `corrupt`, `not_found`,
    /// `denied`, `invalid_argument`, `unsupported`, `full`, `io`. A file that is no store is not
    /// touched.
    static result<sqlite_engine> open(std::string path, std::span<const space> spaces,
                                      sqlite_engine_options options = {});

    /// See `engine`. Errors: what `f` returns, `unknown`, `poisoned`, `unsupported` if read-only,
    /// `busy` if another program than a store writes to the file; nothing was tried then.
    template <class F>
        requires std::is_invocable_r_v<result<void>, F, transaction&>
    result<void> transact(F&& f);

    /// A consistent view of what is durable now. Errors: `io`, `corrupt`.
    result<view_type> view() const;

    /// Opens the file anew, without waiting for the views that are open.
    result<void> reopen();

    /// What lies here is not what its owner expects: nothing more is written, and closing moves nothing
    /// from the write-ahead log into the file, so that each can still be replaced by what it was.
    void leave_as_it_is() { state_->poison = "it is not what was expected"; }

    bool read_only() const noexcept { return state_->options.read_only; }
    std::string place() const { return state_->given_path; }
    /// The file itself, through all links: side files are named after it.
    const std::string& file() const noexcept { return state_->place.path(); }
    /// Pages in the write-ahead log: grows while a long view keeps it from being reused.
    std::uint32_t wal_pages() const noexcept {
        return state_->writer ? state_->writer->wal_pages() : 0;
    }

private:
    using state = detail::sqlite_state;
    class rollback_at_end;

    explicit sqlite_engine(std::unique_ptr<state> inner) : state_(std::move(inner)) {}

    std::unique_ptr<state> state_;
};

inline result<sqlite_engine> sqlite_engine::open(std::string path, std::span<const space> spaces,
                                                 sqlite_engine_options options) {
    if (auto fine = detail::check_sqlite(); !fine) return pass_on(std::move(fine));
    auto named = detail::named_spaces::check(spaces);
    if (!named) return pass_on(std::move(named));
    auto place = detail::sqlite_place::at(path, options.vfs);
    if (!place) return pass_on(std::move(place));
    std::unique_ptr<state> inner{new state{.given_path = std::move(path),
                                           .options = std::move(options),
                                           .spaces = std::move(*named),
                                           .place = std::move(*place)}};
    auto done = inner->options.read_only ? inner->open_for_reading() : inner->open_for_writing();
    if (!done) return pass_on(std::move(done));
    return sqlite_engine{std::move(inner)};
}

inline result<void> sqlite_engine::reopen() {
    if (auto fine = state_->check_process(); !fine) return fine;
    state_->poison = "it is being reopened and that did not succeed";
    state_->options.create = false;  // what is gone is gone: it is not replaced by an empty one
    if (state_->writer) state_->writer->leave_as_it_is();
    state_->writer.reset();
    auto done = state_->options.read_only ? state_->open_for_reading() : state_->open_for_writing();
    if (done)
        state_->poison.clear();
    else
        state_->poison = done.error().message;
    return done;
}

inline result<sqlite_engine::view_type> sqlite_engine::view() const {
    if (auto fine = state_->check_process(); !fine) return pass_on(std::move(fine));
    std::shared_ptr<detail::sqlite_readers> pool;
    {
        const std::lock_guard guard{state_->mutex};
        pool = state_->readers;
        if (state_->frozen && !state_->place.log_is_empty())
            return fail(errc::io, "'" + place() +
                                      "' was opened as a file that nobody writes, and now somebody "
                                      "does; open it again");
    }
    auto reader = pool->take();
    if (!reader) return pass_on(std::move(reader));
    if (auto begun = (*reader)->begin(); !begun)
        return fail(begun.error().code == errc::corrupt ? errc::corrupt : errc::io,
                    "'" + place() + "': " + begun.error().message);
    return view_type{std::move(pool), std::move(*reader)};
}

/// Rolls back unless the transaction is over; so also when `f` throws.
class sqlite_engine::rollback_at_end {
public:
    explicit rollback_at_end(state& of) : of_(&of) {}
    rollback_at_end(const rollback_at_end&) = delete;
    rollback_at_end& operator=(const rollback_at_end&) = delete;
    ~rollback_at_end() {
        if (of_->writer->in_transaction() && !of_->writer->rollback() && of_->poison.empty())
            of_->poison = "a rollback failed";
    }

private:
    state* of_;
};

template <class F>
    requires std::is_invocable_r_v<result<void>, F, sqlite_engine::transaction&>
result<void> sqlite_engine::transact(F&& f) {
    state& s = *state_;
    if (s.options.read_only)
        return fail(errc::unsupported, "'" + place() + "' was opened read-only");
    if (auto fine = s.check_process(); !fine) return fine;
    if (!s.poison.empty())
        return fail(errc::poisoned,
                    "'" + place() + "' failed before (" + s.poison + "); reopen it first");
    const auto broken = [&](const std::string& why) {
        s.poison = why;
        return fail(errc::unknown, "'" + place() + "' failed while storing (" + why +
                                       "); reopen it to see whether it is stored");
    };
    const rollback_at_end guard{s};
    if (auto begun = s.writer->begin(); !begun) {
        if (begun.error().code == errc::busy)
            return fail(errc::busy, "another program than a store writes to '" + place() + "' (" +
                                        begun.error().message +
                                        "); look at it with sqlite3 -readonly");
        return broken(begun.error().message);
    }
    auto others = s.writer->others_wrote();
    if (!others) return broken(others.error().message);
    if (*others) {
        s.poison = "another program wrote to it";
        return fail(errc::poisoned, "another program wrote to '" + place() +
                                        "', which only one may; nothing was tried; reopen it to "
                                        "see what is there");
    }
    transaction writes{*s.writer, s.spaces};
    result<void> done = std::forward<F>(f)(writes);
    if (!writes.broken_.empty()) return broken(writes.broken_);
    if (!done) return done;
    if (!s.writer->in_transaction()) return broken("the transaction was ended inside of it");
    if (auto committed = s.writer->commit(); !committed) return broken(committed.error().message);
    // the transaction is durable, whatever becomes of the checkpoint
    if (auto moved = s.writer->checkpoint_if_due(); !moved) s.poison = moved.error().message;
    return {};
}

}  // namespace varve::inline v0
