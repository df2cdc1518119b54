// The shared inside of a store: its engine, what was read from it, and the index.
#pragma once

#include <varve/eventstore/anchor/keeper.hpp>
#include <varve/eventstore/detail/durable_head.hpp>
#include <varve/eventstore/detail/log_index.hpp>
#include <varve/eventstore/detail/reservation_book.hpp>
#include <varve/eventstore/format/log_reader.hpp>
#include <varve/eventstore/store_options.hpp>

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

/// Opens, indexes, follows. The leader writes the index, anybody reads it under `index_guard`.
template <engine Engine>
struct store_state {
    store_state(Engine opened, const store_options& chosen)
        : engine(std::move(opened)), options(chosen), anchor(chosen.anchor, chosen.tenant) {}

    ~store_state() { anchor.close(now()); }

    // ---- opening ----------------------------------------------------------------------------

    result<void> start() {
        if (options.tenant >= limits::tenants)
            return fail(errc::invalid_argument, "the tenant is " + std::to_string(options.tenant) +
                                                    ", the limit is " +
                                                    std::to_string(limits::tenants - 1));
        const auto anchored = anchor.load();
        if (!anchored) return std::unexpected(anchored.error());
        if (auto known = load_identity(*anchored); !known) return known;
        genesis = genesis_hash(stored.identity.id, options.tenant);
        if (auto loaded = load_log(index, *anchored); !loaded) return loaded;
        if (auto loaded = load_reservations(reservations); !loaded) return loaded;
        head.publish(index.head());
        return {};
    }

    /// What is promised; only who writes needs to know. One that cannot be read is a promise that
    /// cannot be kept, and nobody knows what it held.
    result<void> load_reservations(reservation_book& into) {
        if (engine.read_only()) return {};
        std::vector<bytes> lost;
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        auto scanned = scan_reservations(
            *view, options.tenant, [&](bytes_view at, const auto& id, auto&& made) -> result<void> {
                if (made)
                    into.set(id, std::make_shared<const promise>(std::move(*made)));
                else if (!options.drop_damaged_reservations)
                    return fail(made.error().code,
                                made.error().message + " (in " + engine.place() +
                                    "); restore a backup, or give it up with `varve repair "
                                    "--drop-damaged-reservations`");
                else
                    lost.push_back(to_bytes(at));
                return {};
            });
        if (!scanned) return scanned;
        into.settle();
        if (lost.empty()) return {};
        return engine.transact([&](typename Engine::transaction& transaction) -> result<void> {
            for (const auto& at : lost)
                if (auto gone = transaction.remove(reservation_space, bytes_view{at}); !gone)
                    return gone;
            return {};
        });
    }

    /// Types and log, into an empty index, and the comparison with the anchor.
    result<void> load_log(log_index& into, const std::optional<anchor_record>& anchored) {
        into.reset(genesis);
        if (anchored) into.watch(anchored->head);
        if (auto loaded = load_types(); !loaded) return loaded;
        if (auto loaded = load_promises(); !loaded) return loaded;
        if (auto loaded = load_tail(into); !loaded) return loaded;
        if (auto same = compare(into, anchored); !same) {
            if (engine.read_only() || options.accept_loss_after != into.head()) return same;
            if (auto begun = begin_epoch(); !begun) return begun;
        }
        if (!engine.read_only()) move_anchor(into, 1);
        return {};
    }

    /// Everything so far is durable; `written` bytes were new.
    void move_anchor(const log_index& at, std::uint64_t written) {
        anchor.move_to({.store = stored.identity,
                        .head = at.head(),
                        .chain_head = at.chain_head(),
                        .promises = promises},
                       written, now());
    }

    /// What the anchor knows and the log does not. Errors: `corrupt`.
    result<void> compare(const log_index& with,
                         const std::optional<anchor_record>& anchored) const {
        if (!anchored || anchored->store.epoch < stored.identity.epoch) return {};
        const auto refuse = [&](const std::string& what) {
            return fail(errc::corrupt,
                        "the log in " + engine.place() + " ends at position " +
                            to_string(with.head()) + ", but " + what +
                            "; restore a backup, or take what is there with `varve repair "
                            "--accept-loss-after " +
                            to_string(with.head()) + "`");
        };
        if (anchored->store.epoch > stored.identity.epoch)
            return refuse("its anchor is of a later life (epoch " +
                          to_string(anchored->store.epoch) + ", the store's is " +
                          to_string(stored.identity.epoch) + ")");
        if (with.head() < anchored->head)
            return refuse("its anchor says that it was durable up to " + to_string(anchored->head) +
                          ": events are lost");
        if (promises < anchored->promises)
            return refuse("its anchor knows " + std::to_string(anchored->promises) +
                          " changes of reservations, and " + std::to_string(promises) +
                          " are there: a promise is lost");
        if (anchored->head == position{} || options.chain == chain::none) return {};
        if (with.watched() != anchored->chain_head)
            return refuse("its anchor knows another history up to " + to_string(anchored->head));
        return {};
    }

