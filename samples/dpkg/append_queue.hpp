// Asynchronous appends in order, a bounded number of them on their way.
//
// Appends are stored in the order they are handed over, and those that wait together are made durable
// together: a whole log costs a few synced writes, not one a line.
#pragma once

#include <varve/append.hpp>
#include <varve/failure.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

namespace dpkg {

template <class Store>
class append_queue {
public:
    explicit append_queue(Store& store) : store_(&store) {}
    append_queue(const append_queue&) = delete;
    append_queue& operator=(const append_queue&) = delete;
    ~append_queue() { finish(); }

    /// Hands an append over, which is copied. False once one has failed.
    bool add(const varve::append_request& request) {
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [&] { return waiting_ < most_waiting; });
            if (failed_) return false;
            ++waiting_;
        }
        store_->append_async(request, [this](varve::result<varve::receipt> answer) {
            const std::lock_guard lock{mutex_};
            --waiting_;
            if (!answer && !failed_) failed_ = std::move(answer).error();
            changed_.notify_all();  // locked: this object may go once the last one is answered
        });
        return true;
    }

    /// Waits for every answer. Errors: the first failure there was.
    varve::result<void> finish() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return waiting_ == 0; });
        if (failed_) return std::unexpected(*failed_);
        return {};
    }

private:
    static constexpr std::size_t most_waiting = 1024;

    Store* store_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t waiting_ = 0;
    std::optional<varve::failure> failed_;
};

}  // namespace dpkg
