// When a turn is posted: the table of phases in projections/README.md, row by row (semantics §29).
#include <varve/projections/activity.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>

namespace {

using varve::detail::activity;

TEST(activity, closed_posts_nothing_and_runs_nothing) {
    activity a;
    EXPECT_FALSE(a.wake());
    EXPECT_FALSE(a.begin());
    a.close();
    EXPECT_FALSE(a.busy());
}

TEST(activity, posts_one_turn_for_any_number_of_wake_ups_before_it_begins) {
    activity a;
    a.open();
    EXPECT_TRUE(a.wake());
    EXPECT_FALSE(a.wake());
    EXPECT_FALSE(a.wake());
    EXPECT_TRUE(a.begin());
    EXPECT_FALSE(a.begin()) << "another turn is under way";
    EXPECT_FALSE(a.end(false));
    EXPECT_FALSE(a.busy());
    EXPECT_FALSE(a.begin()) << "a stale turn";
}

TEST(activity, posts_another_turn_after_a_wake_up_during_one_or_while_work_is_left) {
    activity a;
    a.open();
    EXPECT_TRUE(a.wake());
    EXPECT_TRUE(a.begin());
    EXPECT_FALSE(a.wake()) << "the turn's end will post";
    EXPECT_TRUE(a.end(false));
    EXPECT_TRUE(a.begin());
    EXPECT_TRUE(a.end(true));
    EXPECT_TRUE(a.begin());
    EXPECT_FALSE(a.end(false));
}

TEST(activity, closed_with_a_turn_posted_lets_it_find_nothing_even_if_opened_again) {
    activity a;
    a.open();
    EXPECT_TRUE(a.wake());
    a.close();
    EXPECT_FALSE(a.begin());
    a.open();
    EXPECT_FALSE(a.begin()) << "the turn of an earlier life";
    EXPECT_TRUE(a.wake());
    EXPECT_TRUE(a.begin());
    EXPECT_FALSE(a.end(false));
}

TEST(activity, close_waits_for_the_turn_under_way_and_lets_no_other_begin) {
    activity a;
    a.open();
    EXPECT_TRUE(a.wake());
    EXPECT_TRUE(a.begin());
    EXPECT_FALSE(a.wake());
    std::atomic<bool> ended = false;
    std::thread closer{[&] {
        a.close();
        EXPECT_TRUE(ended) << "closed while the turn was under way";
    }};
    for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
    ended = true;
    a.end(true);  // true only if the closer has not come yet; the turn posted for it is a stale one
    closer.join();
    EXPECT_FALSE(a.begin());
    EXPECT_FALSE(a.wake());
}

}  // namespace
