// The yardstick for many writers: groups coalesced by hand over the raw engine, one record per group.
#pragma once

#include "raw_sqlite.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace bench {

/// Blocking appends from many threads. Whoever finds nobody writing writes what is there, and wakes all
/// who wait for that group with one call.
class blocking_groups {
public:
    explicit blocking_groups(raw_sqlite& to) : to_(&to) {}

    /// Returns when the event is durable.
    void append(varve::bytes_view event) {
        std::unique_lock lock{mutex_};
        varve::detail::put_bytes(open_, event);
        const std::uint64_t mine = group_;
        auto& durable = durable_[mine % 2];
        while (done_ < mine && writing_) durable.wait(lock);
        if (done_ >= mine) return;
        writing_ = true;
        writing_bytes_.swap(open_);
        ++group_;
        lock.unlock();
        to_->append(writing_bytes_);
        writing_bytes_.clear();
        lock.lock();
        done_ = mine;
        writing_ = false;
        lock.unlock();
        durable_[(mine + 1) % 2].notify_one();  // the next group's writer first
        durable.notify_all();
    }

private:
    raw_sqlite* to_;
    std::mutex mutex_;
    std::condition_variable durable_[2];  // of even and odd groups
    varve::bytes open_, writing_bytes_;
    std::uint64_t group_ = 1;
    std::uint64_t done_ = 0;
    bool writing_ = false;
};

/// Appends that nobody blocks on: one thread writes what has come, and reports the group as a whole.
class streamed_groups {
public:
    /// `done(n)`: n more events are durable.
    streamed_groups(raw_sqlite& to, std::function<void(std::ptrdiff_t)> done)
        : to_(&to), done_(std::move(done)), writer_([this] { write(); }) {}
    ~streamed_groups() {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        come_.notify_one();
        writer_.join();
    }

    void append(varve::bytes_view event) {
        bool first = false;
        {
            const std::lock_guard lock{mutex_};
            first = open_.empty();
            varve::detail::put_bytes(open_, event);
            ++count_;
        }
        if (first) come_.notify_one();
    }

private:
    void write() {
        varve::bytes record;
        for (;;) {
            std::ptrdiff_t taken = 0;
            {
                std::unique_lock lock{mutex_};
                come_.wait(lock, [&] { return !open_.empty() || stopping_; });
                if (open_.empty()) return;
                record.swap(open_);
                taken = std::exchange(count_, 0);
            }
            to_->append(record);
            record.clear();
            done_(taken);
        }
    }

    raw_sqlite* to_;
    std::function<void(std::ptrdiff_t)> done_;
    std::mutex mutex_;
    std::condition_variable come_;
    varve::bytes open_;
    std::ptrdiff_t count_ = 0;
    bool stopping_ = false;
    std::thread writer_;
};

/// How many appends may be in flight. Who finds it full waits until half of it is free.
class window {
public:
    explicit window(std::ptrdiff_t limit) : limit_(limit) {}

    void enter() {
        if (in_flight_.fetch_add(1) + 1 < limit_) return;
        wait_for(limit_ / 2);
    }
    void leave(std::ptrdiff_t count = 1) {
        const auto before = in_flight_.fetch_sub(count);
        const auto now = before - count;
        const auto mark = mark_.load();
        if (now <= mark && mark < before) in_flight_.notify_all();
    }
    void drain() { wait_for(0); }

private:
    void wait_for(std::ptrdiff_t most) {
        mark_ = most;
        for (auto now = in_flight_.load(); now > most; now = in_flight_.load())
            in_flight_.wait(now);
    }

    std::ptrdiff_t limit_;
    std::atomic<std::ptrdiff_t> in_flight_ = 0;
    std::atomic<std::ptrdiff_t> mark_ = 0;
};

}  // namespace bench
