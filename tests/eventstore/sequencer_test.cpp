// One appender at a time, by whoever is there: groups, hand-over, overload, closing.

#include <varve/eventstore/detail/sequencer.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace varve;
using detail::pending_append;
using detail::sequencer;

/// Runs what was posted when it is told to.
class manual_executor final : public executor {
public:
    void post(task work) override { tasks.push_back(std::move(work)); }
    void post_after(std::chrono::nanoseconds, task work) override {
        tasks.push_back(std::move(work));
    }
    void run() {
        while (!tasks.empty()) {
            auto work = std::move(tasks.front());
            tasks.pop_front();
            work();
        }
    }
    std::deque<task> tasks;
};

/// Answers each append with the number of its group as position.
struct recorder {
    void operator()(sequencer::group group) {
        sizes.push_back(group.size());
        for (auto* work : group)
            static_cast<pending_append*>(work)->answer = receipt{
                .id = {}, .first = {}, .last = position{sizes.size()}, .streams = {}};
    }
    std::vector<std::size_t> sizes;
};

std::unique_ptr<pending_append> later(std::vector<result<receipt>>& answers) {
    auto append = std::make_unique<pending_append>();
    append->done = [&answers, own = append.get()] { answers.push_back(std::move(own->answer)); };
    return append;
}

TEST(sequencer, a_lone_writer_leads_itself_and_starts_no_task) {
    manual_executor threads;
    recorder record;
    sequencer queue{[&](sequencer::group group) { record(group); }, 8, threads};
    pending_append append;
    ASSERT_TRUE(queue.submit(append).has_value());
    EXPECT_EQ(append.answer->last, position{1});
    EXPECT_TRUE(threads.tasks.empty());
}

TEST(sequencer, appends_that_wait_become_one_group) {
    manual_executor threads;
    recorder record;
    sequencer queue{[&](sequencer::group group) { record(group); }, 8, threads};
    std::vector<result<receipt>> answers;
    std::vector<std::unique_ptr<pending_append>> appends;
    for (int i = 0; i < 5; ++i) {
        appends.push_back(later(answers));
        ASSERT_TRUE(queue.submit_later(*appends.back()).has_value());
    }
    EXPECT_TRUE(answers.empty());
    threads.run();
    EXPECT_EQ(record.sizes, std::vector<std::size_t>{5});
    EXPECT_EQ(answers.size(), 5u);
}

TEST(sequencer, a_full_queue_answers_at_once_and_tries_nothing) {
    manual_executor threads;
    recorder record;
    sequencer queue{[&](sequencer::group group) { record(group); }, 2, threads};
    std::vector<result<receipt>> answers;
    auto one = later(answers), two = later(answers), three = later(answers);
    ASSERT_TRUE(queue.submit_later(*one).has_value());
    ASSERT_TRUE(queue.submit_later(*two).has_value());
    const auto refused = queue.submit_later(*three);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, errc::overloaded);
    EXPECT_NE(refused.error().message.find("2 appends waiting"), std::string::npos);
    pending_append blocking;
    EXPECT_EQ(queue.submit(blocking).error().code, errc::overloaded);
    threads.run();
    EXPECT_EQ(answers.size(), 2u);
}

TEST(sequencer, the_lead_goes_to_a_blocked_caller_while_a_group_is_stored) {
    manual_executor threads;
    recorder record;
    std::latch storing{1}, go_on{1};
    std::atomic<bool> first{true};
    sequencer queue{[&](sequencer::group group) {
                        if (first.exchange(false)) {
                            storing.count_down();
                            go_on.wait();
                        }
                        record(group);
                    },
                    64, threads};
    pending_append one;
    std::thread leader{[&] { ASSERT_TRUE(queue.submit(one).has_value()); }};
    storing.wait();
    std::vector<result<receipt>> answers;
    std::vector<std::unique_ptr<pending_append>> waiting;
    for (int i = 0; i < 3; ++i) {
        waiting.push_back(later(answers));
        ASSERT_TRUE(queue.submit_later(*waiting.back()).has_value());
    }
    go_on.count_down();
    leader.join();
    threads.run();  // nobody was blocked, so a task leads the rest
    EXPECT_EQ(record.sizes, (std::vector<std::size_t>{1, 3}));
    EXPECT_EQ(answers.size(), 3u);
}

