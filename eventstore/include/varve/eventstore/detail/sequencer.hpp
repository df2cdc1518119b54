// One appender at a time, by whoever is there.
//
// Appends from any thread meet in a bounded queue. The caller that finds nobody leading leads: it
// takes what waits, has it stored as one group, hands the lead to the next blocked caller, and only
// then answers its group, so that the next write is under way while threads wake up. Appends without
// a thread of their own (asynchronous ones) are led by a task on the executor.
#pragma once

#include <varve/append.hpp>
#include <varve/eventstore/format/batch_builder.hpp>
#include <varve/executor.hpp>
#include <varve/failure.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// An append on its way. A blocking caller keeps it on its stack, an asynchronous one on the heap.
struct pending_append {
    enum state : int { waiting, leads, answered };

    batch_builder batch;
    std::span<const stream_check> checks;
    std::span<const type_description> types;
    std::span<const condition> conditions{};
    std::span<const event_query> fail_if_exists{};
    result<receipt> answer = fail(errc::closed, {});        ///< Until it is looked at.
    std::move_only_function<void(result<receipt>)> done{};  ///< Empty: somebody blocks on `now`.
    std::atomic<int> now = waiting;
};

class sequencer {
public:
    using group = std::span<pending_append* const>;

    /// `run` stores a group and fills in every answer. It is never called by two threads at once.
    sequencer(std::function<void(group)> run, std::size_t limit, varve::executor& threads)
        : run_(std::move(run)), limit_(limit), executor_(&threads) {}

    ~sequencer() { close(); }

    /// Stores the append and returns when it has its answer. False: the queue is full or closed,
    /// nothing was tried.
    result<void> submit(pending_append& append) {
        {
            const std::lock_guard lock{mutex_};
            if (auto accepted = enqueue(append); !accepted) return accepted;
            if (!leading_) {
                leading_ = true;
                append.now = pending_append::leads;
            }
        }
        append.now.wait(pending_append::waiting);
        if (append.now == pending_append::leads) lead(&append);
        return {};
    }

    /// Queues an append with a `done`, which is called on a thread of the executor or of an appender.
    /// If this fails, `done` is not called and the append is still the caller's.
    result<void> submit_later(pending_append& append) {
        bool idle = false;
        {
            const std::lock_guard lock{mutex_};
            if (auto accepted = enqueue(append); !accepted) return accepted;
            idle = !std::exchange(leading_, true);
        }
        if (idle) executor_->post(lead_task{*this});
        return {};
    }

    /// Runs `work` while nobody leads and nobody can.
    template <class Work>
    auto exclusively(Work&& work) {
        {
            std::unique_lock lock{mutex_};
            idle_.wait(lock, [&] { return !leading_; });
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
        idle_.wait(lock, [&] { return !leading_ && answering_ == 0; });
    }

private:
    /// Leads when it is run; if the executor drops it instead, nobody waits for it in vain.
    class lead_task {
    public:
        explicit lead_task(sequencer& queue) noexcept : queue_(&queue) {}
        lead_task(lead_task&& from) noexcept : queue_(std::exchange(from.queue_, nullptr)) {}
        lead_task& operator=(lead_task&&) = delete;
        ~lead_task() {
            if (queue_ != nullptr) queue_->abandon();
        }
        void operator()() { std::exchange(queue_, nullptr)->lead(nullptr); }

    private:
        sequencer* queue_;
    };

    /// The executor gave up on the task that was to lead: nothing of what waits was tried.
    void abandon() {
        std::vector<pending_append*> dropped;
        {
            const std::lock_guard lock{mutex_};
            dropped.assign(queue_.begin(), queue_.end());
            queue_.clear();
            ++answering_;
        }
        for (auto* append : dropped)
            append->answer = fail(errc::cancelled,
                                  "the executor ended before the append was tried");
        hand_over();
        answer(dropped, nullptr);
        const std::lock_guard lock{mutex_};
        --answering_;
        idle_.notify_all();
    }

    result<void> enqueue(pending_append& append) {
        if (closed_) return fail(errc::closed, "the store is closed");
        if (queue_.size() >= limit_)
            return fail(errc::overloaded,
                        "there are " + std::to_string(queue_.size()) +
                            " appends waiting, which is the limit; nothing was tried");
        queue_.push_back(&append);
        return {};
    }

    /// Serves groups until `own` is answered (one group if nobody's), then hands the lead over.
    void lead(pending_append* own) {
        std::vector<pending_append*> taken;
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

    void take(std::vector<pending_append*>& taken) {
        const std::lock_guard lock{mutex_};
        taken.clear();
        for (std::size_t size = 0; !queue_.empty() && size < limits::group; queue_.pop_front()) {
            size += queue_.front()->batch.raw().size();
            if (size > limits::group && !taken.empty()) break;
            taken.push_back(queue_.front());
        }
    }

    void hand_over() {
        pending_append* next = nullptr;
        bool others = false;
        {
            const std::lock_guard lock{mutex_};
            for (auto* append : queue_)
                if (!append->done) {
                    next = append;
                    break;
                }
            others = next == nullptr && !queue_.empty();
            if (next == nullptr && !others) {
                leading_ = false;
                idle_.notify_all();
            }
        }
        if (next != nullptr) {
            next->now = pending_append::leads;
            next->now.notify_one();
        } else if (others) {
            executor_->post(lead_task{*this});
        }
    }

    /// After this, a blocking caller's append is gone: nothing here touches it again.
    static void answer(group taken, const pending_append* own) {
        for (auto* append : taken) {
            if (append->done) {
                auto done = std::move(append->done);
                done(std::move(append->answer));
            } else if (append != own) {
                append->now = pending_append::answered;
                append->now.notify_one();
            }
        }
    }

    std::function<void(group)> run_;
    std::size_t limit_;
    varve::executor* executor_;
    std::mutex mutex_;
    std::condition_variable idle_;
    std::deque<pending_append*> queue_;
    bool leading_ = false;
    bool closed_ = false;
    std::size_t answering_ = 0;
};

}  // namespace varve::inline v0::detail