    /// A new life: what was read under the old one may not be there any more.
    result<void> begin_epoch() {
        auto next = stored;
        ++next.identity.epoch.value;
        const auto value = encode_identity(next);
        auto done = engine.transact([&](typename Engine::transaction& transaction) {
            return transaction.put(meta_space, as_bytes(identity_key), value);
        });
        if (done) stored = next;
        return done;
    }

    std::chrono::nanoseconds now() { return options.environment->clock().monotonic(); }

    result<stored_identity> read_identity() {
        result<stored_identity> read = fail(errc::not_found, "");
        {
            auto view = engine.view();
            if (!view) return pass_on(std::move(view));
            auto found = view->get(meta_space, as_bytes(identity_key),
                                   [&](bytes_view value) { read = decode_identity(value); });
            if (!found) return pass_on(std::move(found));
            if (!*found) read = fail(errc::not_found, "there is no store in " + engine.place());
        }
        return read;
    }

    result<void> load_identity(const std::optional<anchor_record>& anchored) {
        auto read = read_identity();
        if (!read && read.error().code == errc::not_found && !engine.read_only()) {
            if (!anchored) return create();
            return fail(errc::corrupt,
                        "there is no store in " + engine.place() + ", but the anchor of one (" +
                            to_string(anchored->store.id) + ", durable up to position " +
                            to_string(anchored->head) +
                            "); bring the store back, or remove the anchor to begin a new one");
        }
        if (!read) return pass_on(std::move(read));
        stored = *read;
        if (!anchored || anchored->store.id == stored.identity.id) return {};
        return fail(errc::corrupt,
                    engine.place() + " holds the store " + to_string(stored.identity.id) +
                        ", and the anchor beside it is of the store " +
                        to_string(anchored->store.id) + "; bring together what belongs together");
    }

    result<void> create() {
        auto& env = *options.environment;
        stored = {{env.ids().template next<store_id>(), epoch{1}}, env.now()};
        const auto value = encode_identity(stored);
        return engine.transact([&](typename Engine::transaction& transaction) {
            return transaction.put(meta_space, as_bytes(identity_key), value);
        });
    }

    /// How often a reservation was made or ended, which stands beside them.
    result<void> load_promises() {
        auto value = stored_value(meta_space, promises_key(options.tenant));
        if (!value) return pass_on(std::move(value));
        promises = 0;
        if (!*value) return {};
        const auto body = checked_body(**value);
        if (!body || body->size() != 8)
            return fail(errc::corrupt,
                        "the count of reservations in " + engine.place() + " is damaged");
        promises = load<std::uint64_t>(body->data());
        return {};
    }

    result<void> load_types() {
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        known_types.clear();
        return scan_types(*view, [&](const key& at, bytes_view) {
            known_types.emplace(as_text(at.octets));
            return true;
        });
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

    result<void> reopen() {
        const position before = head.get();
        poisoned = true;  // until it has succeeded, nothing is written on top of what is there
        if (auto opened = engine.reopen(); !opened) return opened;
        if (auto same = find_the_same_store(); !same) return same;
        const auto anchored = anchor.load();
        if (!anchored) return std::unexpected(anchored.error());
        log_index fresh;  // readers go on with the old one meanwhile, and if this fails
        if (auto loaded = load_log(fresh, *anchored); !loaded) return loaded;
        reservation_book promised;
        if (auto loaded = load_reservations(promised); !loaded) return loaded;
        if (fresh.head() < before)
            return fail(errc::corrupt, "the log ends at position " + to_string(fresh.head()) +
                                           ", but " + to_string(before) +
                                           " was durable before: events are lost");
        {
            const std::unique_lock lock{index_guard};
            index = std::move(fresh);
        }
        reservations = std::move(promised);
        poisoned = false;
        head.publish(index.head());
        return {};
    }

    /// What was opened again may be another file by the same name.
    result<void> find_the_same_store() {
        auto found = read_identity();
        if (!found) return pass_on(std::move(found));
        if (found->identity == stored.identity) return {};
        return fail(errc::corrupt, engine.place() + " holds the store " +
                                       to_string(found->identity.id) + " in epoch " +
                                       to_string(found->identity.epoch) + " now, it was " +
                                       to_string(stored.identity.id) + " in epoch " +
                                       to_string(stored.identity.epoch) +
                                       ": the file was replaced; close this object");
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
    anchor_keeper anchor;  ///< The leader's own; a reader's under `refresh_guard`.
    durable_head head;
    std::shared_mutex index_guard;
    log_index index;
    std::mutex refresh_guard;
    std::atomic<bool> poisoned = false;           ///< Set by the leader, cleared by `reopen`.
    std::unordered_set<std::string> known_types;  ///< The leader's own.
    reservation_book reservations;                ///< The leader's own.
    std::uint64_t promises = 0;                   ///< Changes of reservations that are durable.
};

}  // namespace varve::inline v0::detail
