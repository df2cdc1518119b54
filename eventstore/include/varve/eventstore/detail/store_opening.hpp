// How a store is opened: who it is, what it holds, and whether anything of it is missing.
#pragma once

#include <varve/eventstore/detail/audit.hpp>
#include <varve/eventstore/detail/store_state.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// Fills the state of a store from its engine. While nobody else uses it, or leads.
template <engine Engine>
class store_opening {
public:
    explicit store_opening(store_state<Engine>& state) : state_(state) {}

    /// The first time. Errors: those of `basic_store::open`.
    result<void> start() {
        if (state_.options.tenant >= limits::tenants)
            return fail(errc::invalid_argument,
                        "the tenant is " + std::to_string(state_.options.tenant) +
                            ", the limit is " + std::to_string(limits::tenants - 1));
        const auto anchored = state_.anchor.load();
        if (!anchored) return std::unexpected(anchored.error());
        if (auto known = load_identity(*anchored); !known) return known;
        state_.genesis = genesis_hash(state_.stored.identity.id, state_.options.tenant);
        const auto known_for = lifetime_of(state_.engine, state_.options.tenant,
                                           state_.options.append_id_expiry);
        if (!known_for) return std::unexpected(known_for.error());
        state_.lifetime = *known_for;
        if (auto loaded = load_log(state_.index, *anchored); !loaded) return loaded;
        if (auto loaded = load_reservations(state_.reservations, state_.index); !loaded)
            return loaded;
        state_.head.publish(state_.index.head());
        return {};
    }

    /// After a failure: what is durable is found out, under the same identity.
    result<void> reopen() {
        const position before = state_.head.get();
        state_
            .poisoned = true;  // until it has succeeded, nothing is written on top of what is there
        if (auto opened = state_.engine.reopen(); !opened) return opened;
        if (auto same = find_the_same_store(); !same) return same;
        const auto anchored = state_.anchor.load();
        if (!anchored) return std::unexpected(anchored.error());
        log_index fresh;  // readers go on with the old one meanwhile, and if this fails
        if (auto loaded = load_log(fresh, *anchored); !loaded) return loaded;
        reservation_book promised;
        if (auto loaded = load_reservations(promised, fresh); !loaded) return loaded;
        if (fresh.head() < before)
            return fail(errc::corrupt, "the log ends at position " + to_string(fresh.head()) +
                                           ", but " + to_string(before) +
                                           " was durable before: events are lost");
        {
            const std::unique_lock lock{state_.index_guard};
            state_.index = std::move(fresh);
        }
        state_.reservations = std::move(promised);
        state_.poisoned = false;
        state_.head.publish(state_.index.head());
        return {};
    }

private:
    /// What is promised; only who writes needs to know. One that cannot be read is a promise that
    /// cannot be kept, and nobody knows what it held.
    result<void> load_reservations(reservation_book& into, log_index& log) {
        if (state_.engine.read_only()) return {};
        std::vector<bytes> lost;
        std::vector<std::string> told;
        auto scanned = state_.visit_reservations(
            [&](bytes_view at, const auto& id, auto&& made) -> result<void> {
                if (made)
                    into.set(id, std::make_shared<const promise>(std::move(*made)));
                else if (!state_.options.drop_damaged_reservations)
                    return fail(made.error().code,
                                made.error().message + " (in " + state_.engine.place() +
                                    "); restore a backup, or give it up with `varve repair "
                                    "--drop-damaged-reservations`");
                else {
                    lost.push_back(to_bytes(at));
                    told.push_back("{\"reservation\":\"" + to_string(id) + "\"}");
                }
                return {};
            });
        if (!scanned) return scanned;
        into.settle();
        if (lost.empty()) return {};
        return repair(log, audit_promise, told, [&](auto& transaction) -> result<void> {
            for (const auto& at : lost)
                if (auto gone = transaction.remove(reservation_space, bytes_view{at}); !gone)
                    return gone;
            return {};
        });
    }

    /// Types and log, into an empty index, and the comparison with the anchor.
    result<void> load_log(log_index& into, const std::optional<anchor_record>& anchored) {
        into.reset(state_.genesis, state_.lifetime);
        if (anchored) into.watch(anchored->head);
        if (auto loaded = load_types(); !loaded) return loaded;
        if (auto loaded = load_promises(); !loaded) return loaded;
        if (auto loaded = state_.load_tail(into); !loaded) return loaded;
        if (auto same = compare(into, anchored); !same) {
            if (state_.engine.read_only() || state_.options.accept_loss_after != into.head())
                return same;
            if (auto begun = begin_epoch(into, *anchored); !begun) return begun;
        }
        if (!state_.engine.read_only()) state_.move_anchor(into, 1);
        return {};
    }

    /// What the anchor knows and the log does not. Errors: `corrupt`.
    result<void> compare(const log_index& with,
                         const std::optional<anchor_record>& anchored) const {
        if (!anchored || anchored->store.epoch < state_.stored.identity.epoch) return {};
        const auto refuse = [&](const std::string& what) {
            return fail(errc::corrupt,
                        "the log in " + state_.engine.place() + " ends at position " +
                            to_string(with.head()) + ", but " + what +
                            "; restore a backup, or take what is there with `varve repair "
                            "--accept-loss-after " +
                            to_string(with.head()) + "`");
        };
        if (anchored->store.epoch > state_.stored.identity.epoch)
            return refuse("its anchor is of a later life (epoch " +
                          to_string(anchored->store.epoch) + ", the store's is " +
                          to_string(state_.stored.identity.epoch) + ")");
        if (with.head() < anchored->head)
            return refuse("its anchor says that it was durable up to " + to_string(anchored->head) +
                          ": events are lost");
        if (state_.promises < anchored->promises)
            return refuse("its anchor knows " + std::to_string(anchored->promises) +
                          " changes of reservations, and " + std::to_string(state_.promises) +
                          " are there: a promise is lost");
        if (anchored->head == position{} || state_.options.chain == chain::none) return {};
        if (with.watched() != anchored->chain_head)
            return refuse("its anchor knows another history up to " + to_string(anchored->head));
        return {};
    }

