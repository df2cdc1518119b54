// How the leader answers what is asked about a reservation.
#pragma once

#include <varve/eventstore/detail/append_stage.hpp>

#include <memory>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

/// The leader's own. What it decides is noted in the book and beside the log, until the group is durable.
template <engine Engine>
class reservation_stage {
public:
    using pending = pending_append;

    reservation_stage(store_state<Engine>& state, append_stage<Engine>& appends)
        : state_(state), appends_(appends) {}

    void reserve(pending& append, group_staging& staged) {
        if (auto known = appends_.known_append(append, staged)) {
            append.answer = std::move(*known);  // with positions: it was confirmed
            return;
        }
        if (const auto known = state_.reservations.find(append.batch.id())) {
            if (known->state == reservation_state::confirmed ||
                (known->state == reservation_state::held && same_promise(*known, *append.promised)))
                return settle(append, staged, known);
            return appends_.refuse(append, staged,
                                   known->state == reservation_state::held
                                       ? appends_.reused(append.batch.id())
                                       : appends_.refuse_known(append.batch.id(), *known));
        }
        auto held = appends_.beliefs_hold(append, staged);
        if (held) held = can_be_promised(*append.promised);
        if (!held) return appends_.refuse(append, staged, pass_on(std::move(held)));
        for (const auto& type : append.types) appends_.describe(type, staged);
        note(append.batch.id(), append.promised, std::move(append.reservation), staged);
        settle(append, staged, append.promised);
    }

    void confirm(pending& append, group_staging& staged) {
        const auto id = append.batch.id();
        const auto known = state_.reservations.find(id);
        if (!known) {
            if (auto stored = appends_.find_append(id, staged)) {
                append.answer = std::move(*stored);
                staged.stored.push_back(&append);
                return;
            }
            return appends_.refuse(
                append, staged, fail(errc::not_found, "there is no reservation " + to_string(id)));
        }
        if (known->state == reservation_state::confirmed) return settle(append, staged, known);
        if (known->state == reservation_state::released)
            return appends_.refuse(append, staged, appends_.refuse_known(id, *known));
        append.batch = known->batch.empty() ? batch_builder::without_events(id)
                                            : known->batch.copy();
        append.batch.use(state_.options.chain);
        append.promised = known;
        if (auto still = still_believed(append, staged); !still)
            return appends_.refuse(append, staged, pass_on(std::move(still)));
        appends_.take(append, staged);
        if (!append.answer) return;
        if (append.batch.empty())
            note_outcome(id, reservation_state::confirmed, staged);
        else
            strike(id, staged);
    }

    void release(pending& append, group_staging& staged) {
        const auto id = append.batch.id();
        const auto known = state_.reservations.find(id);
        auto stored = known ? std::nullopt : appends_.find_append(id, staged);
        if (stored && !*stored) return appends_.refuse(append, staged, pass_on(std::move(*stored)));
        if (stored || (known && known->state == reservation_state::confirmed))
            return appends_.refuse(append, staged,
                                   refuse_release(id, stored ? (*stored)->first : position{}));
        if (!known || known->state == reservation_state::held)
            note_outcome(id, reservation_state::released, staged);
        settle(append, staged, known);
    }

    void forget(pending& append, group_staging& staged) {
        const auto id = append.batch.id();
        const auto known = state_.reservations.find(id);
        if (known && known->state == reservation_state::held)
            return appends_.refuse(append, staged, appends_.refuse_known(id, *known));
        if (known) strike(id, staged);
        settle(append, staged, nullptr);
    }

private:
    /// Answers that nothing needs to be added to the log for this.
    static void settle(pending& append, group_staging& staged,
                       std::shared_ptr<const promise> known) {
        append.promised = std::move(known);
        append.answer = receipt{.id = append.batch.id(), .first = {}, .last = {}, .streams = {}};
        staged.stored.push_back(&append);
    }

    result<void> can_be_promised(const promise& made) const {
        if (const auto met = state_.reservations.breaking(made))
            return appends_.refuse_meeting(*met);
        if (state_.reservations.held_bytes() + made.size() <= limits::reserved_bytes) return {};
        return fail(errc::overloaded,
                    "what is reserved takes " + std::to_string(state_.reservations.held_bytes()) +
                        " bytes already, the limit is " + std::to_string(limits::reserved_bytes));
    }

    bytes key_of(const append_id& id) const { return reservation_key(state_.options.tenant, id); }

    /// Beside the log and in the book, until the group is durable or not.
    void note(const append_id& id, std::shared_ptr<const promise> made, bytes value,
              group_staging& staged) {
        staged.beside.put(reservation_space, key_of(id), std::move(value));
        set(id, std::move(made), staged);
    }
    void note_outcome(const append_id& id, reservation_state outcome, group_staging& staged) {
        promise left{.state = outcome,
                     .epoch = state_.stored.identity.epoch,
                     .since = state_.options.environment->now()};
        const auto key = key_of(id);
        auto value = encode_promise(key, left);
        left.hash = side_entry_hash(reservation_space, key, value);
        note(id, std::make_shared<const promise>(std::move(left)), std::move(value), staged);
    }
    void strike(const append_id& id, group_staging& staged) {
        staged.beside.remove(reservation_space, key_of(id));
        set(id, nullptr, staged);
    }
    void set(const append_id& id, std::shared_ptr<const promise> made, group_staging& staged) {
        auto& count = staged.promises;
        ++count.writes;
        if (const auto before = state_.reservations.find(id)) {
            --count.entries;
            count.digest -= before->hash;
        }
        if (made) {
            ++count.entries;
            count.digest += made->hash;
        }
        state_.reservations.set(id, std::move(made));
        staged.beside.put(meta_space, promises_key(state_.options.tenant),
                          encode_side_census(count));
    }

    /// What was held since it was believed is so. Only when the end of the log was lost since, and
    /// that was accepted, it must be looked at again. Finds the streams that are written, too.
    result<void> still_believed(pending& append, const group_staging& staged) {
        const auto& made = *append.promised;
        if (made.epoch != state_.stored.identity.epoch) {
            append.checks = made.beliefs.checks();
            append.conditions = made.beliefs.conditions();
            append.fail_if_exists = made.beliefs.fail_if_exists();
        }
        if (auto streams = appends_.look_up_written(append, staged); !streams) return streams;
        return appends_.beliefs_alone_hold(append, staged);
    }

    static std::unexpected<failure> refuse_release(const append_id& id, position first) {
        return fail(errc::exists,
                    "the append " + to_string(id) + " was confirmed" +
                        (first == position{} ? std::string{}
                                             : " and begins at position " + to_string(first)) +
                        "; it cannot be released any more");
    }

    store_state<Engine>& state_;
    append_stage<Engine>& appends_;
};

}  // namespace varve::inline v0::detail
