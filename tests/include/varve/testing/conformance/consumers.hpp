// Conformance, chapter 13: consumers that share a reader's work (semantics.md §32 to §34).
#pragma once

#include <varve/eventstore/consumer_group.hpp>
#include <varve/testing/store_test.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class consumers : public store_test<H> {
protected:
    using group = consumer_group<typename H::store_type>;
    static constexpr auto lease = std::chrono::seconds{30};

    group open_group(consumer_options options = {}) {
        auto opened = group::open(this->store(), "mailers", std::move(options));
        return must(std::move(opened));
    }

    static delivery take(group& from) {
        auto given = must(from.take());
        if (!given) throw std::logic_error("there is an event, and the group gives none");
        return std::move(*given);
    }

    static bool has_none(group& from) {
        const auto given = from.take();
        EXPECT_TRUE(given) << words_of(given);
        return given && !*given;
    }

    /// Rejects the event until it is parked.
    void wear_out(group& from, std::uint64_t where, std::uint32_t attempts) {
        for (std::uint32_t i = 1; i <= attempts; ++i) {
            const auto given = take(from);
            EXPECT_EQ(given.event().position, position{where});
            EXPECT_EQ(given.attempt(), i);
            EXPECT_TRUE(from.reject(given, "no"));
            this->clock.advance(std::chrono::minutes{2});
        }
    }

    static std::vector<std::uint64_t> parked_in(group& from) {
        std::vector<std::uint64_t> where;
        for (const auto& event : must(from.parked())) where.push_back(event.where.value);
        return where;
    }
};

TYPED_TEST_SUITE_P(consumers);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    consumers);  // the header may be there without an engine

TYPED_TEST_P(consumers, S28_each_event_goes_to_one_of_many_consumers_and_streams_keep_their_order) {
    constexpr std::uint64_t events = 300;
    std::mutex guard;
    std::map<std::string, std::uint64_t> newest;
    std::uint64_t given = 0;
    auto mailers = this->open_group({.window = 16, .checkpoint_every = 10});
    std::vector<std::jthread> running;
    for (int t = 0; t < 4; ++t)
        running.emplace_back([&] {
            for (;;) {
                {
                    const std::lock_guard lock{guard};
                    if (given == events) return;
                }
                const auto next = mailers.take(std::chrono::milliseconds{20});
                ASSERT_TRUE(next) << words_of(next);
                if (!*next) continue;
                {
                    const std::lock_guard lock{guard};
                    auto& last = newest[std::string{(*next)->event().stream}];
                    EXPECT_EQ((*next)->event().revision.value, ++last) << "in the stream's order";
                    ++given;
                }
                ASSERT_TRUE(mailers.acknowledge(**next));
            }
        });
    for (std::uint64_t i = 0; i < events; ++i)
        ASSERT_TRUE(this->write("s-" + std::to_string(i % 7)).append_to(this->store()));
    running.clear();
    EXPECT_TRUE(this->has_none(mailers));
    EXPECT_EQ(mailers.status().committed, position{events}) << "idle, all of it is committed";
}

TYPED_TEST_P(consumers, S31_the_checkpoint_stays_before_the_first_event_that_is_not_done) {
    this->fill("a-1", 1);
    this->fill("b-1", 1);
    this->fill("c-1", 1);
    auto mailers = this->open_group({.checkpoint_every = 1});
    const auto a = this->take(mailers), b = this->take(mailers), c = this->take(mailers);
    ASSERT_TRUE(mailers.acknowledge(b));
    EXPECT_EQ(mailers.status().committed, position{0});
    ASSERT_TRUE(mailers.acknowledge(a));
    EXPECT_EQ(mailers.status().committed, position{2});
    EXPECT_EQ(this->store().load_checkpoint("mailers")->reached, position{2});
    ASSERT_TRUE(mailers.acknowledge(c));
    EXPECT_EQ(mailers.status().committed, position{3});
}

