// The event store: every guarantee, written once over any engine.
//
// All functions may be called from any thread. The store starts no thread of its own; asynchronous
// appends run on the environment's executor. Destroying a store refuses new appends, waits until
// those in flight are answered, and closes the engine; nobody may be blocked in it or use a page's
// scan by then (pages themselves own their bytes and live on).
#pragma once

#include <varve/checkpoint.hpp>
#include <varve/environment.hpp>
#include <varve/eventstore/detail/async_append.hpp>
#include <varve/eventstore/detail/store_core.hpp>
#include <varve/eventstore/detail/store_opening.hpp>
#include <varve/eventstore/store_options.hpp>
#include <varve/eventstore/verify.hpp>
#include <varve/reservation.hpp>
#include <varve/store.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0 {

template <engine Engine>
class basic_store {
public:
    static constexpr store_traits traits{.engine = Engine::traits.name,
                                         .durable = Engine::traits.durable};

    /// The spaces that an engine is opened with to be given to a store.
    static constexpr std::span<const space> spaces() noexcept { return detail::store_spaces; }

    /// Takes an open engine; creates the store in it if it is empty and may be written. Reads and
    /// proves the whole log to build the index. Errors: `corrupt` with the place, `foreign`,
    /// `not_found` (empty and read-only), `io`, `unknown` (creating it failed).
    static result<basic_store> open(Engine opened, store_options options = {}) {
        basic_store store{std::make_unique<core>(std::move(opened), options)};
        auto ready = detail::store_opening{store.core_->state}.start();
        if (ready) return store;
        if constexpr (requires { store.core_->state.engine.leave_as_it_is(); })
            store.core_->state.engine.leave_as_it_is();
        return pass_on(std::move(ready));
    }

    store_identity identity() const { return core_->state.stored.identity; }
    position head() const { return core_->state.current_head(); }
    Engine& engine() noexcept { return core_->state.engine; }
    const Engine& engine() const noexcept { return core_->state.engine; }
    varve::environment& environment() const noexcept { return *core_->state.options.environment; }
    bool read_only() const { return core_->state.engine.read_only(); }

    /// Blocks until the append is durable or refused. Refused with `conflict` or `exists` (all failed
    /// checks and conditions inside), `tombstoned`, `id_reused`, `too_large`, `invalid_argument`,
    /// `overloaded`, `poisoned`, `closed`, `unsupported` (opened read-only). `unknown`: ask again with
    /// the same id after `reopen()`.
    result<receipt> append(const append_request& request) {
        auto batch = core_->encode(request);
        if (!batch) return pass_on(std::move(batch));
        detail::pending_append append{std::move(*batch), request.checks, request.types,
                                      request.conditions, request.fail_if_exists};
        if (auto taken = core_->queue.submit(append); !taken) return pass_on(std::move(taken));
        return std::move(append.answer);
    }

    /// Ends a stream, softly or for ever; answers as an append of one event does. `not_found` if a
    /// stream that is to end softly has no events to hide.
    result<receipt> end_stream(const end_request& request) {
        auto batch = core_->encode(request);
        if (!batch) return pass_on(std::move(batch));
        const stream_check check{request.stream, request.expected};
        detail::pending_append append{std::move(*batch), {&check, 1}, {}};
        if (auto taken = core_->queue.submit(append); !taken) return pass_on(std::move(taken));
        return std::move(append.answer);
    }

    /// The same without blocking. The request is copied before the call returns; `done` is called
    /// exactly once, on an executor thread or an appender's, or here if the request is refused at
    /// once. It must not block.
    void append_async(const append_request& request,
                      std::move_only_function<void(result<receipt>)> done) {
        auto batch = core_->encode(request);
        if (!batch) return done(pass_on(std::move(batch)));
        auto append = std::make_unique<detail::async_append>(std::move(*batch), request,
                                                             std::move(done));
        auto* waiting = append.get();
        waiting->work.done = [owner = std::move(append)] {
            owner->done(std::move(owner->work.answer));
        };
        if (auto taken = core_->queue.submit_later(waiting->work); !taken) {
            const auto dropped = std::move(waiting->work.done);
            waiting->done(pass_on(std::move(taken)));
        }
    }

    /// The receipt of an earlier append, at any later time, or nothing.
    result<std::optional<receipt>> find(const append_id& id) {
        if (core_->state.poisoned) return core_->writer.refuse_poisoned();
        return core_->reader.find(id);
    }

    result<scan_end> scan_log(const log_range& range, const event_visitor& visit) {
        return core_->reader.scan_log(range, visit);
    }
    result<stream_scan_end> scan_stream(std::string_view stream, const stream_range& range,
                                        const event_visitor& visit) {
        return core_->reader.scan_stream(stream, range, visit);
    }
    result<scan_end> scan_query(const event_query& query, const log_range& range,
                                const event_visitor& visit) {
        return core_->reader.scan_query(query, range, visit);
    }
    result<event_page> read_log(const log_range& range) {
        return page_of<event_page>([&](const auto& add) { return scan_log(range, add); });
    }
    result<stream_page> read_stream(std::string_view stream, const stream_range& range = {}) {
        return page_of<stream_page>(
            [&](const auto& add) { return scan_stream(stream, range, add); });
    }
    result<event_page> read_query(const event_query& query, const log_range& range = {}) {
        return page_of<event_page>([&](const auto& add) { return scan_query(query, range, add); });
    }

