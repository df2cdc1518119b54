// How a store is opened: who it is, what it holds, and whether anything of it is missing.
#pragma once

#include <varve/eventstore/anchor/compare.hpp>
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
        std::vector<bytes> damaged;
        side_census left;
        std::string names, why;
        auto counts = state_.visit_reservations(
            [&](bytes_view at, const append_id& id, auto&& made) -> result<void> {
                if (made) {
                    ++left.entries;
                    left.digest += made->hash;
                    into.set(id, std::make_shared<const promise>(std::move(*made)));
                    return {};
                }
                if (why.empty()) why = made.error().message;
                names += (names.empty() ? "\"" : ",\"") + to_string(id) + "\"";
                damaged.push_back(to_bytes(at));
                return {};
            });
        if (!counts) return pass_on(std::move(counts));
        into.settle();
        if (auto same = compare_promises(counts->counted, counts->there); !same && why.empty())
            why = same.error().message;
        if (why.empty()) return {};
        if (!state_.options.drop_damaged_reservations)
            return fail(errc::corrupt, why + " (in " + state_.engine.place() +
                                           "); restore a backup, or give it up with `varve repair "
                                           "--drop-damaged-reservations`");
        left.writes = state_.promises.writes + 1;
        const auto told = "{\"written\":" + std::to_string(counts->counted.entries) +
                          ",\"left\":" + std::to_string(left.entries) + ",\"damaged\":[" + names +
                          "]}";
        auto done = repair(log, audit_promise, {&told, 1}, [&](auto& to) -> result<void> {
            for (const auto& at : damaged)
                if (auto gone = to.remove(reservation_space, bytes_view{at}); !gone) return gone;
            const auto at = promises_key(state_.options.tenant);
            return to.put(meta_space, bytes_view{at}, encode_side_census(left));
        });
        if (done) state_.promises = left;
        return done;
    }

    /// Types and log, into an empty index, and the comparison with the anchor.
    result<void> load_log(log_index& into, const std::optional<anchor_record>& anchored) {
        into.reset(state_.genesis, state_.lifetime);
        if (anchored) into.watch(anchored->head);
        if (auto loaded = load_beside(anchored); !loaded) return loaded;
        if (auto loaded = load_promises(); !loaded) return loaded;
        if (auto loaded = state_.load_tail(into); !loaded) return loaded;
        const auto same = compare(into, anchored);
        if (!same || !state_.beside_fault.empty()) {
            const bool accepted = !state_.engine.read_only() &&
                                  state_.options.accept_loss_after == into.head();
            if (!accepted && !same) return same;
            if (accepted)
                if (auto begun = begin_epoch(into, anchored); !begun) return begun;
        }
        if (!state_.engine.read_only()) state_.move_anchor(into, 1);
        return {};
    }

    /// What the anchor knows and the log does not. Errors: `corrupt`.
    result<void> compare(const log_index& with,
                         const std::optional<anchor_record>& anchored) const {
        if (!anchored) return {};
        const bool same_history = anchored->head == position{} ||
                                  state_.options.chain == chain::none ||
                                  with.watched() == anchored->chain_head;
        return compare_with_anchor(
            *anchored,
            found_log{state_.stored.identity, with.head(), same_history, state_.promises.writes},
            state_.engine.place());
    }

    /// A new life: what was read under the old one may not be there any more. What is left beside the
    /// log is taken as it is, without what is damaged. Errors: `corrupt` if it cannot be read at all.
    result<void> begin_epoch(log_index& into, const std::optional<anchor_record>& anchored) {
        if (!state_.beside.is_readable()) return state_.check_beside();
        const auto known = anchored.value_or(anchor_record{state_.stored.identity, {}});
        auto next = state_.stored;
        next.identity.epoch = epoch{
            std::max(state_.stored.identity.epoch, known.store.epoch).value + 1};
        const auto lost = known.promises - std::min(state_.promises.writes, known.promises);
        const std::string told = "{\"after\":" + to_string(into.head()) +
                                 ",\"anchor\":" + to_string(known.head) +
                                 ",\"promises\":" + std::to_string(lost) +
                                 ",\"epoch\":" + to_string(state_.stored.identity.epoch) + "}";
        const auto damaged = state_.beside.damaged();
        state_.beside.take_as_it_is(known.beside);
        auto done = repair(into, audit_loss, {&told, 1}, [&](auto& transaction) -> result<void> {
            for (const auto& each : damaged)
                if (auto gone = transaction.remove(*each.in, bytes_view{each.key}); !gone)
                    return gone;
            if (auto put = state_.put_beside(transaction, state_.beside.now()); !put) return put;
            return transaction.put(meta_space, as_bytes(identity_key), encode_identity(next));
        });
        if (!done) return done;
        state_.stored = next;
        state_.lost_beside = 0;
        const std::unique_lock lock{state_.index_guard};
        state_.beside_fault.clear();
        return {};
    }

    /// Writes `change(transaction)` and the events that tell of it, together.
    template <class Change>
    result<void> repair(log_index& into, std::string_view type,
                        std::span<const std::string> payloads, Change&& change) {
        const auto first = into.head().next();
        const auto record = audit_record(*state_.options.environment, into, state_.options.chain,
                                         type, payloads);
        const auto described = type_key(state_.options.tenant, type, 1);
        const auto description = encode_type(described, {type, 1, encoding::json, {}});
        state_.beside.begin();
        state_.beside.stage(type_space, described, description);
        const auto counted = state_.beside.staged();
        auto done = state_.engine.transact([&](typename Engine::transaction& to) -> result<void> {
            if (auto changed = change(to); !changed) return changed;
            if (auto put = to.put(type_space, bytes_view{described}, description); !put) return put;
            if (counted)
                if (auto put = state_.put_beside(to, *counted); !put) return put;
            return to.put(tail_space, state_.tail_key(first), record);
        });
        if (!done) return done;
        state_.beside.settle();
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
            return compare_with_anchor(*anchored, std::nullopt, state_.engine.place());
        }
        if (!read) return pass_on(std::move(read));
        state_.stored = *read;
        if (!anchored) return {};
        return compare_with_anchor(*anchored, state_.stored.identity, state_.engine.place());
    }

    result<void> create() {
        auto& env = *state_.options.environment;
        state_.stored = {{env.ids().template next<store_id>(), epoch{1}}, env.now()};
        const auto value = encode_identity(state_.stored);
        return state_.engine.transact([&](typename Engine::transaction& transaction) {
            return transaction.put(meta_space, as_bytes(identity_key), value);
        });
    }

    /// What is counted of reservations, which stands beside them.
    result<void> load_promises() {
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        const auto counted = stored_promises(*view, state_.options.tenant);
        if (!counted)
            return fail(counted.error().code,
                        counted.error().message + ", in " + state_.engine.place());
        state_.promises = *counted;
        return {};
    }

    /// Reads what is kept beside the log. What is wrong with it does not concern the log: it is told to
    /// whoever asks for it.
    result<void> load_beside(const std::optional<anchor_record>& anchored) {
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        state_.known_types.clear();
        auto read = side_book::read(*view, state_.options.tenant,
                                    [&](const space& in, bytes_view at) {
                                        if (in.index == type_space.index)
                                            state_.known_types.emplace(as_text(at));
                                    });
        if (!read) return pass_on(std::move(read));
        const bool same_life = anchored && anchored->store == state_.stored.identity;
        const auto known = same_life ? anchored->beside : 0;
        auto fault = read->fault(known);
        if (!fault.empty()) read->close();
        state_.lost_beside = fault.empty() ? 0 : known;
        state_.beside = std::move(*read);
        const std::unique_lock lock{state_.index_guard};
        state_.beside_fault = std::move(fault);
        return {};
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