TYPED_TEST_P(consumers, S28_after_a_crash_what_was_not_committed_is_given_again) {
    this->fill("a-1", 6);
    {
        auto mailers = this->open_group({.checkpoint_every = 2});
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(mailers.acknowledge(this->take(mailers)));
        EXPECT_EQ(mailers.status().committed, position{2});
    }
    this->restart();
    auto mailers = this->open_group();
    EXPECT_EQ(this->take(mailers).event().position, position{3});
}

TYPED_TEST_P(consumers, S32_a_lease_that_ran_out_goes_to_another_and_the_first_cannot_answer) {
    this->fill("a-1", 2);
    auto mailers = this->open_group({.lease = TestFixture::lease, .retry_after = {}});
    const auto slow = this->take(mailers);
    EXPECT_TRUE(this->has_none(mailers)) << "the next of the stream waits";
    this->clock.advance(TestFixture::lease - std::chrono::nanoseconds{1});
    EXPECT_TRUE(this->has_none(mailers));
    this->clock.advance(std::chrono::nanoseconds{1});
    EXPECT_EQ(code_of(mailers.acknowledge(slow)), errc::fenced) << "judged by the clock alone";
    const auto again = this->take(mailers);
    EXPECT_EQ(again.event().position, position{1});
    EXPECT_EQ(again.attempt(), 2u);
    EXPECT_EQ(code_of(mailers.acknowledge(slow)), errc::fenced);
    EXPECT_EQ(code_of(mailers.reject(slow, "late")), errc::fenced);
    ASSERT_TRUE(mailers.acknowledge(again));
    EXPECT_EQ(code_of(mailers.acknowledge(again)), errc::fenced) << "an answer counts once";
    EXPECT_EQ(this->take(mailers).event().position, position{2});
}

TYPED_TEST_P(consumers, S32_a_wall_clock_that_jumps_ends_no_lease) {
    this->fill("a-1", 1);
    auto mailers = this->open_group();
    const auto given = this->take(mailers);
    this->clock.jump(std::chrono::hours{24 * 365});
    EXPECT_TRUE(this->has_none(mailers));
    EXPECT_TRUE(mailers.acknowledge(given));
}

TYPED_TEST_P(consumers, S31_a_group_opened_again_fences_the_one_before) {
    this->fill("a-1", 3);
    auto paused = this->open_group({.checkpoint_every = 1});
    const auto given = this->take(paused);
    auto current = this->open_group({.checkpoint_every = 1});
    EXPECT_EQ(code_of(paused.acknowledge(given)), errc::fenced);
    EXPECT_EQ(code_of(paused.park(this->take(paused), "no")), errc::fenced);
    EXPECT_EQ(this->take(current).event().position, position{1});
    EXPECT_TRUE(this->store().parked("mailers")->empty());
}

TYPED_TEST_P(consumers, S33_a_rejected_event_comes_again_later_and_is_parked_when_worn_out) {
    this->fill("a-1", 1);
    this->fill("b-1", 1);
    auto mailers = this->open_group({.attempts = 3, .retry_after = std::chrono::seconds{1}});
    const auto first = this->take(mailers);
    ASSERT_TRUE(mailers.reject(first, "the server is away"));
    EXPECT_EQ(this->take(mailers).event().stream, "b-1") << "other streams go on";
    EXPECT_TRUE(this->has_none(mailers));
    this->clock.advance(std::chrono::seconds{1});
    ASSERT_TRUE(mailers.reject(this->take(mailers), "away"));
    this->clock.advance(std::chrono::seconds{1});
    EXPECT_TRUE(this->has_none(mailers)) << "the pause doubles";
    this->clock.advance(std::chrono::seconds{1});
    ASSERT_TRUE(mailers.reject(this->take(mailers), "still away"));
    const auto parked = mailers.parked();
    ASSERT_TRUE(parked);
    ASSERT_EQ(parked->size(), 1u);
    EXPECT_EQ((*parked)[0].where, position{1});
    EXPECT_EQ((*parked)[0].attempts, 3u);
    EXPECT_EQ((*parked)[0].reason, "still away");
    EXPECT_EQ((*parked)[0].key, "a-1");
}

