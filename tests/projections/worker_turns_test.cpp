// When a worker runs and when it ends: wake-ups, stops in the middle, failures of `apply`
// (semantics §29, 34, 56), over a read model in memory.
#include "bank.hpp"
#include "stores.hpp"

#include <varve/projections/memory_read_model.hpp>
#include <varve/projections/worker.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using varve::position;

/// Calls a function of the test at each deposit.
struct observed {
    static constexpr std::string_view name = "observed";
    static constexpr std::uint32_t version = 1;
    using events = varve::events<ledger::deposited, ledger::withdrawn>;
    using ignores = varve::events<ledger::withdrawn>;
    static inline std::function<varve::result<void>(const varve::recorded_event&)> at_deposit;

    std::vector<std::uint64_t> seen;
    varve::result<void> apply(const ledger::deposited&, const varve::recorded_event& recorded) {
        if (at_deposit)
            if (auto allowed = at_deposit(recorded); !allowed) return allowed;
        seen.push_back(recorded.position.value);
        return {};
    }
};
using model_of_observed = varve::memory_read_model<observed>;
using observing_worker = varve::projection_worker<ledger::log, model_of_observed>;

std::vector<std::uint64_t> seen(const model_of_observed& model) {
    return model.read([](const observed& now) { return now.seen; });
}

std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
    std::vector<std::uint64_t> all;
    for (auto n = from; n <= to; ++n) all.push_back(n);
    return all;
}

// §34
TEST(worker_turns, stopped_in_the_middle_of_a_batch_leaves_the_checkpoint_at_the_event_at_hand) {
    auto store = ledger::memory_log();
    ledger::teller teller;
    for (int i = 0; i < 100; ++i) teller.say(store, ledger::deposited{1, 1});
    model_of_observed model;
    observing_worker worker{store, model, varve::environment::system(), {.batch_events = 100}};

    std::thread stopper;
    observed::at_deposit = [&](const varve::recorded_event& event) -> varve::result<void> {
        if (event.position == position{50}) {
            stopper = std::thread{[&] { worker.stop(); }};
            while (worker.status().state != varve::worker_state::stopped) std::this_thread::yield();
        }
        return {};
    };
    ASSERT_TRUE(worker.start());
    const auto waited = worker.wait(position{100}, 30s);
    if (stopper.joinable()) stopper.join();
    observed::at_deposit = nullptr;
    EXPECT_FALSE(waited);
    EXPECT_EQ(seen(model), numbers(1, 50));
    EXPECT_EQ(model.checkpoint(), position{50});

    ASSERT_TRUE(worker.start());
    EXPECT_TRUE(worker.wait(position{100}, 30s));
    EXPECT_EQ(seen(model), numbers(1, 100));
}

/// Counts what is posted.
class counting_executor final : public varve::executor {
public:
    void post(task work) override {
        ++posts;
        threads_.post(std::move(work));
    }
    void post_after(std::chrono::nanoseconds delay, task work) override {
        threads_.post_after(delay, std::move(work));
    }
    std::atomic<std::uint64_t> posts = 0;

private:
    varve::thread_executor threads_{2};
};

// §29: the worker is never helped here; a missed wake-up would leave the test waiting for ever.
TEST(worker_turns, misses_no_wake_up_and_does_not_spin_when_idle) {
    varve::system_clock_source clock;
    varve::system_random_source random;
    counting_executor threads;
    varve::environment env{clock, random, threads};
    auto store = ledger::memory_log(env);
    model_of_observed model;
    observing_worker worker{store, model, env};

    std::mutex mutex;
    std::condition_variable changed;
    position heard;
    observed::at_deposit = [&](const varve::recorded_event& event) -> varve::result<void> {
        {
            const std::lock_guard lock{mutex};
            heard = event.position;
        }
        changed.notify_all();
        return {};
    };
    ASSERT_TRUE(worker.start());
    ledger::teller teller;
    std::uint64_t appends = 0;
    for (int i = 0; i < 1'500; ++i) {
        position last;
        for (int burst = i % 3; burst >= 0; --burst, ++appends)
            last = teller.say(store, ledger::deposited{1, 1});
        std::unique_lock lock{mutex};
        ASSERT_TRUE(changed.wait_for(lock, 60s, [&] { return heard >= last; }))
            << "event " << last.value << " never came";
    }
    worker.stop();
    observed::at_deposit = nullptr;
    EXPECT_EQ(seen(model), numbers(1, appends));
    EXPECT_LE(threads.posts, 2 * appends + 2)
        << "a turn for each wake-up and one for news meanwhile";
}

// §56
TEST(worker_turns, stops_at_an_event_that_apply_refuses_or_throws_at_and_tries_again_when_started) {
    auto store = ledger::memory_log();
    ledger::teller teller;
    for (int i = 0; i < 30; ++i) teller.say(store, ledger::deposited{1, 1});
    model_of_observed model;
    observing_worker worker{store, model, varve::environment::system(), {.batch_events = 7}};

    observed::at_deposit = [](const varve::recorded_event& event) -> varve::result<void> {
        if (event.position == position{12})
            return varve::fail(varve::errc::rejected, "not this one");
        return {};
    };
    EXPECT_EQ(worker.run_to().error().code, varve::errc::rejected);
    EXPECT_EQ(worker.status().failed, position{12});
    EXPECT_EQ(seen(model), numbers(1, 11)) << "in memory it was folded from zero once more";

    observed::at_deposit = [](const varve::recorded_event& event) -> varve::result<void> {
        if (event.position == position{20}) throw std::runtime_error{"out of luck"};
        return {};
    };
    ASSERT_TRUE(worker.start());
    const auto waited = worker.wait(position{30}, 30s);
    ASSERT_FALSE(waited);
    EXPECT_NE(waited.error().message.find("out of luck"), std::string::npos);
    EXPECT_EQ(worker.status().failed, position{20});
    EXPECT_EQ(seen(model), numbers(1, 19));

    observed::at_deposit = nullptr;
    ASSERT_TRUE(worker.start());
    EXPECT_TRUE(worker.wait(position{30}, 30s));
    EXPECT_EQ(seen(model), numbers(1, 30));
}

TEST(worker_turns, refuses_a_batch_out_of_bounds) {
    auto store = ledger::memory_log();
    model_of_observed model;
    observing_worker none{store, model, varve::environment::system(), {.batch_events = 0}};
    EXPECT_EQ(none.start().error().code, varve::errc::invalid_argument);
    observing_worker huge{store, model, varve::environment::system(), {.batch_bytes = 1u << 30}};
    EXPECT_EQ(huge.step().error().code, varve::errc::invalid_argument);
}

}  // namespace
