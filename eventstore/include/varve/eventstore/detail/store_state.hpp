// The shared inside of a store: its engine, what was read from it, and the index.
#pragma once

#include <varve/eventstore/anchor/keeper.hpp>
#include <varve/eventstore/detail/durable_head.hpp>
#include <varve/eventstore/detail/id_lifetime.hpp>
#include <varve/eventstore/detail/log_index.hpp>
#include <varve/eventstore/detail/reservation_book.hpp>
#include <varve/eventstore/detail/side_book.hpp>
#include <varve/eventstore/format/log_reader.hpp>
#include <varve/eventstore/store_options.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// What all parts of a store look at; `store_opening` fills it. The leader writes the index, anybody
/// reads it under `index_guard`.
template <engine Engine>
struct store_state {
    store_state(Engine opened, const store_options& chosen)
        : engine(std::move(opened)), options(chosen), anchor(chosen.anchor, chosen.tenant) {}

    ~store_state() { anchor.close(now()); }

    /// What is counted of reservations, as it is stored and as it is there.
    struct promise_counts {
        side_census counted, there;
    };

    /// Errors: what `use` says, `corrupt`, `io`.
    template <class Use>
    result<promise_counts> visit_reservations(Use&& use) {
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        auto counted = stored_promises(*view, options.tenant);
        if (!counted) return pass_on(std::move(counted));
        auto there = scan_reservations(*view, options.tenant, std::forward<Use>(use));
        if (!there) return pass_on(std::move(there));
        return promise_counts{*counted, *there};
    }

    /// Everything so far is durable; `written` bytes were new.
    void move_anchor(const log_index& at, std::uint64_t written) {
        anchor.move_to({.store = stored.identity,
                        .head = at.head(),
                        .chain_head = at.chain_head(),
                        .promises = promises.writes,
                        .beside = std::max(beside.now().writes, lost_beside)},
                       written, now());
    }

    std::chrono::nanoseconds now() { return options.environment->clock().monotonic(); }

    result<void> put_beside(typename Engine::transaction& to, const side_census& count) const {
        const auto at = side_census_key(options.tenant);
        return to.put(meta_space, bytes_view{at}, encode_side_census(count));
    }

    /// Whether what is kept beside the log is what was written there. Errors: `corrupt`.
    result<void> check_beside() {
        const std::shared_lock lock{index_guard};
        if (beside_fault.empty()) return {};
        return fail(
            errc::corrupt,
            "what is kept beside the log in " + engine.place() +
                " (types, checkpoints, parked events) is not what was written: " + beside_fault +
                "; the log is not concerned; restore a backup, or take what is there with "
                "`varve repair --accept-loss-after " +
                to_string(index.head()) + "`");
    }

    result<void> scan_types(typename Engine::view_type& view, const entry_visitor& visit) {
        bytes low;
        put_big_endian(low, options.tenant);
        bytes high = low;
        high.resize(high.size() + limits::type_name + 5, std::byte{0xff});
        return view.scan(type_space, bytes_view{low}, bytes_view{high}, direction::forward, visit);
    }

    /// Proves every record beyond what an index knows, and takes it in.
    result<void> load_tail(log_index& into) {
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        batch_view batch;
        result<void> inner{};
        auto scanned = view->scan(
            tail_space, tail_key(into.head().next()), tail_key(position{limits::positions}),
            direction::forward, [&](const key& at, bytes_view data) {
                const std::unique_lock lock{index_guard};
                inner = index_record(into, position_of(at.number), data, batch);
                return inner.has_value();
            });
        if (!inner) return inner;
        return scanned;
    }

    static result<void> index_record(log_index& into, position first, bytes_view data,
                                     batch_view& batch) {
        if (first != into.head().next())
            return damage(into.head().next(),
                          "it is missing; the next one begins at " + to_string(first));
        into.begin_record(first);
        result<void> inner{};
        auto walked = each_batch(data, first, [&](bytes_view raw) {
            const char* fault = batch.parse(raw) ? into.add(batch) : batch.fault();
            if (fault != nullptr) inner = damage(into.head().next(), fault);
            return fault == nullptr;
        });
        if (!inner) return inner;
        return walked;
    }

