// What the leader does with a group: checks, places, one engine write, one answer each.
#pragma once

#include <varve/eventstore/detail/append_stage.hpp>
#include <varve/eventstore/detail/group_staging.hpp>
#include <varve/eventstore/detail/reservation_stage.hpp>
#include <varve/eventstore/detail/sequencer.hpp>
#include <varve/eventstore/detail/store_state.hpp>

#include <mutex>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

/// Called by one thread at a time, the leader.
template <engine Engine>
class group_writer {
public:
    using pending = pending_append;

    explicit group_writer(store_state<Engine>& state) : state_(state) {}

    static failure poisoned_failure() {
        return {errc::poisoned, "an earlier write failed; nothing was tried; call reopen() first"};
    }
    static std::unexpected<failure> refuse_poisoned() {
        return std::unexpected(poisoned_failure());
    }

    /// Fills in the answer of all work, all of it durable or none.
    void store_group(sequencer::group group) {
        if (state_.poisoned) {
            for (auto* work : group) work->refuse(poisoned_failure());
            return;
        }
        group_staging staged{
            state_.index, state_.promises,
            [this](const space& in, bytes_view key) { return state_.stored_value(in, key); }};
        appends_.begin();
        for (auto* work : group) {
            if (work->what == pending_work::kind::append)
                stage(static_cast<pending&>(*work), staged);
            else
                stage(static_cast<side_write&>(*work), staged);
        }
        if (appends_.record().empty() && staged.beside.empty()) return;
        if (auto stored_now = write(staged); !stored_now) {
            if (stored_now.error().code == errc::unknown) return poison(staged, stored_now.error());
            return give_back(staged, stored_now.error());
        }
        state_.reservations.settle();
        const bool promised = staged.promises != state_.promises;
        state_.promises = staged.promises;
        const bool beside = promised || state_.beside.staged();
        state_.beside.settle();
        if (!appends_.record().empty())
            apply(staged.first);
        else if (beside)
            state_.move_anchor(state_.index, 1);
    }

private:
    /// A side write that decides against itself leaves nothing; its failure is its answer.
    void stage(side_write& work, group_staging& staged) {
        const auto mark = staged.beside.mark();
        work.answer = work.decide(staged.beside);
        if (!work.answer) staged.beside.roll_back_to(mark);
        staged.writes.push_back(&work);
    }

    void stage(pending& append, group_staging& staged) {
        using aim = pending::purpose;
        switch (append.aim) {
            case aim::store: return appends_.store(append, staged);
            case aim::reserve: return reservations_.reserve(append, staged);
            case aim::confirm: return reservations_.confirm(append, staged);
            case aim::release: return reservations_.release(append, staged);
            case aim::forget: return reservations_.forget(append, staged);
        }
    }

    result<void> write(const group_staging& staged) {
        state_.beside.begin();
        for (const auto& [at, value] : staged.types) state_.beside.stage(type_space, at, value);
        staged.beside.each([&](const space& in, bytes_view at, const std::optional<bytes>& value) {
            state_.beside.stage(in, at, value ? std::optional<bytes_view>{*value} : std::nullopt);
        });
        const auto counted = state_.beside.staged();
        return state_.engine.transact(
            [&](typename Engine::transaction& transaction) -> result<void> {
                for (const auto& [at, value] : staged.types)
                    if (auto put = transaction.put(type_space, bytes_view{at}, value); !put)
                        return put;
                if (auto beside = staged.beside.write(transaction); !beside) return beside;
                if (counted)
                    if (auto put = state_.put_beside(transaction, *counted); !put) return put;
                if (appends_.record().empty()) return {};
                return transaction.put(tail_space, state_.tail_key(staged.first),
                                       appends_.record().raw());
            });
    }

    /// The engine refused before it tried: nothing is stored, and all may be sent again.
    void give_back(group_staging& staged, const failure& why) {
        for (const auto& [at, value] : staged.types)
            state_.known_types.erase(std::string{as_text(at)});
        state_.reservations.take_back();
        for (auto* append : staged.stored) append->answer = std::unexpected(why);
        for (auto* append : staged.refused) append->answer = std::unexpected(why);
        for (auto* work : staged.writes) work->answer = std::unexpected(why);
        if (why.code == errc::poisoned) state_.poisoned = true;
    }

    /// The engine failed: what was staged may or may not be there.
    void poison(group_staging& staged, const failure& cause) {
        state_.poisoned = true;
        for (auto* append : staged.stored) {
            failure unknown{errc::unknown, "the engine failed while storing (" + cause.message +
                                               "); reopen, then ask again with the append id " +
                                               to_string(append->batch.id())};
            unknown.append = append->batch.id();
            append->answer = std::unexpected(std::move(unknown));
        }
        for (auto* append : staged.refused) append->answer = refuse_poisoned();
        for (auto* work : staged.writes)
            work->answer = work->answer
                               ? fail(errc::unknown, "the engine failed while storing (" +
                                                         cause.message + "); reopen, then look")
                               : refuse_poisoned();
        state_.head.wake();
    }

    /// The group is durable: the index takes it in, and readers may see it.
    void apply(position first) {
        {
            const std::unique_lock lock{state_.index_guard};
            const auto indexed = state_.index_record(state_.index, first, appends_.record().raw(),
                                                     scratch_);
            ensure(indexed.has_value(), "what was just written can be read");
        }
        state_.head.publish(state_.index.head());
        state_.move_anchor(state_.index, appends_.record().size());
    }

    store_state<Engine>& state_;
    append_stage<Engine> appends_{state_};
    reservation_stage<Engine> reservations_{state_, appends_};
    batch_view scratch_;
};

}  // namespace varve::inline v0::detail