    /// The last position that was recorded at or before a time; 0 if the log begins later.
    result<position> position_at(timestamp when) { return core_->reader.position_at(when); }

    position wait_beyond(position where, std::chrono::nanoseconds wait) {
        return core_->state.wait_beyond(where, wait);
    }
    registration on_durable(std::function<void()> wake) {
        return core_->state.head.listen(std::move(wake));
    }

    /// After `unknown`: opens the engine again and reads the log, so that `find` tells the truth.
    /// Readers, waiters and listeners survive. Errors: as `open`, and `corrupt` if the log ends
    /// before what was already durable.
    result<void> reopen() {
        return core_->queue.exclusively(
            [&] { return detail::store_opening{core_->state}.reopen(); });
    }

    /// Proves every byte of the log: checksums, leaves, chain, density; and says what was found, at the
    /// opening, of what is kept beside it. Errors: `io`.
    result<verify_report> verify() {
        auto report = verify_log(core_->state.engine, core_->state.options.tenant);
        if (auto fine = core_->state.check_beside(); report && !fine)
            report->faults.push_back({report->head, fine.error().message});
        return report;
    }

    /// Streams whose name begins with `prefix`, sorted by name.
    std::vector<stream_entry> streams(std::string_view prefix = {}) {
        return core_->reader.list(prefix);
    }
    store_summary summary() { return core_->reader.summary(); }

    /// Every type that was described, by name and version. Errors: `corrupt`, `io`.
    using owned_type = stored_type;
    result<std::vector<stored_type>> types() { return core_->reader.types(); }

    // ---- named readers: see `checkpoint_store` -------------------------------------------------

    result<checkpoint> load_checkpoint(std::string_view reader) {
        return core_->readers.load(reader);
    }
    result<checkpoint> claim_reader(std::string_view reader) {
        return change_checkpoint([&](auto& to) { return core_->readers.claim(to, reader); });
    }
    result<void> save_checkpoint(std::string_view reader, position reached, fencing_token holder) {
        auto saved = change_checkpoint(
            [&](auto& to) { return core_->readers.save(to, reader, reached, holder); });
        if (!saved) return pass_on(std::move(saved));
        return {};
    }
    /// Sends a reader back to the beginning, for a rebuild or after a restore. Errors: `fenced`.
    result<void> reset_checkpoint(std::string_view reader, fencing_token holder) {
        auto saved = change_checkpoint(
            [&](auto& to) { return core_->readers.reset(to, reader, holder); });
        if (!saved) return pass_on(std::move(saved));
        return {};
    }
    using reader_entry = detail::reader_entry;
    /// Every reader with a checkpoint, by name. Errors: `corrupt`, `io`.
    result<std::vector<reader_entry>> readers() { return core_->readers.list(); }

    // ---- events that consumers set aside: see `consumer_group` ----------------------------------

    /// What a group has parked, in log order. Errors: `corrupt`, `io`.
    result<std::vector<parked_event>> parked(std::string_view group) {
        return core_->parked.list(group);
    }
    /// Parks events durably, or parks them again with other words. Errors: `fenced`.
    result<void> park(std::string_view group, std::span<const parked_event> events,
                      fencing_token holder) {
        return write_beside(
            [&](auto& to) { return core_->parked.park(to, group, events, holder); });
    }
    /// Forgets a parked event. Errors: `fenced`.
    result<void> unpark(std::string_view group, position where, fencing_token holder) {
        return write_beside(
            [&](auto& to) { return core_->parked.unpark(to, group, where, holder); });
    }

    // ---- folded states of streams: see `snapshot_store` -----------------------------------------

    result<bool> load_snapshot(std::string_view stream, const snapshot_form& form,
                               const snapshot_user& use) {
        return core_->snapshots.load(stream, form, use);
    }
    result<snapshot_saving> save_snapshot(const new_snapshot& made) {
        if (read_only()) return core_->refuse_read_only();
        auto next = core_->snapshots.prepare(made);
        if (!next) return pass_on(std::move(next));
        auto left = snapshot_saving::kept;
        if (*next) {
            auto done = write_beside([&](auto& to) -> result<void> {
                auto admitted = core_->snapshots.admit(to, **next);
                if (!admitted) return pass_on(std::move(admitted));
                left = *admitted;
                return {};
            });
            if (!done) return pass_on(std::move(done));
        }
        core_->snapshots.count(left);
        return left;
    }
    result<std::size_t> drop_snapshots(std::string_view stream) {
        return drop_snapshots_of(stream);
    }
    result<std::size_t> drop_all_snapshots() { return drop_snapshots_of(std::nullopt); }
    result<std::vector<snapshot_entry>> snapshots(std::string_view prefix = {}) {
        return core_->snapshots.list(prefix);
    }
    snapshot_stats snapshot_counts() const { return core_->snapshots.counts(); }