TYPED_TEST_P(consumers, S33_later_events_of_a_parked_stream_wait_and_are_replayed_in_order) {
    this->fill("a-1", 3);
    this->fill("b-1", 1);
    auto mailers = this->open_group({.attempts = 2, .retry_after = {}, .checkpoint_every = 1});
    this->wear_out(mailers, 1, 2);
    EXPECT_EQ(this->parked_in(mailers), (std::vector<std::uint64_t>{1, 2, 3}));
    ASSERT_TRUE(mailers.acknowledge(this->take(mailers)));  // of b-1
    this->fill("a-1", 2);                                   // 5 and 6 wait behind, too
    EXPECT_TRUE(this->has_none(mailers));
    EXPECT_EQ(this->parked_in(mailers), (std::vector<std::uint64_t>{1, 2, 3, 5, 6}));
    EXPECT_EQ(mailers.status().committed, position{6}) << "parked is done with";

    ASSERT_TRUE(mailers.replay("a-1"));
    for (const std::uint64_t where : {1u, 2u, 3u, 5u, 6u}) {
        const auto given = this->take(mailers);
        EXPECT_EQ(given.event().position, position{where});
        EXPECT_TRUE(this->has_none(mailers)) << "one at a time";
        ASSERT_TRUE(mailers.acknowledge(given));
    }
    EXPECT_TRUE(this->parked_in(mailers).empty());
    this->fill("a-1", 1);
    EXPECT_EQ(this->take(mailers).event().position, position{7}) << "the stream is free again";
    EXPECT_EQ(code_of(mailers.replay("a-1")), errc::not_found);
}

TYPED_TEST_P(consumers, S33_a_replay_that_fails_again_parks_again_and_the_rest_waits) {
    this->fill("a-1", 2);
    auto mailers = this->open_group({.attempts = 1});
    this->wear_out(mailers, 1, 1);
    ASSERT_TRUE(mailers.replay("a-1"));
    EXPECT_TRUE(mailers.replay("a-1")) << "asking twice gives it once";
    const auto again = this->take(mailers);
    EXPECT_TRUE(this->has_none(mailers));
    ASSERT_TRUE(mailers.park(again, "broken for good"));
    EXPECT_EQ(this->parked_in(mailers), (std::vector<std::uint64_t>{1, 2}));
    EXPECT_TRUE(this->has_none(mailers));
    EXPECT_EQ(must(mailers.parked()).at(0).reason, "broken for good");

    ASSERT_TRUE(mailers.drop(position{1}));
    EXPECT_EQ(code_of(mailers.drop(position{1})), errc::not_found);
    ASSERT_TRUE(mailers.replay("a-1"));
    EXPECT_EQ(this->take(mailers).event().position, position{2});
}

TYPED_TEST_P(consumers, S33_parked_events_outlive_the_process_and_are_parked_once) {
    this->fill("a-1", 2);
    this->fill("b-1", 1);
    {
        auto mailers = this->open_group({.attempts = 1});
        this->wear_out(mailers, 1, 1);
        EXPECT_EQ(mailers.status().parked, 2u);
        EXPECT_EQ(mailers.status().committed, position{0}) << "nothing was committed yet";
    }
    for (int life = 0; life < 2; ++life) {
        this->restart();
        auto mailers = this->open_group({.attempts = 1});
        EXPECT_EQ(this->parked_in(mailers), (std::vector<std::uint64_t>{1, 2}));
        const auto next = mailers.take();
        ASSERT_TRUE(next && *next);
        EXPECT_EQ((*next)->event().position, position{3}) << "what is parked is not given";
        EXPECT_EQ(this->parked_in(mailers), (std::vector<std::uint64_t>{1, 2}));
        EXPECT_EQ(must(mailers.parked()).at(0).reason, "no");
    }
    auto mailers = this->open_group();
    ASSERT_TRUE(mailers.replay("a-1"));
    ASSERT_TRUE(mailers.acknowledge(this->take(mailers)));
    this->restart();
    auto after = this->open_group();
    EXPECT_EQ(this->parked_in(after), (std::vector<std::uint64_t>{2})) << "one is done with";
}

