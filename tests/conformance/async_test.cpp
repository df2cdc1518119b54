// Appends with a future and with co_await, over each engine (semantics.md §1, §11, §35).
#include "conformance/engines.hpp"

#include <varve/append_async.hpp>
#include <varve/testing/simulation.hpp>
#include <varve/testing/store_test.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <coroutine>
#include <exception>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace varve::tests {
namespace {

using namespace testkit;

/// A coroutine that runs by itself until it ends.
struct detached {
    struct promise_type {
        detached get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
};

/// A coroutine that somebody else ends.
struct held {
    struct promise_type {
        held get_return_object() noexcept {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
};

struct of_parameter : our_harness {
    of_parameter() : our_harness(testing::WithParamInterface<const char*>::GetParam()) {}
};

class async_appends : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override { ASSERT_TRUE(world_.open()); }

    any_store& store() { return world_.store(); }
    static draft of(append_id id) {
        return std::move(draft{id}.event("s-1", "x").event("s-2", "y"));
    }

    detached ask(append_id id, std::optional<result<receipt>>& answer) {
        answer = co_await append_under_way(id);
    }
    /// The request is gone before anybody awaits.
    pending_receipt append_under_way(append_id id) {
        return of(id).send(
            [&](const append_request& request) { return append_awaitable(store(), request); });
    }

    store_world<of_parameter> world_;
};

TEST_P(async_appends, S11_a_future_gives_what_the_blocking_call_gives) {
    const auto id = world_.new_id();
    auto first = of(id).send([&](const append_request& r) { return append_future(store(), r); });
    const auto stored = first.get();
    ASSERT_TRUE(stored) << words_of(stored);
    EXPECT_EQ(store().head(), stored->last);
    const auto again = of(id).append_to(store());
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *stored);
    auto other = draft{id}.event("s-3", "z").send([&](const append_request& r) {
        return append_future(store(), r);
    });
    EXPECT_EQ(code_of(other.get()), errc::id_reused);
}

TEST_P(async_appends, S35_an_awaited_append_is_durable_and_goes_on_where_it_may_append_again) {
    constexpr int chains = 8;
    constexpr int links = 50;
    std::latch done{chains};
    std::atomic<int> failed = 0;
    const auto chain = [&](std::string stream) -> detached {
        for (int i = 0; i < links; ++i) {
            const auto stored = co_await draft{world_.new_id()}
                                    .event(stream, "a")
                                    .send([&](const append_request& r) {
                                        return append_awaitable(store(), r);
                                    });
            // a blocking append inside would never end on the thread of whoever leads
            const auto blocking = draft{world_.new_id()}.event(stream, "b").append_to(store());
            if (!stored || !blocking || blocking->first <= stored->last) ++failed;
        }
        done.count_down();
    };
    std::vector<std::jthread> threads;
    for (int i = 0; i < chains; ++i)
        threads.emplace_back([&, i] { chain("chain-" + std::to_string(i)); });
    threads.clear();
    done.wait();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(store().head().value, 2u * chains * links);
}

TEST_P(async_appends,
       S01_a_coroutine_that_ends_while_it_waits_is_left_alone_and_its_append_stored) {
    simulation sim{7};
    our_harness place{GetParam()};
    {
        auto opened = place.open(sim.env());
        ASSERT_TRUE(opened);
        auto& own = *opened;
        const auto id = sim.env().ids().next<append_id>();
        bool resumed = false;
        const auto body = [&]() -> held {
            (void)co_await of(id).send(
                [&](const append_request& r) { return append_awaitable(own, r); });
            resumed = true;
        };
        const held waiting = body();
        ASSERT_FALSE(waiting.handle.done());
        waiting.handle.destroy();
        sim.executor().run();
        EXPECT_FALSE(resumed);
        const auto found = own.find(id);
        ASSERT_TRUE(found && *found);
        EXPECT_EQ((**found).last, position{2});
    }
}

TEST_P(async_appends, S01_a_coroutine_that_ends_between_its_answer_and_its_turn_is_left_alone_too) {
    simulation sim{8};
    our_harness place{GetParam()};
    auto opened = place.open(sim.env());
    ASSERT_TRUE(opened);
    bool resumed = false;
    const auto body = [&]() -> held {
        (void)co_await of(sim.env().ids().next<append_id>()).send([&](const append_request& r) {
            return append_awaitable(*opened, r);
        });
        resumed = true;
    };
    const held waiting = body();
    while (opened->head() == position{}) ASSERT_TRUE(sim.executor().step());
    ASSERT_GT(sim.executor().waiting(), 0u) << "its turn is still to come";
    waiting.handle.destroy();
    sim.executor().run();
    EXPECT_FALSE(resumed);
}

TEST_P(async_appends, S38_an_executor_that_drops_its_tasks_leaves_nobody_waiting) {
    simulation sim{9};
    our_harness place{GetParam()};
    auto opened = place.open(sim.env());
    ASSERT_TRUE(opened);
    std::optional<errc> awaited;
    const auto body = [&]() -> detached {
        const auto answer = co_await of(sim.env().ids().next<append_id>())
                                .send([&](const append_request& r) {
                                    return append_awaitable(*opened, r);
                                });
        awaited = code_of(answer);
    };
    body();
    auto future = of(sim.env().ids().next<append_id>()).send([&](const append_request& r) {
        return append_future(*opened, r);
    });
    sim.executor().drop_all();
    sim.executor().drop_all();
    EXPECT_EQ(awaited, errc::cancelled);
    EXPECT_EQ(code_of(future.get()), errc::cancelled);
    EXPECT_EQ(opened->head(), position{});
}

TEST_P(async_appends, a_refusal_at_once_is_an_answer_like_any_other) {
    std::optional<result<receipt>> answer;
    const auto body = [&]() -> detached {
        answer = co_await append_awaitable(store(), {.id = world_.new_id(), .events = {}});
    };
    body();
    ASSERT_TRUE(answer);
    EXPECT_EQ(code_of(*answer), errc::invalid_argument);
    EXPECT_EQ(code_of(append_future(store(), {.id = world_.new_id(), .events = {}}).get()),
              errc::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(engines, async_appends, testing::Values("memory", "sqlite", "rocksdb"),
                         [](const auto& engine) { return std::string{engine.param}; });

}  // namespace
}  // namespace varve::tests
