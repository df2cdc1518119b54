// The engine in memory: ordered maps over a journal on a simulated disk.
//
// Every transaction is one record of the journal, synced before `transact` returns and only then
// applied to the maps. So it can lose power, fail and be full like an engine on a real disk, and a
// test of that takes a microsecond. It does not survive the end of the process.
//
//     auto disk = std::make_shared<varve::simulated_disk>();
//     auto engine = varve::memory_engine::open(spaces, {.disk = disk}).value();
//     disk->crash(7);
//     engine.reopen().value();
//
// The bytes of the journal are described in `memory/README.md`.
#pragma once

#include <varve/engine.hpp>
#include <varve/eventstore/memory/journal.hpp>
#include <varve/eventstore/memory/tables.hpp>
#include <varve/eventstore/simulation/disk.hpp>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>

namespace varve::inline v0 {

/// How a memory engine is opened.
struct memory_engine_options {
    std::shared_ptr<simulated_disk> disk{};  ///< None: a disk of its own.
    std::string file = "engine";             ///< The journal's name on that disk.
};

/// Models `engine`. `transact` and `reopen` by one thread at a time, `view` by any.
class memory_engine {
public:
    static constexpr engine_traits traits{
        .name = "memory", .durable = false, .shared = false, .transaction_hook = false};

    /// What a transaction is to write. Nothing is visible or stored before `transact` returns.
    class transaction {
    public:
        result<void> put(const space& in, const key& at, bytes_view value) {
            return record_->put(in, at, value);
        }
        result<void> remove(const space& in, const key& at) { return record_->remove(in, at); }
        /// A place to roll back to; gone once an earlier one is rolled back to.
        result<std::uint64_t> savepoint() { return record_->mark(); }
        result<void> rollback_to(std::uint64_t savepoint) { return record_->cut(savepoint); }

    private:
        friend class memory_engine;
        explicit transaction(detail::journal_record& record) : record_(&record) {}
        detail::journal_record* record_;
    };

    /// What was durable when it began. Survives `reopen` with what it saw.
    class view_type {
    public:
        result<bool> get(const space& in, const key& at,
                         const std::function<void(bytes_view)>& found) const {
            return snapshot_.get(in, at, found);
        }
        result<void> scan(const space& in, const key& low, const key& high, direction way,
                          const entry_visitor& visit) const {
            return snapshot_.scan(in, low, high, way, visit);
        }

    private:
        friend class memory_engine;
        explicit view_type(detail::memory_snapshot snapshot) : snapshot_(std::move(snapshot)) {}
        detail::memory_snapshot snapshot_;
    };

    /// Opens or creates. Errors: `busy`, `corrupt`, `foreign`, `io`, `full`.
    static result<memory_engine> open(std::span<const space> spaces,
                                      memory_engine_options options = {}) {
        if (!options.disk) options.disk = std::make_shared<simulated_disk>();
        auto named = detail::named_spaces::check(spaces);
        if (!named) return pass_on(std::move(named));
        auto inner = std::make_unique<state>(std::move(*named), std::move(options));
        if (auto done = inner->load(); !done) return pass_on(std::move(done));
        return memory_engine{std::move(inner)};
    }

    /// See `engine`. Errors: what `f` returns, `unknown`, `poisoned`.
    template <class F>
        requires std::is_invocable_r_v<result<void>, F, transaction&>
    result<void> transact(F&& f) {
        if (!state_->poison.empty())
            return fail(errc::poisoned, "memory engine '" + place() + "' failed before (" +
                                            state_->poison + "); reopen it first");
        detail::journal_record& record = state_->record;
        record.clear();
        transaction writes{record};
        if (result<void> done = std::forward<F>(f)(writes); !done) return done;
        if (record.empty()) return {};
        if (auto stored = state_->journal.append(record); !stored) {
            state_->poison = stored.error().message;
            return fail(errc::unknown, "memory engine '" + place() + "' failed while storing (" +
                                           stored.error().message +
                                           "); reopen it to see whether it is stored");
        }
        return state_->apply();
    }

    /// A consistent view of what is durable now.
    result<view_type> view() const {
        const std::lock_guard lock{state_->mutex};
        if (!state_->tables)
            return fail(errc::io, "memory engine '" + place() + "' is not open: " + state_->poison);
        return view_type{detail::memory_snapshot{state_->tables}};
    }

    /// Reads the journal again: what it finds is stored, and nothing else ever will be.
    result<void> reopen() {
        state_->poison = "it is being reopened";
        auto done = state_->load();
        if (!done) state_->poison = done.error().message;
        return done;
    }

    static constexpr bool read_only() noexcept { return false; }
    std::string place() const { return state_->options.file; }

private:
    struct state {
        state(detail::named_spaces named, memory_engine_options chosen)
            : spaces(std::move(named)), options(std::move(chosen)), record(spaces) {}

        detail::named_spaces spaces;
        memory_engine_options options;
        detail::memory_journal journal;
        detail::journal_record record;
        std::string poison;  // why nothing is written until `reopen`
        mutable std::mutex mutex;
        std::shared_ptr<detail::memory_tables> tables;

        result<void> load() {
            auto fresh = std::make_shared<detail::memory_tables>(spaces);
            bool sound = true;
            const auto apply = [&](bytes_view r) { sound = fresh->apply(r) && sound; };
            journal.close();
            if (auto done = journal.open(*options.disk, options.file, spaces, apply); !done)
                return done;
            if (!sound)
                return fail(errc::corrupt, "journal '" + options.file +
                                               "': a record with a right checksum makes no sense; "
                                               "it was written by something else");
            const std::lock_guard lock{mutex};
            tables = std::move(fresh);
            poison.clear();
            return {};
        }

        /// The record is durable: show it. If memory ends here, only the journal knows it.
        result<void> apply() {
            try {
                tables->apply(record.view());
                return {};
            } catch (const std::bad_alloc&) {
                const std::lock_guard lock{mutex};
                tables.reset();
                poison = "out of memory";
                return fail(errc::unknown, "memory engine '" + options.file +
                                               "' ran out of memory after storing; reopen it");
            }
        }
    };

    explicit memory_engine(std::unique_ptr<state> inner) : state_(std::move(inner)) {}

    std::unique_ptr<state> state_;
};

}  // namespace varve::inline v0