TYPED_TEST_P(consumers, S33_without_order_only_the_event_itself_is_parked) {
    this->fill("a-1", 3);
    auto mailers = this->open_group({.attempts = 1, .in_order = false});
    const auto one = this->take(mailers), two = this->take(mailers);
    EXPECT_EQ(two.event().position, position{2}) << "several of a stream at a time";
    ASSERT_TRUE(mailers.reject(one, "no"));
    EXPECT_EQ(this->parked_in(mailers), (std::vector<std::uint64_t>{1}));
    EXPECT_EQ(this->take(mailers).event().position, position{3});
}

TYPED_TEST_P(consumers, S27_a_slow_group_holds_no_more_than_its_window) {
    this->fill("a-1", 50);
    this->fill("b-1", 50);
    auto mailers = this->open_group({.window = 8});
    (void)this->take(mailers);
    const auto status = mailers.status();
    EXPECT_EQ(status.waiting + status.leased, 8u);
    EXPECT_EQ(status.read, position{8});
}

TYPED_TEST_P(consumers, S30_a_filtered_group_commits_over_what_it_does_not_want) {
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(
            draft{this->new_id()}
                .event(owned_event{.stream = "a-1", .type = i % 5 == 0 ? "wanted" : "other"})
                .append_to(this->store()));
    auto mailers = this->open_group({.from = {.wanted = type_filter{{"wanted"}}}, .window = 3});
    for (int i = 0; i < 4; ++i) {
        const auto given = this->take(mailers);
        EXPECT_EQ(given.event().type, "wanted");
        ASSERT_TRUE(mailers.acknowledge(given));
    }
    EXPECT_TRUE(this->has_none(mailers));
    EXPECT_EQ(mailers.status().committed, position{20});
}

TYPED_TEST_P(consumers, S29_a_consumer_that_waits_is_woken_by_an_append) {
    auto mailers = this->open_group();
    std::vector<std::jthread> consumer;
    std::atomic<bool> got = false;
    consumer.emplace_back([&] {
        const auto given = mailers.take(std::chrono::hours{24 * 365 * 10});
        EXPECT_TRUE(given && *given);
        got = true;
    });
    ASSERT_TRUE(this->write("a-1").append_to(this->store()));
    consumer.clear();  // a missed wake-up hangs here
    EXPECT_TRUE(got);
}

REGISTER_TYPED_TEST_SUITE_P(
    consumers, S28_each_event_goes_to_one_of_many_consumers_and_streams_keep_their_order,
    S31_the_checkpoint_stays_before_the_first_event_that_is_not_done,
    S28_after_a_crash_what_was_not_committed_is_given_again,
    S32_a_lease_that_ran_out_goes_to_another_and_the_first_cannot_answer,
    S32_a_wall_clock_that_jumps_ends_no_lease, S31_a_group_opened_again_fences_the_one_before,
    S33_a_rejected_event_comes_again_later_and_is_parked_when_worn_out,
    S33_later_events_of_a_parked_stream_wait_and_are_replayed_in_order,
    S33_a_replay_that_fails_again_parks_again_and_the_rest_waits,
    S33_parked_events_outlive_the_process_and_are_parked_once,
    S33_without_order_only_the_event_itself_is_parked,
    S27_a_slow_group_holds_no_more_than_its_window,
    S30_a_filtered_group_commits_over_what_it_does_not_want,
    S29_a_consumer_that_waits_is_woken_by_an_append);

}  // namespace varve::inline v0::testkit::conformance
