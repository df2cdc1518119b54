// Keeps a read model up with the log: woken by the store, run by the environment's executor.
//
//     varve::projection_worker worker{store, model};
//     worker.start().value();                          // from the last checkpoint, and then live
//     worker.wait(receipt.last, 5s).value();           // read your own write
//
// A worker starts no thread. Between its turns it is a row in a table of phases (`activity.hpp`), so
// it costs nothing while the log is still, and a simulated executor drives it one turn at a time.
#pragma once

#include <varve/environment.hpp>
#include <varve/failure.hpp>
#include <varve/projections/activity.hpp>
#include <varve/projections/fold.hpp>
#include <varve/projections/read_model.hpp>
#include <varve/projections/worker_status.hpp>
#include <varve/store.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace varve::inline v0 {

/// How much one transaction takes.
struct worker_options {
    std::uint32_t batch_events = 4096;  ///< At most, wanted or not; from 1 to 1,000,000.
    std::size_t batch_bytes = 8u
                              << 20;  ///< Of payload, at most; from 1 to 256 MiB. One event always.
};

/// Runs one projection. All functions may be called from any thread, but not from within `apply`.
/// Store, read model and environment outlive it.
template <event_store Store, read_model ReadModel>
class projection_worker {
public:
    using projection = typename ReadModel::projection;

    projection_worker(Store& store, ReadModel& model, environment& env = environment::system(),
                      worker_options options = {})
        : store_(&store), env_(&env), options_(options), fold_(store, model) {}
    projection_worker(const projection_worker&) = delete;
    projection_worker& operator=(const projection_worker&) = delete;

    /// As `stop`.
    ~projection_worker() { stop(); }

    /// Goes on from the stored checkpoint and stays with the log; after a failure, tries again.
    /// Errors: those of `read_model::attach`; `invalid_argument` for options out of bounds.
    result<void> start() {
        {
            const std::lock_guard life{life_};
            if (auto ready = prepare(); !ready) return ready;
            progress_.start();
            activity_->open();
            if (!durable_) durable_ = store_->on_durable([this] { stir(); });
        }
        stir();
        return {};
    }

    /// Ends after the event at hand: what was applied is stored, the checkpoint says so, and nothing
    /// runs any more. Ends `run_to` and `rebuild` on other threads too (`cancelled`).
    void stop() {
        const std::lock_guard life{life_};
        durable_.reset();
        stopping_ = true;
        progress_.stop();
        activity_->close();
        const std::lock_guard turn{turn_};
        stopping_ = false;
    }

    /// Applies one batch on this thread. True if there was an event. Works without `start`.
    /// Errors: what stopped the worker, until `start` or `rebuild`.
    result<bool> step() {
        const std::lock_guard turn{turn_};
        return batch();
    }

    /// Applies batches on this thread until `target` is applied or the log has no more; says how far
    /// that is. The way to drive a worker where no executor runs.
    /// Errors: what stopped the worker; `cancelled` by `stop`.
    result<position> run_to(position target = everything) {
        const auto stops = progress_.stops();
        for (;;) {
            const std::lock_guard turn{turn_};
            if (progress_.stops() != stops)
                return fail(errc::cancelled, about("was stopped at " + to_string(fold_.applied())));
            if (fold_.applied() >= target) return fold_.applied();
            const auto worked = batch();
            if (!worked) return std::unexpected(worked.error());
            if (!*worked) return fold_.applied();
        }
    }

    /// Returns once every event up to `target` is applied and stored, with the position that is
    /// applied by then. This thread helps: it applies what is there, and sleeps only while the log
    /// has no more, so it may overrun `timeout` by a batch. (Under a clock that stands still a timeout
    /// of a nanosecond applies all there is.)
    /// Errors: `timeout`, saying how far it came; what stopped the worker; `closed` if it does not
    /// run.
    result<position> wait(position target, std::chrono::nanoseconds timeout) {
        const auto began = env_->clock().monotonic();
        for (;;) {
            const auto seen = progress_.news();  // before looking, so that nothing falls between
            const auto reached = help(target);
            if (!reached || *reached >= target) return reached;
            const auto left = timeout - (env_->clock().monotonic() - began);
            if (left <= left.zero() || !progress_.wait(seen, left))
                return too_late(target, *reached);
        }
    }

