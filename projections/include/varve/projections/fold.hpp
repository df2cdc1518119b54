// Takes a read model along the log, batch by batch: no threads, no waiting.
#pragma once

#include <varve/failure.hpp>
#include <varve/projections/read_model.hpp>
#include <varve/store.hpp>
#include <varve/subscription.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

/// What a worker does in a turn. One thread at a time.
template <event_store Store, read_model ReadModel>
class projection_fold {
public:
    projection_fold(Store& store, ReadModel& model) : store_(&store), model_(&model), log_(store) {}

    position applied() const noexcept { return applied_; }
    position read() const noexcept { return read_; }
    position head() const noexcept { return log_.head(); }

    /// The event that the last failure is about; 0 if it is not about one.
    position failed_at() const noexcept { return failed_at_; }

    /// True if the last batch left events behind.
    bool behind() const noexcept { return behind_; }

    /// Looks at what the read model holds, unless that is known.
    result<void> attach() {
        if (attached_) return {};
        const auto from = model_->attach(store_->identity(), store_->head());
        if (!from) return std::unexpected(from.error());
        go_on_after(*from);
        attached_ = true;
        return {};
    }

    /// Trusts nothing that is only in memory: the next batch attaches again.
    void detach() noexcept { attached_ = false; }

    /// Empties the read model; the next batch begins at the first event.
    result<void> clear() {
        attached_ = false;
        auto cleared = model_->clear(store_->identity());
        if (cleared) go_on_after(position{});
        return cleared;
    }

    /// Applies one batch and stores it with its checkpoint; `enough` cuts it short. True if there was
    /// an event. After a failure everything before the event that failed is stored, and no more.
    result<bool> batch(poll_limits limits, const std::atomic<bool>& enough) {
        behind_ = false;
        failed_at_ = {};
        if (auto ready = attach(); !ready) return std::unexpected(ready.error());
        if (store_->head() == log_.at()) return false;
        const auto before = log_.at();
        auto more = scan(limits, enough);
        if (refused_) return give_up(limits, enough);
        if (auto stored = finish(); !stored) return std::unexpected(stored.error());
        if (!more) return std::unexpected(more.error());
        behind_ = *more;
        return log_.at() != before;
    }

private:
    void go_on_after(position where) noexcept {
        log_.seek(where);
        applied_ = read_ = where;
    }

    result<bool> scan(poll_limits limits, const std::atomic<bool>& enough) {
        begun_ = false;
        refused_.reset();
        return log_.poll(
            [&](const recorded_event& event) {
                read_ = event.position;
                return take(event) && !enough.load(std::memory_order_relaxed);
            },
            limits);
    }

    /// Begins the transaction with the first event, so that an empty batch writes nothing.
    bool take(const recorded_event& event) {
        auto done = begun_ ? result<void>{} : model_->begin();
        if (done) {
            begun_ = true;
            done = model_->apply(event);
            if (!done) failed_at_ = event.position;
        }
        if (!done) refused_ = at(event, std::move(done).error());
        return !refused_;
    }

    result<void> finish() {
        if (!begun_) return {};
        auto stored = model_->commit(log_.at());
        if (!stored) {
            lose();
            return stored;
        }
        applied_ = log_.at();
        return {};
    }

    /// The transaction failed: only the read model knows now what is stored.
    void lose() {
        static_cast<void>(model_->rollback());
        attached_ = false;
        log_.seek(applied_);
    }

    /// Undoes the batch, and applies again what stood before the event that failed.
    result<bool> give_up(poll_limits limits, const std::atomic<bool>& enough) {
        const auto why = std::move(*refused_);
        const auto bad = failed_at_;
        const auto seen = read_;
        if (begun_) redo_before(bad, limits, enough);
        failed_at_ = bad;
        read_ = seen;
        log_.seek(applied_);
        return std::unexpected(why);
    }

    void redo_before(position bad, poll_limits limits, const std::atomic<bool>& enough) {
        const auto from = model_->rollback();
        if (!from) return detach();
        go_on_after(*from);
        while (log_.at().next() < bad) {
            const auto left = bad.value - log_.at().value - 1;
            limits.events = static_cast<std::uint32_t>(
                std::min<std::uint64_t>(limits.events, left));
            if (!scan(limits, enough) || refused_ || !finish()) return lose();
            if (enough) return;
        }
    }

    failure at(const recorded_event& event, failure why) const {
        why.message = "projection '" + std::string{ReadModel::projection::name} + "' at position " +
                      to_string(event.position) + " (" + std::string{event.type} + " version " +
                      std::to_string(event.schema_version) + " of " + std::string{event.stream} +
                      "): " + why.message;
        return why;
    }

    Store* store_;
    ReadModel* model_;
    subscription<Store> log_;
    position applied_;
    position read_;
    position failed_at_;
    std::optional<failure> refused_;
    bool attached_ = false;
    bool begun_ = false;
    bool behind_ = false;
};

}  // namespace varve::inline v0::detail
