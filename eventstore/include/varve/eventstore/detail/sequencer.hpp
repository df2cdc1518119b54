// One appender at a time, by whoever is there.
//
// Appends and side writes from any thread meet in a bounded queue. The caller that finds nobody
// leading leads: it takes what waits, has it stored as one group, hands the lead to the next blocked
// caller, and only then answers its group, so that the next write is under way while threads wake up.
// Appends without a thread of their own (asynchronous ones) are led by a task on the executor. Until
// that task begins, whoever blocks takes the lead from it: so nobody waits for a thread of the
// executor, and the executor's own threads may block here.
#pragma once

#include <varve/eventstore/detail/pending.hpp>
#include <varve/executor.hpp>
#include <varve/failure.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

class sequencer {
public:
    using group = std::span<pending_work* const>;

    /// `run` stores a group and fills in every answer. It is never called by two threads at once.
    sequencer(std::function<void(group)> run, std::size_t limit, varve::executor& threads)
        : run_(std::move(run)), limit_(limit), executor_(&threads) {}

    ~sequencer() { close(); }

    /// Stores the append and returns when it has its answer. False: the queue is full or closed,
    /// nothing was tried.
    result<void> submit(pending_work& append) {
        {
            const std::lock_guard lock{mutex_};
            if (auto accepted = enqueue(append); !accepted) return accepted;
            if (may_lead()) {
                leading_ = true;
                append.now = pending_work::leads;
            }
        }
        append.now.wait(pending_work::waiting);
        if (append.now == pending_work::leads) lead(&append);
        return {};
    }

    /// Queues an append with a `done`, which is called on a thread of the executor or of an appender.
    /// If this fails, `done` is not called and the append is still the caller's.
    result<void> submit_later(pending_work& append) {
        promise made;
        {
            const std::lock_guard lock{mutex_};
            if (auto accepted = enqueue(append); !accepted) return accepted;
            if (!leading_) made = promise_lead();
        }
        if (made) executor_->post(lead_task{*this, std::move(made)});
        return {};
    }

    /// Runs `work` while nobody leads and nobody can.
    template <class Work>
    auto exclusively(Work&& work) {
        {
            std::unique_lock lock{mutex_};
            idle_.wait(lock, [&] { return may_lead(); });
            leading_ = true;
        }
        auto outcome = work();
        hand_over();
        return outcome;
    }

    /// Refuses what comes and waits until everything that came is answered.
    void close() {
        std::unique_lock lock{mutex_};
        closed_ = true;
        const auto done = [&] { return !leading_ && answering_ == 0; };
        while (!done()) {
            bool leads = false;
            idle_.wait(lock, [&] { return done() || (leads = leading_ && may_lead()); });
            if (!leads) continue;
            lock.unlock();
            lead(nullptr);
            lock.lock();
        }
    }

private:
    /// Whether the lead that was promised to a task is still there for whoever comes first. A task
    /// that comes second touches nothing else: the queue may be gone by then.
    using promise = std::shared_ptr<std::atomic<bool>>;

    /// Leads when it is run; if the executor drops it instead, nobody waits for it in vain.
    class lead_task {
    public:
        lead_task(sequencer& queue, promise made) noexcept
            : queue_(&queue), promise_(std::move(made)) {}
        lead_task(lead_task&&) noexcept = default;
        lead_task& operator=(lead_task&&) = delete;
        ~lead_task() {
            if (claim()) queue_->abandon();
        }
        void operator()() {
            if (claim()) queue_->lead(nullptr);
        }

    private:
        bool claim() noexcept { return promise_ && std::exchange(promise_, {})->exchange(false); }

        sequencer* queue_;
        promise promise_;
    };

    /// True if nobody leads, or if a task is to lead that has not begun: then it never will. Under
    /// the lock, as is `promise_lead`.
    bool may_lead() noexcept { return !leading_ || (promised_ && promised_->exchange(false)); }

    promise promise_lead() {
        leading_ = true;
        promised_ = std::make_shared<std::atomic<bool>>(true);
        return promised_;
    }

    /// The executor gave up on the task that was to lead: nothing of what waits was tried.
    void abandon() {
        std::vector<pending_work*> dropped;
        {
            const std::lock_guard lock{mutex_};
            dropped.assign(queue_.begin(), queue_.end());
            queue_.clear();
            ++answering_;
        }
        for (auto* append : dropped)
            append->refuse({errc::cancelled, "the executor ended before the append was tried"});
        hand_over();
        answer(dropped, nullptr);
        const std::lock_guard lock{mutex_};
        --answering_;
        idle_.notify_all();
    }

    result<void> enqueue(pending_work& append) {
        if (closed_) return fail(errc::closed, "the store is closed");
        if (queue_.size() >= limit_)
            return fail(errc::overloaded,
                        "there are " + std::to_string(queue_.size()) +
                            " appends waiting, which is the limit; nothing was tried");
        queue_.push_back(&append);
        return {};
    }

    /// Serves groups until `own` is answered (one group if nobody's), then hands the lead over.
    void lead(pending_work* own) {
        std::vector<pending_work*> taken;
        bool served = false;
        do {
            take(taken);
            run_(taken);
            served = own == nullptr || std::find(taken.begin(), taken.end(), own) != taken.end();
            if (!served) answer(taken, own);
        } while (!served);
        {
            const std::lock_guard lock{mutex_};
            ++answering_;
        }
        hand_over();
        answer(taken, own);
        const std::lock_guard lock{mutex_};
        --answering_;
        idle_.notify_all();
    }

    void take(std::vector<pending_work*>& taken) {
        const std::lock_guard lock{mutex_};
        taken.clear();
        for (std::size_t size = 0; !queue_.empty() && size < limits::group; queue_.pop_front()) {
            size += queue_.front()->size;
            if (size > limits::group && !taken.empty()) break;
            taken.push_back(queue_.front());
        }
    }

    void hand_over() {
        pending_work* next = nullptr;
        promise made;
        {
            const std::lock_guard lock{mutex_};
            for (auto* append : queue_)
                if (!append->done) {
                    next = append;
                    break;
                }
            if (next == nullptr) {
                if (queue_.empty())
                    leading_ = false;
                else
                    made = promise_lead();
                idle_.notify_all();
            }
        }
        if (next != nullptr) {
            next->now = pending_work::leads;
            next->now.notify_one();
        } else if (made) {
            executor_->post(lead_task{*this, std::move(made)});
        }
    }

    /// After this, a blocking caller's append is gone: nothing here touches it again.
    static void answer(group taken, const pending_work* own) {
        for (auto* append : taken) {
            if (append->done) {
                auto done = std::move(append->done);  // it may end the append
                done();
            } else if (append != own) {
                append->now = pending_work::answered;
                append->now.notify_one();
            }
        }
    }

    std::function<void(group)> run_;
    std::size_t limit_;
    varve::executor* executor_;
    std::mutex mutex_;
    std::condition_variable idle_;
    std::deque<pending_work*> queue_;
    bool leading_ = false;  // somebody leads, or a task is to
    promise promised_;      // to the newest of those tasks
    bool closed_ = false;
    std::size_t answering_ = 0;
};

}  // namespace varve::inline v0::detail
