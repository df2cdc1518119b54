// How the leader answers one append: known or new, believed rightly or not, and where it lands.
#pragma once

#include <varve/eventstore/detail/boundary.hpp>
#include <varve/eventstore/detail/group_staging.hpp>
#include <varve/eventstore/detail/store_state.hpp>
#include <varve/eventstore/format/record.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// The leader's own; keeps its memory from group to group.
template <engine Engine>
class append_stage {
public:
    using pending = pending_append;

    explicit append_stage(store_state<Engine>& state) : state_(state) {}

    /// A new group begins.
    void begin() {
        record_.clear();
        boundary_.begin();
    }

    /// The record of the group so far.
    const record_builder& record() const noexcept { return record_; }

    void store(pending& append, group_staging& staged) {
        if (auto known = known_append(append, staged)) {
            append.answer = std::move(*known);
            return;
        }
        auto held = not_reserved(append);
        if (held) held = beliefs_hold(append, staged);
        if (held)
            take(append, staged);
        else
            refuse(append, staged, pass_on(std::move(held)));
    }

    static void refuse(pending& append, group_staging& staged, std::unexpected<failure> why) {
        append.answer = std::move(why);
        staged.refused.push_back(&append);
    }

    /// Takes an append whose beliefs hold, and whose streams were looked up just now.
    void take(pending& append, group_staging& staged) {
        if (append.batch.empty()) {
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
    std::optional<result<receipt>> known_append(pending& append, group_staging& staged) {
        if (append.batch.empty()) return std::nullopt;
        if (const auto twin = staged.ids.find(append.batch.id()); twin != staged.ids.end()) {
            if (twin->second->batch.digest() != append.batch.digest()) {
                staged.refused.push_back(&append);
                return std::optional<result<receipt>>{reused(append.batch.id())};
            }
            staged.stored.push_back(&append);
            return twin->second->answer;
        }
        return durable_append(append.batch.id(), staged, [&](const batch_view& batch) {
            return append.batch.digest_under(batch.algorithm()) == batch.digest();
        });
    }

    /// The receipt of an append that is staged or stored, or nothing.
    std::optional<result<receipt>> find_append(const append_id& id, const group_staging& staged) {
        if (const auto twin = staged.ids.find(id); twin != staged.ids.end())
            return twin->second->answer;
        return durable_append(id, staged, [](const batch_view&) { return true; });
    }

    static std::unexpected<failure> reused(const append_id& id) {
        return fail(errc::id_reused, "the append id " + to_string(id) +
                                         " was used for other events; nothing was written");
    }

    /// Whether all that the append believes is so, after what is staged before it. Looks up the streams
    /// it writes to on the way. Errors: `tombstoned`; `reserved`; `conflict` or `exists` with all that
    /// fails; `not_found`.
    result<void> beliefs_hold(const pending& append, const group_staging& staged) {
        if (auto streams = look_up_written(append, staged); !streams) return streams;
        if (const auto met = state_.reservations.met_by(append.batch)) return refuse_meeting(*met);
        return beliefs_alone_hold(append, staged);
    }

    result<void> look_up_written(const pending& append, const group_staging& staged) {
        written_.clear();
        for (const auto& part : append.batch.streams()) {
            written_.push_back(now(part.name, staged));
            if (written_.back().tombstoned)
                return fail(errc::tombstoned, "stream '" + std::string{part.name} +
                                                  "' was ended for ever at revision " +
                                                  to_string(written_.back().at()) +
                                                  "; nothing can be appended to it");
        }
        return {};
    }

    result<void> beliefs_alone_hold(const pending& append, const group_staging& staged) {
        auto checks = failed_checks(append, staged);
        auto conditions = boundary_.failed(state_.index, append.conditions, append.fail_if_exists);
        if (!checks.empty() || !conditions.empty())
            return refuse_beliefs(std::move(checks), std::move(conditions));
        if (append.batch.ends() == ending::soft && written_[0].state() != stream_state::exists)
            return fail(errc::not_found, "stream '" + std::string{append.batch.streams()[0].name} +
                                             "' has no events that could be deleted");
        return {};
    }

    /// What is said of an id under which a reservation is known.
    static std::unexpected<failure> refuse_known(const append_id& id, const promise& known) {
        switch (known.state) {
            case reservation_state::held: {
                auto refused = fail(errc::reserved, "the append " + to_string(id) +
                                                        " is reserved; confirm or release it");
                refused.error().append = id;
                return refused;
            }
            case reservation_state::released:
                return fail(errc::cancelled,
                            "the reservation " + to_string(id) + " was released; take a new id");
            case reservation_state::confirmed: break;
        }
        return reused(id);
    }

    static std::unexpected<failure> refuse_meeting(const reservation_book::meeting& met) {
        auto refused = fail(errc::reserved, met.what + " is held by the reservation " +
                                                to_string(met.holder) +
                                                "; wait for its outcome, then try again");
        refused.error().append = met.holder;
        return refused;
    }

    /// Describes a type, if the store has no description of it yet.
    void describe(const type_description& type, group_staging& staged) {
        auto at = type_key(state_.options.tenant, type.type, type.schema_version);
        if (state_.known_types.contains(std::string{as_text(at)})) return;
        state_.known_types.emplace(as_text(at));
        auto value = encode_type(at, type);
        staged.types.emplace_back(std::move(at), std::move(value));
    }

private:
    /// The receipt of an append that is stored, or nothing, also if what the group has recorded by now
    /// makes its id expire. `same(batch)`: whether it is the append that is meant; if not, `id_reused`.
    template <class Same>
    std::optional<result<receipt>> durable_append(const append_id& id, const group_staging& staged,
                                                  Same&& same) {
        const position first = state_.index.find(id);
        if (first == position{}) return std::nullopt;
        bool forgotten = false;
        auto answer = state_.with_batch(first, [&](const batch_view& batch) -> result<receipt> {
            forgotten = state_.index.is_forgotten(batch.recorded_at(), staged.recorded);
            if (!same(batch)) return reused(id);
            return state_.receipt_of(batch);
        });
        if (forgotten) return std::nullopt;
        return answer;
    }

    /// Whether the id of an append is free of reservations. Errors: `reserved`, `cancelled`.
    result<void> not_reserved(const pending& append) const {
        if (state_.reservations.empty() || append.batch.empty()) return {};
        const auto known = state_.reservations.find(append.batch.id());
        if (known) return refuse_known(append.batch.id(), *known);
        return {};
    }

    stream_now now(std::string_view stream, const group_staging& staged) const {
        const auto found = staged.streams.find(stream);
        return found != staged.streams.end() ? found->second : state_.index.now(stream);
    }

    std::vector<failed_check> failed_checks(const pending& append,
                                            const group_staging& staged) const {
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
    receipt place(pending& append, group_staging& staged) {
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
        for (const auto& type : append.types) describe(type, staged);
        boundary_.stage(batch, given.first);
        record_.add(batch.raw());
        return given;
    }

    store_state<Engine>& state_;
    record_builder record_;
    boundary boundary_;
    std::vector<stream_now> written_;  // by the append at hand, as each stream was before it
};

}  // namespace varve::inline v0::detail
