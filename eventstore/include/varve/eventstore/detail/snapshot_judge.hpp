// Whether a stored snapshot may be used: its form, its place in the index, its link to the log.
#pragma once

#include <varve/eventstore/detail/store_state.hpp>
#include <varve/eventstore/format/snapshots.hpp>

#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string_view>
#include <utility>

namespace varve::inline v0::detail {

/// Called from any thread.
template <engine Engine>
class snapshot_judge {
public:
    explicit snapshot_judge(store_state<Engine>& state) : state_(state) {}

    /// What somebody who asks for this form would get.
    snapshot_fate judge(const std::optional<snapshot_record>& found, std::string_view stream,
                        const snapshot_form& form) {
        if (!found || found->stream != stream || found->aggregate != form.aggregate)
            return snapshot_fate::damaged;
        if (found->store != identity()) return snapshot_fate::other_life;
        if (found->fold_version != form.fold_version) return snapshot_fate::other_fold;
        if (found->schema != schema_digest(form)) return snapshot_fate::other_schema;
        return prove(*found);
    }

    /// What somebody who asks for its own form would get; `found` needs no state for that.
    snapshot_fate prove(const snapshot_record& found) {
        if (found.store != identity()) return snapshot_fate::other_life;
        const auto fate = place(found);
        return fate == snapshot_fate::usable ? history(found) : fate;
    }

    /// Whether the index has the event there, and shows it.
    snapshot_fate place(const snapshot_record& found) {
        const std::shared_lock lock{state_.index_guard};
        const auto* history = state_.index.find(found.stream);
        const auto now = history == nullptr ? stream_now{} : history->now();
        if (found.at.value > now.newest) return snapshot_fate::ahead;
        if (now.tombstoned || found.at.value <= now.hidden) return snapshot_fate::ended;
        return history->at[found.at.value - 1] == found.where.value ? snapshot_fate::usable
                                                                    : snapshot_fate::other_history;
    }

    /// What the log is up to the batch that holds a position; of a batch that is not chained, what is in
    /// it. Errors: as every read.
    result<hash256> link_at(position where) {
        hash256 link{};
        auto read = state_.with_batch(where, [&](const batch_view& batch) -> result<receipt> {
            link = batch.algorithm() == chain::none ? batch.digest() : batch.hash();
            return receipt{};
        });
        if (!read) return pass_on(std::move(read));
        return link;
    }

private:
    /// Whether the log is the same up to there. One that cannot be read is for the fold to report.
    snapshot_fate history(const snapshot_record& found) {
        const auto now = link_at(found.where);
        return now && *now == found.link ? snapshot_fate::usable : snapshot_fate::other_history;
    }

    const store_identity& identity() const noexcept { return state_.stored.identity; }

    store_state<Engine>& state_;
};

}  // namespace varve::inline v0::detail