    /// Empties rows and checkpoint in one transaction, and applies the log up to where it now ends.
    /// Cancelled by `stop`, it leaves a true part: the next `start` goes on from there.
    /// Errors: as `run_to`; `foreign` if the read model is of another store.
    result<position> rebuild() {
        const auto target = store_->head();
        {
            const std::lock_guard turn{turn_};
            progress_.recovered();
            if (auto cleared = fold_.clear(); !cleared) return failing(std::move(cleared).error());
            publish();
        }
        return run_to(target);
    }

    /// Read, applied and failed positions, and the reason if it stopped by itself.
    worker_status status() const {
        auto now = progress_.now();
        if (now.state == worker_state::idle && activity_->busy()) now.state = worker_state::running;
        return now;
    }

private:
    static constexpr position everything{std::numeric_limits<std::uint64_t>::max()};

    /// The store has news, or somebody wants a turn. Called on the appending thread: quick.
    void stir() {
        progress_.stir();
        if (activity_->wake()) post(*env_, activity_);
    }

    /// The task may come late or never: `begin` says whether the worker is still there for it.
    void post(environment& env, const std::shared_ptr<detail::activity>& activity) {
        env.executor().post([this, activity] {
            if (activity->begin()) turn();
        });
    }

    void turn() {
        auto& env = *env_;
        const auto activity = activity_;
        bool more = false;
        {
            const std::lock_guard turn{turn_};
            more = batch().value_or(false) && fold_.behind();
        }
        // From here on the worker may be gone; `post` touches only what it is given.
        if (activity->end(more)) post(env, activity);
    }

    result<void> prepare() {
        const std::lock_guard turn{turn_};
        if (auto fit = check_options(); !fit) return fit;
        if (progress_.why()) fold_.detach();
        progress_.recovered();
        if (auto ready = fold_.attach(); !ready) return failing(std::move(ready).error());
        publish();
        return {};
    }

    /// One batch; the turn is held. Who was waiting for the turn while `stop` came does nothing.
    result<bool> batch() {
        if (stopping_) return false;
        if (auto why = progress_.why()) return std::unexpected(*std::move(why));
        if (auto fit = check_options(); !fit) return failing(std::move(fit).error());
        auto worked = fold_.batch(
            {.events = options_.batch_events, .max_bytes = options_.batch_bytes}, stopping_);
        publish();
        if (!worked) return failing(std::move(worked).error());
        return worked;
    }

    /// Applies a batch if `target` needs one; says what is applied.
    result<position> help(position target) {
        const std::lock_guard turn{turn_};
        if (fold_.applied() >= target) return fold_.applied();
        if (!progress_.started() && !progress_.why())
            return fail(errc::closed, about("does not run, and has applied " +
                                            to_string(fold_.applied()) + "; start it"));
        if (auto worked = batch(); !worked) return std::unexpected(std::move(worked).error());
        return fold_.applied();
    }

    void publish() { progress_.moved(store_->head(), fold_.read(), fold_.applied()); }

    std::unexpected<failure> failing(failure why) {
        progress_.failed(why, fold_.failed_at());
        return std::unexpected(std::move(why));
    }

    std::unexpected<failure> too_late(position target, position reached) const {
        return fail(errc::timeout,
                    about("has applied " + to_string(reached) + ", not yet " + to_string(target) +
                          "; the log ends at " + to_string(store_->head())));
    }

    result<void> check_options() const {
        if (options_.batch_events < 1 || options_.batch_events > 1'000'000)
            return fail(errc::invalid_argument, about("takes 1 to 1000000 events a batch"));
        if (options_.batch_bytes < 1 || options_.batch_bytes > (256u << 20))
            return fail(errc::invalid_argument, about("takes 1 byte to 256 MiB a batch"));
        return {};
    }

    static std::string about(const std::string& what) {
        return "the worker of projection '" + std::string{projection::name} + "' " + what;
    }

    Store* store_;
    environment* env_;
    worker_options options_;
    std::mutex life_;  ///< Held by `start` and `stop`.
    std::mutex turn_;  ///< Held while a batch is applied; a waiting turn waits for one batch.
    detail::projection_fold<Store, ReadModel> fold_;
    std::atomic<bool> stopping_ = false;
    detail::progress progress_;
    std::shared_ptr<detail::activity> activity_ = std::make_shared<detail::activity>();
    registration durable_;
};

}  // namespace varve::inline v0
