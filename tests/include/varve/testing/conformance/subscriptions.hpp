// Conformance, chapter 7: catching up and staying live (semantics.md §28 to §30).
#pragma once

#include <varve/subscription.hpp>
#include <varve/testing/store_test.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class subscriptions : public store_test<H> {
protected:
    static constexpr auto patience = std::chrono::seconds{30};  // longer is a missed wake-up

    /// Reads from `after` until `last` was seen, and expects every event once and in order.
    void follow(position after, const std::atomic<std::uint64_t>& last, std::uint32_t page) {
        subscription reader{this->store(), after};
        std::uint64_t expected = after.value;
        while (expected < last || last == 0) {
            if (!reader.wait(patience)) {
                ADD_FAILURE() << "no wake-up at " << expected << " of " << last;
                return;
            }
            const auto polled = reader.poll(
                [&](const recorded_event& event) {
                    EXPECT_EQ(event.position.value, ++expected);
                    return true;
                },
                {.events = page});
            if (!polled || ::testing::Test::HasFailure()) {
                ADD_FAILURE() << words_of(polled);
                return;
            }
        }
    }
};

TYPED_TEST_SUITE_P(subscriptions);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    subscriptions);  // the header may be there without an engine

TYPED_TEST_P(subscriptions, S28_every_later_event_comes_once_in_order_through_a_storm_of_appends) {
    this->fill("before-1", 40);
    std::atomic<std::uint64_t> last = 0;
    {
        std::vector<std::jthread> readers;
        for (const std::uint64_t from : {0ull, 1ull, 17ull, 40ull})
            readers.emplace_back(
                [&, from] { this->follow(position{from}, last, from == 17 ? 1 : 64); });
        at_once(3, [&](std::size_t) {
            for (int i = 0; i < 120; ++i)
                ASSERT_TRUE(drawn_from(this->new_id()).append_to(this->store()));
        });
        last = this->store().head().value + 1;
        ASSERT_TRUE(this->write("after-1").append_to(this->store()));
    }
    EXPECT_EQ(this->store().head().value, last.load());
}

TYPED_TEST_P(subscriptions, S28_a_reader_goes_on_from_its_checkpoint_after_a_restart) {
    std::uint64_t expected = 0;
    position checkpoint;
    for (int life = 0; life < 3; ++life) {
        this->fill("a-1", 20);
        {
            subscription reader{this->store(), checkpoint};
            for (int i = 0; i < 13; ++i) {
                const auto polled = reader.poll(
                    [&](const recorded_event& event) {
                        EXPECT_EQ(event.position.value, ++expected);
                        return true;
                    },
                    {.events = 1});
                ASSERT_TRUE(polled) << words_of(polled);
            }
            checkpoint = reader.at();
        }
        this->restart();
    }
    EXPECT_EQ(checkpoint, position{39});
}

TYPED_TEST_P(subscriptions, S28_a_subscription_ahead_of_the_log_is_told_so) {
    this->fill("a-1", 3);
    subscription reader{this->store(), position{10}};
    const auto polled = reader.poll([](const recorded_event&) { return true; });
    EXPECT_EQ(code_of(polled), errc::corrupt) << "a position beyond the head means lost events";
}

TYPED_TEST_P(subscriptions, S29_two_threads_that_wake_each_other_never_miss_it) {
    constexpr std::uint64_t turns = 300;
    at_once(2, [&](std::size_t me) {
        for (std::uint64_t turn = me; turn < turns; turn += 2) {
            while (this->store().head() < position{turn}) {
                const auto head = this->store().wait_beyond(position{turn - 1}, this->patience);
                ASSERT_GE(head, position{turn}) << "slept through an append";
            }
            ASSERT_TRUE(this->write("ball-1").append_to(this->store()));
        }
    });
    EXPECT_EQ(this->store().head(), position{turns});
}

TYPED_TEST_P(subscriptions, S29_waiting_ends_in_time_and_says_where_the_log_ends) {
    using namespace std::chrono_literals;
    this->fill("a-1", 2);
    EXPECT_EQ(this->store().wait_beyond(position{0}, this->patience), position{2}) << "at once";
    EXPECT_EQ(this->store().wait_beyond(position{2}, 0ns), position{2});
    EXPECT_EQ(this->store().wait_beyond(position{2}, 1ms), position{2});
    EXPECT_EQ(this->store().wait_beyond(position{99}, 1ms), position{2});
}

