// Wakes who waits for something to change, without losing a ring that came early.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace varve::inline v0::detail {

/// Its lock is held for an instant only, so anybody may ring, also from inside an append.
class bell {
public:
    void ring() {
        {
            const std::lock_guard lock{mutex_};
            ++rings_;
        }
        wake_.notify_all();
    }

    std::uint64_t count() const {
        const std::lock_guard lock{mutex_};
        return rings_;
    }

    /// Returns true when it rang more often than `seen`, false after a while. An end too far away to
    /// be told as a time is none.
    bool wait_beyond(std::uint64_t seen, std::chrono::nanoseconds longest) {
        std::unique_lock lock{mutex_};
        const auto rung = [&] { return rings_ > seen; };
        if (longest <= std::chrono::hours{24 * 365}) return wake_.wait_for(lock, longest, rung);
        wake_.wait(lock, rung);
        return true;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::uint64_t rings_ = 0;
};

}  // namespace varve::inline v0::detail
