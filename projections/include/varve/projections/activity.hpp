// When a worker's turn is to be posted: never twice at once, never missed, never when idle.
//
// The table of its phases stands in projections/README.md. Why no wake-up is missed: a waker first
// publishes the new head and then calls `wake`; a turn first calls `begin` and then reads the head.
// Both pass one mutex, so either the turn sees the head, or the waker sees the turn running and
// asks for another.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace varve::inline v0::detail {

/// Decides who posts and who runs. All functions may be called from any thread.
class activity {
public:
    enum class phase : std::uint8_t { closed, idle, scheduled, running, again };

    /// There may be work. True: the caller must post a turn.
    bool wake() {
        const std::lock_guard lock{mutex_};
        if (phase_ == phase::running) phase_ = phase::again;
        if (phase_ != phase::idle) return false;
        phase_ = phase::scheduled;
        return true;
    }

    /// A posted turn begins. False: it is of an earlier life, or another is under way; touch nothing.
    bool begin() {
        const std::lock_guard lock{mutex_};
        if (phase_ != phase::scheduled) return false;
        phase_ = phase::running;
        return true;
    }

    /// The turn ends, and `more` says that it left work. True: the caller must post another.
    bool end(bool more) {
        bool post = false;
        {
            const std::lock_guard lock{mutex_};
            const bool on = !closing_ && (more || phase_ == phase::again);
            phase_ = on ? phase::scheduled : phase::idle;
            post = on;
        }
        ended_.notify_all();
        return post;
    }

    void open() {
        const std::lock_guard lock{mutex_};
        if (phase_ == phase::closed) phase_ = phase::idle;
    }

    /// Waits for the turn that is under way; afterwards none begins. Not from within a turn.
    void close() {
        std::unique_lock lock{mutex_};
        closing_ = true;
        ended_.wait(lock, [this] { return phase_ != phase::running && phase_ != phase::again; });
        phase_ = phase::closed;
        closing_ = false;
    }

    /// True while a turn is posted or under way.
    bool busy() const {
        const std::lock_guard lock{mutex_};
        return phase_ != phase::closed && phase_ != phase::idle;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    phase phase_ = phase::closed;
    bool closing_ = false;
};

}  // namespace varve::inline v0::detail
