// The watermark: the last durable position, and whoever waits for it.
#pragma once

#include <varve/ids.hpp>
#include <varve/store.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

namespace varve::inline v0::detail {

/// Published by the appender after a group is durable; waited for by any thread.
class durable_head {
public:
    position get() const noexcept { return position{head_.load(std::memory_order_acquire)}; }

    /// Moves the head forward, wakes who waits, and calls who listens.
    void publish(position head) {
        {
            const std::lock_guard lock{mutex_};
            head_.store(head.value, std::memory_order_release);
        }
        moved_.notify_all();
        const std::lock_guard lock{listeners_->mutex};
        for (auto& listener : listeners_->calls) listener();
    }

    /// Wakes everybody although nothing moved: a store that reopens or closes.
    void wake() { publish(get()); }

    position wait_beyond(position where, std::chrono::nanoseconds wait) {
        // a sum with "for ever" would overflow, and so be over at once
        const auto bounded = std::min<std::chrono::nanoseconds>(wait, std::chrono::hours{24 * 365});
        std::unique_lock lock{mutex_};
        moved_.wait_for(lock, bounded, [&] { return get() > where; });
        return get();
    }

    /// Destroying the registration waits for a running call and ends it. Not from within a call.
    registration listen(std::function<void()> call) {
        const std::lock_guard lock{listeners_->mutex};
        listeners_->calls.push_back(std::move(call));
        const auto place = std::prev(listeners_->calls.end());
        return {nullptr, [all = listeners_, place](void*) {
                    const std::lock_guard inner{all->mutex};
                    all->calls.erase(place);
                }};
    }

private:
    struct listeners {
        std::mutex mutex;
        std::list<std::function<void()>> calls;
    };

    std::atomic<std::uint64_t> head_{0};
    std::mutex mutex_;
    std::condition_variable moved_;
    std::shared_ptr<listeners> listeners_ = std::make_shared<listeners>();
};

}  // namespace varve::inline v0::detail
