#include <varve/executor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <set>
#include <thread>

namespace {

using namespace std::chrono_literals;

TEST(executor, what_was_posted_is_run_before_the_executor_ends) {
    std::atomic<int> run = 0;
    {
        varve::thread_executor threads{2};
        for (int i = 0; i < 1'000; ++i) threads.post([&run] { ++run; });
    }
    EXPECT_EQ(run, 1'000);
}

TEST(executor, what_is_not_yet_due_is_dropped_at_the_end_and_not_waited_for) {
    const auto token = std::make_shared<int>();
    std::atomic<bool> run = false;
    {
        varve::thread_executor threads{1};
        threads.post_after(24h, [&run, token] { run = true; });
    }
    EXPECT_FALSE(run);
    EXPECT_EQ(token.use_count(), 1);
}

TEST(executor, a_delayed_task_runs_after_its_delay_and_in_order_of_being_due) {
    std::vector<int> order;
    std::latch done{2};
    const auto start = std::chrono::steady_clock::now();
    varve::thread_executor threads{1};
    threads.post_after(20ms, [&] {
        order.push_back(2);
        done.count_down();
    });
    threads.post_after(10ms, [&] {
        order.push_back(1);
        done.count_down();
    });
    done.wait();
    EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
    EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(executor, a_task_may_post_another) {
    std::latch done{1};
    varve::thread_executor threads{1};
    threads.post([&] { threads.post([&] { done.count_down(); }); });
    done.wait();
}

TEST(executor, tasks_run_beside_each_other_on_as_many_threads_as_there_are) {
    std::latch both{2};
    std::atomic<int> met = 0;
    {
        varve::thread_executor threads{2};
        for (int i = 0; i < 2; ++i)
            threads.post([&] {
                both.arrive_and_wait();  // passes only if the other task runs at the same time
                ++met;
            });
    }
    EXPECT_EQ(met, 2);
}

TEST(executor, a_task_may_own_what_cannot_be_copied_and_it_ends_with_the_task) {
    std::latch gone{1};
    struct tells {
        std::latch* when;
        explicit tells(std::latch& latch) : when(&latch) {}
        tells(tells&& other) noexcept : when(std::exchange(other.when, nullptr)) {}
        ~tells() {
            if (when != nullptr) when->count_down();
        }
    };
    varve::thread_executor threads{1};
    threads.post([owned = tells{gone}] { EXPECT_NE(owned.when, nullptr); });
    gone.wait();
}

}  // namespace
