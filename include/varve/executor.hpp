// Where work runs that nobody waits for: threads as an argument.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

namespace varve::inline v0 {

/// Runs tasks, some time, on some thread. A task must not throw.
class executor {
public:
    using task = std::move_only_function<void()>;

    virtual ~executor() = default;

    /// Runs `work` as soon as a thread is free. Callable from any thread, also from a task.
    virtual void post(task work) = 0;

    /// Runs `work` once `delay` has passed.
    virtual void post_after(std::chrono::nanoseconds delay, task work) = 0;
};

/// A fixed number of threads. The destructor finishes what was posted, drops what is not yet due,
/// and joins.
class thread_executor final : public executor {
public:
    explicit thread_executor(std::size_t threads = 2) {
        threads_.reserve(threads);
        for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
    }
    thread_executor(const thread_executor&) = delete;
    thread_executor& operator=(const thread_executor&) = delete;

    ~thread_executor() override {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        changed_.notify_all();
        for (auto& thread : threads_) thread.join();
    }

    void post(task work) override {
        {
            const std::lock_guard lock{mutex_};
            ready_.push(std::move(work));
        }
        changed_.notify_one();
    }

    void post_after(std::chrono::nanoseconds delay, task work) override {
        {
            const std::lock_guard lock{mutex_};
            later_.push_back({std::chrono::steady_clock::now() + delay, std::move(work)});
            std::push_heap(later_.begin(), later_.end(), &later);
        }
        changed_.notify_one();
    }

private:
    struct timed {
        std::chrono::steady_clock::time_point due;
        task work;
    };
    static bool later(const timed& a, const timed& b) noexcept { return a.due > b.due; }

    void take_due() {
        const auto now = std::chrono::steady_clock::now();
        while (!later_.empty() && later_.front().due <= now) {
            std::pop_heap(later_.begin(), later_.end(), &later);
            ready_.push(std::move(later_.back().work));
            later_.pop_back();
        }
    }

    void run() {
        std::unique_lock lock{mutex_};
        for (;;) {
            take_due();
            if (!ready_.empty()) {
                task work = std::move(ready_.front());
                ready_.pop();
                lock.unlock();
                work();
                work = nullptr;
                lock.lock();
            } else if (stopping_) {
                return;
            } else if (later_.empty()) {
                changed_.wait(lock);
            } else {
                const auto due = later_.front().due;
                changed_.wait_until(lock, due);
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::queue<task> ready_;
    std::vector<timed> later_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace varve::inline v0
