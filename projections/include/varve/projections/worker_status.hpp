// How far a worker has come, for people and for those who wait.
#pragma once

#include <varve/failure.hpp>
#include <varve/ids.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace varve::inline v0 {

enum class worker_state : std::uint8_t {
    stopped,  ///< Not started, or stopped; `step` and `run_to` still work.
    idle,     ///< Has applied all that it knows of; the next durable event wakes it.
    running,  ///< A turn is posted or under way.
    failed,   ///< Stopped by a failure; `start` tries again from the last checkpoint.
};

constexpr std::string_view to_string(worker_state state) noexcept {
    switch (state) {
        case worker_state::stopped: return "stopped";
        case worker_state::idle: return "idle";
        case worker_state::running: return "running";
        case worker_state::failed: return "failed";
    }
    return "?";
}

/// What is known of a worker. Read, applied and failed are three things, never one "lag".
struct worker_status {
    worker_state state = worker_state::stopped;
    position head;     ///< The durable end of the log, as the worker last saw it.
    position read;     ///< The last event it looked at, wanted or not.
    position applied;  ///< Every event up to here is in the read model, with its checkpoint.
    position failed;   ///< The event that stopped it; 0: none, or not an event's fault.
    std::optional<failure> why;  ///< With `failed`: what went wrong.
};

namespace detail {

/// The status with those who wait for it to change. Callable from any thread.
class progress {
public:
    /// `idle` stands for `running` too: whether a turn is posted is known elsewhere.
    worker_status now() const {
        const std::lock_guard lock{mutex_};
        return now_;
    }

    std::optional<failure> why() const {
        const std::lock_guard lock{mutex_};
        return now_.why;
    }

    bool started() const {
        const std::lock_guard lock{mutex_};
        return started_;
    }

    /// How often the worker was told to stop.
    std::uint64_t stops() const {
        const std::lock_guard lock{mutex_};
        return stops_;
    }

    void moved(position head, position read, position applied) {
        {
            const std::lock_guard lock{mutex_};
            if (now_.head == head && now_.read == read && now_.applied == applied) return;
            now_.head = head;
            now_.read = read;
            now_.applied = applied;
            ++news_;
        }
        changed_.notify_all();
    }

    void failed(failure why, position at) {
        change([&] {
            now_.failed = at;
            now_.why = std::move(why);
        });
    }

    void recovered() {
        change([&] {
            now_.failed = {};
            now_.why.reset();
        });
    }

    void start() {
        change([&] { started_ = true; });
    }

    /// A failure stays known.
    void stop() {
        change([&] {
            started_ = false;
            ++stops_;
        });
    }

    /// There may be work; nothing is known of it yet.
    void stir() {
        change([] {});
    }

    /// Grows with each change. Take it before looking, and nothing falls between.
    std::uint64_t news() const {
        const std::lock_guard lock{mutex_};
        return news_;
    }

    /// Sleeps until there is news beyond `seen`, or for `most`. False: that time is over.
    bool wait(std::uint64_t seen, std::chrono::nanoseconds most) {
        const auto slice = std::min<std::chrono::nanoseconds>(most, std::chrono::hours{1});
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, slice, [&] { return news_ != seen; }) || most > slice;
    }

private:
    template <class F>
    void change(F&& how) {
        {
            const std::lock_guard lock{mutex_};
            how();
            now_.state = now_.why   ? worker_state::failed
                         : started_ ? worker_state::idle
                                    : worker_state::stopped;
            ++news_;
        }
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    worker_status now_;
    bool started_ = false;
    std::uint64_t news_ = 0;
    std::uint64_t stops_ = 0;
};

}  // namespace detail
}  // namespace varve::inline v0