TYPED_TEST_P(subscriptions, S29_a_wait_without_an_end_is_a_wait) {
    std::atomic<bool> appended = false;
    std::vector<std::jthread> waiter;
    waiter.emplace_back([&] {
        const auto head = this->store().wait_beyond(position{0}, std::chrono::nanoseconds::max());
        EXPECT_TRUE(appended) << "it came back although nothing had happened";
        EXPECT_EQ(head, position{1});
    });
    // long enough for a wait that ends at once to have ended; a true one cannot notice
    while (this->store().wait_beyond(position{0}, std::chrono::milliseconds{20}) > position{0}) {}
    appended = true;
    ASSERT_TRUE(this->write("a-1").append_to(this->store()));
}

TYPED_TEST_P(subscriptions, S29_a_listener_hears_of_every_group_after_it_is_visible) {
    std::atomic<std::uint64_t> calls = 0;
    std::atomic<std::uint64_t> heard = 0;
    {
        const auto kept = this->store().on_durable([&] {
            ++calls;
            heard = this->store().head().value;
        });
        this->fill("a-1", 10);
        EXPECT_GE(calls.load(), 10u);
        EXPECT_EQ(heard.load(), 10u) << "what it is called for can be read";
    }
    const auto before = calls.load();
    this->fill("a-1", 5);
    EXPECT_EQ(calls.load(), before) << "an ended registration is not called any more";
}

TYPED_TEST_P(subscriptions, S29_a_registration_that_ends_is_not_being_called) {
    std::atomic<bool> writing = true;
    std::vector<std::jthread> writer;
    writer.emplace_back([&] {
        while (writing) ASSERT_TRUE(this->write("a-1").append_to(this->store()));
    });
    for (int i = 0; i < 100; ++i) {
        auto alive = std::make_unique<std::atomic<int>>(0);
        auto kept = this->store().on_durable([&counter = *alive] { ++counter; });
        const auto head = this->store().head();
        EXPECT_GT(this->store().wait_beyond(head, this->patience), head);
        kept.reset();
        alive.reset();  // a call from now on would touch freed memory
    }
    writing = false;
}

TYPED_TEST_P(subscriptions, S30_a_filtered_reader_moves_over_what_it_does_not_want) {
    for (int i = 0; i < 25; ++i) {
        ASSERT_TRUE(draft{this->new_id()}
                        .event(owned_event{.stream = "a-1", .type = "wanted"})
                        .event(owned_event{.stream = "a-1", .type = "other"})
                        .event(owned_event{.stream = "b-1", .type = "wanted also"})
                        .append_to(this->store()));
    }
    subscription reader{this->store(), position{0}, type_filter{{"wanted", "never"}}};
    std::vector<std::uint64_t> given;
    for (bool more = true; more;) {
        const auto before = reader.at();
        const auto polled = reader.poll(
            [&](const recorded_event& event) {
                EXPECT_EQ(event.type, "wanted");
                given.push_back(event.position.value);
                return true;
            },
            {.events = 4});
        ASSERT_TRUE(polled) << words_of(polled);
        EXPECT_LE(reader.at().value, before.value + 4) << "only as far as it has read";
        more = *polled;
    }
    EXPECT_EQ(reader.at(), position{75});
    ASSERT_EQ(given.size(), 25u);
    for (std::size_t i = 0; i < given.size(); ++i) EXPECT_EQ(given[i], 3 * i + 1);
}

REGISTER_TYPED_TEST_SUITE_P(subscriptions,
                            S28_every_later_event_comes_once_in_order_through_a_storm_of_appends,
                            S28_a_reader_goes_on_from_its_checkpoint_after_a_restart,
                            S28_a_subscription_ahead_of_the_log_is_told_so,
                            S29_two_threads_that_wake_each_other_never_miss_it,
                            S29_waiting_ends_in_time_and_says_where_the_log_ends,
                            S29_a_wait_without_an_end_is_a_wait,
                            S29_a_listener_hears_of_every_group_after_it_is_visible,
                            S29_a_registration_that_ends_is_not_being_called,
                            S30_a_filtered_reader_moves_over_what_it_does_not_want);

}  // namespace varve::inline v0::testkit::conformance