    /// A reader beside a writer: takes in what has become durable since.
    result<void> refresh() {
        if (!engine.read_only()) return {};
        const std::lock_guard lock{refresh_guard};
        const auto anchored = anchor.load();  // first: the log can only be longer by then
        auto loaded = load_tail(index);
        if (!loaded) return loaded;
        head.publish(index.head());
        if (!anchored || !*anchored || (*anchored)->store != stored.identity ||
            (*anchored)->head <= index.head())
            return {};
        return fail(errc::corrupt, "the log in " + engine.place() + " ends at position " +
                                       to_string(index.head()) + ", its anchor says " +
                                       to_string((*anchored)->head) +
                                       ": events are lost; run `varve verify`");
    }

    position current_head() {
        (void)refresh();  // what was known before is still true
        return head.get();
    }

    position wait_beyond(position where, std::chrono::nanoseconds wait) {
        if (const position seen = current_head(); seen > where) return seen;
        if (!engine.read_only() || !options.wait_outside) return head.wait_beyond(where, wait);
        options.wait_outside(where, wait);
        const position seen = current_head();
        // woken and nothing there: the hint is wrong, or the log cannot be read. The caller will find
        // out when it reads; that it does not ask for it without a pause is all that is due here.
        if (seen <= where && wait > wait.zero())
            head.wait_beyond(where, std::min<std::chrono::nanoseconds>(wait, idle_pause));
        return seen;
    }
    static constexpr std::chrono::milliseconds idle_pause{20};

    // ---- places -----------------------------------------------------------------------------

    std::uint64_t tail_key(position at) const noexcept {
        return detail::tail_key(options.tenant, at);
    }

    static receipt receipt_of(const batch_view& batch) {
        receipt given{batch.append(), batch.first(), batch.last(), {}};
        std::vector<std::uint64_t> counts(batch.streams().size());
        batch.each_frame([&](std::uint32_t, const frame_view& frame) {
            ++counts[frame.stream()];
            return true;
        });
        for (std::size_t i = 0; i < counts.size(); ++i)
            given.streams.push_back({std::string{batch.streams()[i].name},
                                     revision{batch.streams()[i].first.value + counts[i] - 1}});
        return given;
    }

    /// Calls `use(batch)` with the proved batch that begins at `first`.
    template <class Use>
    result<receipt> with_batch(position first, Use&& use) {
        const position begin = record_of(first);
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        result<receipt> outcome{};
        auto found = view->get(tail_space, tail_key(begin), [&](bytes_view data) {
            record_walker walker;
            auto batch = walker.find_batch(data, begin, first);
            if (batch)
                outcome = use(**batch);
            else
                outcome = pass_on(std::move(batch));
        });
        if (!found) return pass_on(std::move(found));
        if (!*found) return missing(begin);
        return outcome;
    }

    /// What an entry of a space of octets holds, or nothing. Errors: what the engine's view says.
    result<std::optional<bytes>> stored_value(const space& in, bytes_view at) {
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        std::optional<bytes> value;
        auto found = view->get(in, at, [&](bytes_view data) { value = to_bytes(data); });
        if (!found) return pass_on(std::move(found));
        return value;
    }

    /// Something that is kept beside the log is damaged: what, where, and what is left to do.
    std::unexpected<failure> damage_beside(const failure& found) const {
        return fail(found.code, found.message + ", in " + engine.place() +
                                    "; the log is not concerned; restore a backup");
    }

    position record_of(position where) {
        const std::shared_lock lock{index_guard};
        return index.record_of(where);
    }

    static std::unexpected<failure> missing(position where) {
        return damage(where, "it is missing");
    }

    Engine engine;
    store_options options;
    stored_identity stored{};
    hash256 genesis{};
    id_lifetime lifetime{};
    anchor_keeper anchor;  ///< The leader's own; a reader's under `refresh_guard`.
    durable_head head;
    std::shared_mutex index_guard;
    log_index index;
    std::mutex refresh_guard;
    std::atomic<bool> poisoned = false;           ///< Set by the leader, cleared by `reopen`.
    std::unordered_set<std::string> known_types;  ///< The leader's own.
    side_book beside;                             ///< The leader's own.
    std::uint64_t lost_beside = 0;  ///< Writes that the anchor knows, while there is a fault.
    std::string beside_fault;       ///< What is wrong with what is kept beside the log.
    reservation_book reservations;  ///< The leader's own.
    side_census promises;           ///< What is durable of reservations; the leader's own.
};

}  // namespace varve::inline v0::detail