TEST(sequencer, many_threads_are_each_answered_once) {
    thread_executor threads{2};
    std::atomic<int> stored{0};
    std::atomic<int> inside{0};
    sequencer queue{[&](sequencer::group group) {
                        EXPECT_EQ(inside.fetch_add(1), 0) << "two leaders at once";
                        for (auto* work : group)
                            static_cast<pending_append*>(work)->answer = receipt{
                                .id = {}, .first = {}, .last = position{1}, .streams = {}};
                        stored += static_cast<int>(group.size());
                        inside.fetch_sub(1);
                    },
                    1024, threads};
    std::atomic<int> answered{0};
    {
        std::vector<std::jthread> writers;
        for (int w = 0; w < 8; ++w)
            writers.emplace_back([&] {
                for (int i = 0; i < 500; ++i) {
                    pending_append append;
                    ASSERT_TRUE(queue.submit(append).has_value());
                    ASSERT_TRUE(append.answer.has_value());
                    ++answered;
                }
            });
        writers.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                auto* append = new pending_append;
                append->done = [&answered, owner = std::unique_ptr<pending_append>{append}] {
                    EXPECT_TRUE(owner->answer.has_value());
                    ++answered;
                };
                ASSERT_TRUE(queue.submit_later(*append).has_value());
            }
        });
    }
    queue.close();
    EXPECT_EQ(answered, 4500);
    EXPECT_EQ(stored, 4500);
}

TEST(sequencer, an_executor_that_drops_its_tasks_leaves_no_append_without_an_answer) {
    recorder record;
    manual_executor threads;
    sequencer queue{[&](sequencer::group group) { record(group); }, 8, threads};
    std::vector<result<receipt>> answers;
    auto one = later(answers), two = later(answers);
    ASSERT_TRUE(queue.submit_later(*one).has_value());
    ASSERT_TRUE(queue.submit_later(*two).has_value());
    threads.tasks.clear();
    ASSERT_EQ(answers.size(), 2u);
    for (const auto& answer : answers) EXPECT_EQ(answer.error().code, errc::cancelled);
    EXPECT_TRUE(record.sizes.empty());
    pending_append next;
    ASSERT_TRUE(queue.submit(next).has_value()) << "the lead is free again";
    EXPECT_TRUE(next.answer.has_value());
}

TEST(sequencer, after_close_nothing_is_taken) {
    manual_executor threads;
    sequencer queue{[](sequencer::group) {}, 8, threads};
    queue.close();
    pending_append append;
    EXPECT_EQ(queue.submit(append).error().code, errc::closed);
}

TEST(sequencer, whoever_blocks_takes_the_lead_from_a_task_that_has_not_begun) {
    manual_executor threads;
    recorder record;
    std::vector<result<receipt>> answers;
    const auto first = later(answers);
    const auto second = later(answers);
    {
        sequencer queue{[&](sequencer::group group) { record(group); }, 8, threads};
        ASSERT_TRUE(queue.submit_later(*first));
        pending_append blocking;  // on a thread of the executor, say: its task can never begin
        ASSERT_TRUE(queue.submit(blocking));
        EXPECT_EQ(record.sizes, std::vector<std::size_t>{2});
        ASSERT_EQ(answers.size(), 1u);

        ASSERT_TRUE(queue.submit_later(*second));
        EXPECT_TRUE(queue.exclusively([&] { return answers.size() == 1; }));
    }
    EXPECT_EQ(answers.size(), 2u) << "closing leads what nobody else does";
    EXPECT_EQ(threads.tasks.size(), 3u);
    threads.run();  // they come too late, the queue is gone
    EXPECT_EQ(record.sizes, (std::vector<std::size_t>{2, 1}));
}

}  // namespace