    /// A new life: what was read under the old one may not be there any more.
    result<void> begin_epoch(log_index& into, const anchor_record& anchored) {
        auto next = state_.stored;
        next.identity.epoch = epoch{
            std::max(state_.stored.identity.epoch, anchored.store.epoch).value + 1};
        const auto lost = anchored.promises - std::min(state_.promises, anchored.promises);
        const std::string told = "{\"after\":" + to_string(into.head()) +
                                 ",\"anchor\":" + to_string(anchored.head) +
                                 ",\"promises\":" + std::to_string(lost) +
                                 ",\"epoch\":" + to_string(state_.stored.identity.epoch) + "}";
        auto done = repair(into, audit_loss, {&told, 1}, [&](auto& transaction) {
            return transaction.put(meta_space, as_bytes(identity_key), encode_identity(next));
        });
        if (done) state_.stored = next;
        return done;
    }

    /// Writes `change(transaction)` and the events that tell of it, together.
    template <class Change>
    result<void> repair(log_index& into, std::string_view type,
                        std::span<const std::string> payloads, Change&& change) {
        const auto first = into.head().next();
        const auto record = audit_record(*state_.options.environment, into, state_.options.chain,
                                         type, payloads);
        const auto described = type_key(state_.options.tenant, type, 1);
        auto done = state_.engine.transact([&](typename Engine::transaction& to) -> result<void> {
            if (auto changed = change(to); !changed) return changed;
            if (auto put = to.put(type_space, bytes_view{described},
                                  encode_type(described, {type, 1, encoding::json, {}}));
                !put)
                return put;
            return to.put(tail_space, state_.tail_key(first), record);
        });
        if (!done) return done;
        state_.known_types.emplace(as_text(described));
        batch_view scratch;
        return state_.index_record(into, first, record, scratch);
    }

    result<stored_identity> read_identity() {
        result<stored_identity> read = fail(errc::not_found, "");
        {
            auto view = state_.engine.view();
            if (!view) return pass_on(std::move(view));
            auto found = view->get(meta_space, as_bytes(identity_key),
                                   [&](bytes_view value) { read = decode_identity(value); });
            if (!found) return pass_on(std::move(found));
            if (!*found)
                read = fail(errc::not_found, "there is no store in " + state_.engine.place());
        }
        return read;
    }

    result<void> load_identity(const std::optional<anchor_record>& anchored) {
        auto read = read_identity();
        if (!read && read.error().code == errc::not_found && !state_.engine.read_only()) {
            if (!anchored) return create();
            return fail(errc::corrupt,
                        "there is no store in " + state_.engine.place() +
                            ", but the anchor of one (" + to_string(anchored->store.id) +
                            ", durable up to position " + to_string(anchored->head) +
                            "); bring the store back, or remove the anchor to begin a new one");
        }
        if (!read) return pass_on(std::move(read));
        state_.stored = *read;
        if (!anchored || anchored->store.id == state_.stored.identity.id) return {};
        return fail(errc::corrupt, state_.engine.place() + " holds the store " +
                                       to_string(state_.stored.identity.id) +
                                       ", and the anchor beside it is of the store " +
                                       to_string(anchored->store.id) +
                                       "; bring together what belongs together");
    }

    result<void> create() {
        auto& env = *state_.options.environment;
        state_.stored = {{env.ids().template next<store_id>(), epoch{1}}, env.now()};
        const auto value = encode_identity(state_.stored);
        return state_.engine.transact([&](typename Engine::transaction& transaction) {
            return transaction.put(meta_space, as_bytes(identity_key), value);
        });
    }

    /// How often a reservation was made or ended, which stands beside them.
    result<void> load_promises() {
        auto value = state_.stored_value(meta_space, promises_key(state_.options.tenant));
        if (!value) return pass_on(std::move(value));
        state_.promises = 0;
        if (!*value) return {};
        const auto count = decode_promises(state_.options.tenant, **value);
        if (!count) return std::unexpected(count.error());
        state_.promises = *count;
        return {};
    }

    result<void> load_types() {
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        state_.known_types.clear();
        return state_.scan_types(*view, [&](const key& at, bytes_view) {
            state_.known_types.emplace(as_text(at.octets));
            return true;
        });
    }

    /// What was opened again may be another file by the same name.
    result<void> find_the_same_store() {
        auto found = read_identity();
        if (!found) return pass_on(std::move(found));
        if (found->identity == state_.stored.identity) return {};
        return fail(errc::corrupt, state_.engine.place() + " holds the store " +
                                       to_string(found->identity.id) + " in epoch " +
                                       to_string(found->identity.epoch) + " now, it was " +
                                       to_string(state_.stored.identity.id) + " in epoch " +
                                       to_string(state_.stored.identity.epoch) +
                                       ": the file was replaced; close this object");
    }

    store_state<Engine>& state_;
};

}  // namespace varve::inline v0::detail
