// A read model in memory: any struct that folds events into its own members.
//
//     struct Scores {
//         static constexpr std::string_view name = "scores";
//         static constexpr std::uint32_t version = 1;
//         using events = varve::events<Scored>;
//         std::map<std::string, int> points;
//         void apply(const Scored& event) { points[event.player] += event.points; }
//     };
//     varve::memory_read_model<Scores> scores;
//     scores.read([](const Scores& now) { return now.points.size(); });
//
// It is folded from zero whenever the process starts. It has nothing to roll back to: after an event
// that fails, the worker folds it from zero once more, up to that event.
#pragma once

#include <varve/failure.hpp>
#include <varve/projections/projection.hpp>
#include <varve/projections/read_model.hpp>
#include <varve/store.hpp>

#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace varve::inline v0 {

/// Holds a `T` that one worker folds and any thread reads. A reader sees whole batches only.
template <projection T>
class memory_read_model {
public:
    using projection = T;
    using view = T;

    /// Calls `query(const T&)` while nothing is folded; keep it short.
    template <class Query>
    decltype(auto) read(Query&& query) const {
        const std::lock_guard lock{mutex_};
        return std::invoke(std::forward<Query>(query), state_);
    }

    /// How far the state has come.
    position checkpoint() const {
        const std::lock_guard lock{mutex_};
        return mark_ ? mark_->reached : position{};
    }

    // ---- for the worker ----

    result<position> attach(const store_identity& store, position head) {
        const std::lock_guard lock{mutex_};
        const auto start = detail::judge_mark(mark_, wanted(store), head);
        if (!start) return std::unexpected(start.error());
        if (*start == detail::read_model_start::begin_anew) empty(wanted(store));
        return mark_->reached;
    }

    result<void> begin() {
        batch_ = std::unique_lock{mutex_};
        return {};
    }

    result<void> apply(const recorded_event& event) {
        return detail::folding<T>::apply(state_, event);
    }

    result<void> commit(position reached) {
        detail::ensure(reached >= mark_->reached, "a checkpoint moves backward");
        mark_->reached = reached;
        batch_.unlock();
        return {};
    }

    result<position> rollback() {
        empty(*mark_);
        batch_.unlock();
        return position{};
    }

    result<void> clear(const store_identity& store) {
        const std::lock_guard lock{mutex_};
        if (mark_)
            if (auto owner = detail::check_owner(*mark_, wanted(store)); !owner) return owner;
        empty(wanted(store));
        return {};
    }

private:
    static detail::read_model_mark wanted(const store_identity& store) {
        return {.projection = std::string{T::name},
                .version = T::version,
                .layout = {},
                .store = store,
                .reached = {}};
    }

    void empty(detail::read_model_mark mark) {
        state_ = T{};
        mark.reached = {};
        mark_ = std::move(mark);
    }

    mutable std::mutex mutex_;
    std::unique_lock<std::mutex> batch_;
    T state_{};
    std::optional<detail::read_model_mark> mark_;
};

}  // namespace varve::inline v0