    // ---- promised appends: see `reserving_store` -------------------------------------------------

    result<reservation_state> reserve(const append_request& request, bytes_view memo = {}) {
        if (memo.size() > limits::memo)
            return fail(errc::too_large, "the reservation has a memo of " +
                                             std::to_string(memo.size()) + " bytes, the limit is " +
                                             std::to_string(limits::memo));
        auto batch = core_->encode(request);
        if (!batch) return pass_on(std::move(batch));
        auto work = core_->promise_of(request, memo, std::move(*batch));
        if (auto taken = core_->queue.submit(work); !taken) return pass_on(std::move(taken));
        if (!work.answer) return pass_on(std::move(work.answer));
        return work.answer->first == position{} ? work.promised->state
                                                : reservation_state::confirmed;
    }
    result<receipt> confirm(const append_id& id) {
        return ask_about(id, detail::pending_append::purpose::confirm);
    }
    result<void> release(const append_id& id) {
        auto done = ask_about(id, detail::pending_append::purpose::release);
        if (!done) return pass_on(std::move(done));
        return {};
    }
    result<void> forget(const append_id& id) {
        auto done = ask_about(id, detail::pending_append::purpose::forget);
        if (!done) return pass_on(std::move(done));
        return {};
    }
    result<std::vector<reservation>> reservations() {
        if (core_->state.poisoned) return core_->writer.refuse_poisoned();
        std::vector<reservation> all;
        auto counts = core_->state.visit_reservations(
            [&](bytes_view, const append_id& id, auto made) -> result<void> {
                if (!made) return pass_on(std::move(made));
                all.push_back(detail::describe_promise(id, *made));
                return {};
            });
        if (!counts) return pass_on(std::move(counts));
        if (auto same = detail::compare_promises(counts->counted, counts->there); !same)
            return pass_on(std::move(same));
        return all;
    }

    /// Writes beside the log, for checkpoints and the like: `decide` is called by the leader, sees
    /// what is stored and what the group has staged before it, and says what to write; blocks until
    /// that is durable. Errors: what `decide` says, `unknown`, `poisoned`, `overloaded`, `closed`,
    /// `unsupported` (opened read-only).
    result<void> write_beside(detail::side_write::decision decide) {
        if (read_only()) return core_->refuse_read_only();
        detail::side_write work{std::move(decide)};
        if (auto taken = core_->queue.submit(work); !taken) return taken;
        return std::move(work.answer);
    }

protected:
    const detail::durable_head& durable() const noexcept { return core_->state.head; }

private:
    using core = detail::store_core<Engine>;

    /// Runs a scan into a page that owns its events.
    template <class Page, class Scan>
    static result<Page> page_of(Scan&& scan) {
        Page page;
        auto end = scan([&](const recorded_event& event) { return page.add(event), true; });
        if (!end) return pass_on(std::move(end));
        page.finish(*end);
        return page;
    }

    template <class Change>
    result<checkpoint> change_checkpoint(Change&& change) {
        checkpoint left;
        auto done = write_beside([&](detail::side_transaction& to) -> result<void> {
            auto changed = change(to);
            if (!changed) return pass_on(std::move(changed));
            left = *changed;
            return {};
        });
        if (!done) return pass_on(std::move(done));
        return left;
    }

    /// Those saved meanwhile go too, which harms nobody.
    result<std::size_t> drop_snapshots_of(std::optional<std::string_view> stream) {
        if (read_only()) return core_->refuse_read_only();
        auto keys = core_->snapshots.keys(stream);
        if (!keys) return pass_on(std::move(keys));
        constexpr std::size_t at_once = 1024;  // so that appends get their turn
        for (std::size_t i = 0; i < keys->size(); i += at_once) {
            const auto some = std::span{*keys}.subspan(i, std::min(at_once, keys->size() - i));
            auto done = write_beside([some](auto& to) -> result<void> {
                for (const auto& key : some) to.remove(detail::snapshot_space, key);
                return {};
            });
            if (!done) return pass_on(std::move(done));
        }
        return keys->size();
    }

    result<receipt> ask_about(const append_id& id, detail::pending_append::purpose what) {
        if (read_only()) return core_->refuse_read_only();
        if (id.is_none())
            return fail(errc::invalid_argument, "a reservation is named by its append id");
        detail::pending_append work{detail::batch_builder::without_events(id), {}, {}};
        work.aim = what;
        if (auto taken = core_->queue.submit(work); !taken) return pass_on(std::move(taken));
        return std::move(work.answer);
    }

    explicit basic_store(std::unique_ptr<core> built) : core_(std::move(built)) {}

    std::unique_ptr<core> core_;
};

}  // namespace varve::inline v0
