// What the leader does with a group: checks, places, one engine write, one answer each.
#pragma once

#include <varve/eventstore/detail/boundary.hpp>
#include <varve/eventstore/detail/sequencer.hpp>
#include <varve/eventstore/detail/store_state.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

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
        record_.clear();
        staging staged{state_.index, [this](const space& in, bytes_view key) {
                           return state_.stored_value(in, key);
                       }};
        boundary_.begin();
        for (auto* work : group) {
            if (work->what == pending_work::kind::append)
                stage(static_cast<pending&>(*work), staged);
            else
                stage(static_cast<side_write&>(*work), staged);
        }
        if (record_.empty() && staged.beside.empty()) return;
        if (auto stored_now = write(staged); !stored_now) {
            if (stored_now.error().code == errc::unknown) return poison(staged, stored_now.error());
            return give_back(staged, stored_now.error());
        }
        if (!record_.empty()) apply(staged.first);
    }

private:
    /// What a group adds to the log, before it is durable.
    struct staging {
        staging(const log_index& durable, side_transaction::lookup stored_beside)
            : head(durable.head()),
              first(head.next()),
              recorded(durable.last_recorded()),
              chain(durable.chain_head()),
              beside(std::move(stored_beside)) {}

        position head;
        position first;
        timestamp recorded;
        hash256 chain;
        std::unordered_map<std::string_view, stream_now> streams;  ///< Those written to.
        std::unordered_map<append_id, pending*> ids;
        std::vector<pending*> stored;   ///< Answers that hold only if the group becomes durable.
        std::vector<pending*> refused;  ///< Refused, perhaps because of what the group staged.
        std::vector<std::pair<bytes, bytes>> types;
        side_transaction beside;          ///< What the side writes of the group leave.
        std::vector<side_write*> writes;  ///< Decided; theirs is the outcome of the group.
    };

    /// A side write that decides against itself leaves nothing; its failure is its answer.
    void stage(side_write& work, staging& staged) {
        const auto mark = staged.beside.mark();
        work.answer = work.decide(staged.beside);
        if (!work.answer) staged.beside.roll_back_to(mark);
        staged.writes.push_back(&work);
    }

    void stage(pending& append, staging& staged) {
        if (auto known = known_append(append, staged)) {
            append.answer = std::move(*known);
            return;
        }
        if (auto held = beliefs_hold(append, staged); !held) {
            append.answer = pass_on(std::move(held));
            staged.refused.push_back(&append);
        } else if (append.batch.empty()) {
            append.answer = receipt{
                .id = append.batch.id(), .first = {}, .last = {}, .streams = {}};
            staged.stored.push_back(&append);
        } else if (limits::positions - staged.head.value < append.batch.event_count()) {
            append.answer = fail(errc::full, "the log has reached its last position, " +
                                                 std::to_string(limits::positions));
        } else {
            append.answer = place(append, staged);
            staged.stored.push_back(&append);
        }
    }

    /// The answer of an append whose id is stored or staged already, or nothing.
    std::optional<result<receipt>> known_append(pending& append, staging& staged) {
        if (append.batch.empty()) return std::nullopt;
        if (const auto twin = staged.ids.find(append.batch.id()); twin != staged.ids.end()) {
            if (twin->second->batch.digest() != append.batch.digest()) {
                staged.refused.push_back(&append);
                return std::optional<result<receipt>>{reused(append.batch.id())};
            }
            staged.stored.push_back(&append);
            return twin->second->answer;
        }
        const position first = state_.index.find(append.batch.id());
        if (first == position{}) return std::nullopt;
        return state_.with_batch(first, [&](const batch_view& batch) -> result<receipt> {
            if (append.batch.digest_under(batch.algorithm()) != batch.digest())
                return reused(append.batch.id());
            return state_.receipt_of(batch);
        });
    }

    static std::unexpected<failure> reused(const append_id& id) {
        return fail(errc::id_reused, "the append id " + to_string(id) +
                                         " was used for other events; nothing was written");
    }

    stream_now now(std::string_view stream, const staging& staged) const {
        const auto found = staged.streams.find(stream);
        return found != staged.streams.end() ? found->second : state_.index.now(stream);
    }

    /// Whether all that the append believes is so, after what is staged before it. Looks up the streams
    /// it writes to on the way. Errors: `tombstoned`; `conflict` or `exists` with all that fails;
    /// `not_found`.
    result<void> beliefs_hold(const pending& append, const staging& staged) {
        written_.clear();
        for (const auto& part : append.batch.streams()) {
            written_.push_back(now(part.name, staged));
            if (written_.back().tombstoned)
                return fail(errc::tombstoned, "stream '" + std::string{part.name} +
                                                  "' was ended for ever at revision " +
                                                  to_string(written_.back().at()) +
                                                  "; nothing can be appended to it");
        }
        auto checks = failed_checks(append, staged);
        auto conditions = boundary_.failed(state_.index, append.conditions, append.fail_if_exists);
        if (!checks.empty() || !conditions.empty())
            return refuse_beliefs(std::move(checks), std::move(conditions));
        if (append.batch.ends() == ending::soft && written_[0].state() != stream_state::exists)
            return fail(errc::not_found, "stream '" + std::string{append.batch.streams()[0].name} +
                                             "' has no events that could be deleted");
        return {};
    }

    std::vector<failed_check> failed_checks(const pending& append, const staging& staged) const {
        std::vector<failed_check> failed;
        for (const auto& check : append.checks) {
            const auto actual = now(check.stream, staged);
            if (!check.expected.met_by(actual.at(), actual.state()))
                failed.push_back(
                    {std::string{check.stream}, check.expected, actual.at(), actual.state()});
        }
        return failed;
    }

    /// Gives positions and revisions, and lays the batch into the record.
    receipt place(pending& append, staging& staged) {
        auto& batch = append.batch;
        receipt given{batch.id(), staged.head.next(), {}, {}};
        given.streams.reserve(batch.streams().size());
        for (std::size_t i = 0; i < batch.streams().size(); ++i) {
            const auto& part = batch.streams()[i];
            auto& stream = written_[i];
            batch.set_first_revision(i, stream.at().next());
            stream.add(part.events, batch.ends());
            staged.streams.insert_or_assign(part.name, stream);
            given.streams.push_back({std::string{part.name}, stream.at()});
        }
        staged.recorded = std::max(staged.recorded, state_.options.environment->now());
        const auto hash = batch.seal(given.first, staged.recorded, staged.chain);
        if (state_.options.chain != chain::none) staged.chain = hash;
        staged.head = given.last = position{staged.head.value + batch.event_count()};
        staged.ids.emplace(batch.id(), &append);
        for (const auto& type : append.types) stage_type(type, staged);
        boundary_.stage(batch, given.first);
        record_.add(batch.raw());
        return given;
    }

    void stage_type(const type_description& type, staging& staged) {
        auto at = type_key(state_.options.tenant, type.type, type.schema_version);
        if (state_.known_types.contains(std::string{as_text(at)})) return;
        state_.known_types.emplace(as_text(at));
        staged.types.emplace_back(std::move(at), encode_type(type));
    }

    result<void> write(const staging& staged) {
        return state_.engine.transact(
            [&](typename Engine::transaction& transaction) -> result<void> {
                for (const auto& [at, value] : staged.types)
                    if (auto put = transaction.put(type_space, bytes_view{at}, value); !put)
                        return put;
                if (auto beside = staged.beside.write(transaction); !beside) return beside;
                if (record_.empty()) return {};
                return transaction.put(tail_space, state_.tail_key(staged.first), record_.raw());
            });
    }

    /// The engine refused before it tried: nothing is stored, and all may be sent again.
    void give_back(staging& staged, const failure& why) {
        for (const auto& [at, value] : staged.types)
            state_.known_types.erase(std::string{as_text(at)});
        for (auto* append : staged.stored) append->answer = std::unexpected(why);
        for (auto* append : staged.refused) append->answer = std::unexpected(why);
        for (auto* work : staged.writes) work->answer = std::unexpected(why);
        if (why.code == errc::poisoned) state_.poisoned = true;
    }

    /// The engine failed: what was staged may or may not be there.
    void poison(staging& staged, const failure& cause) {
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
            const auto indexed = state_.index_record(state_.index, first, record_.raw(), scratch_);
            ensure(indexed.has_value(), "what was just written can be read");
        }
        state_.head.publish(state_.index.head());
        state_.anchor.move_to(state_.stored.identity, state_.index.head(),
                              state_.index.chain_head(), record_.size(), state_.now());
    }

    store_state<Engine>& state_;
    record_builder record_;
    batch_view scratch_;
    boundary boundary_;
    std::vector<stream_now> written_;  // by the append at hand, as each stream was before it
};

}  // namespace varve::inline v0::detail
