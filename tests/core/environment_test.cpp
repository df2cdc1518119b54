#include <varve/environment.hpp>
#include <varve/testing/clock.hpp>
#include <varve/testing/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using varve::append_id;
using varve::testkit::manual_clock;
using varve::testkit::seeded_random;

unsigned octet(const append_id& id, std::size_t at) {
    return std::to_integer<unsigned>(id.raw[at]);
}

TEST(environment, identifiers_are_uuids_of_version_7_that_begin_with_the_time) {
    manual_clock clock{varve::timestamp{0x0123456789ab * 1ms}};
    seeded_random chance{1};
    varve::id_source ids{clock, chance};
    for (int i = 0; i < 100; ++i) {
        const auto id = ids.next<append_id>();
        EXPECT_EQ(to_string(id).substr(0, 13), "01234567-89ab");
        EXPECT_EQ(octet(id, 6) >> 4, 7u);
        EXPECT_EQ(octet(id, 8) >> 6, 2u);
    }
}

TEST(environment, identifiers_increase_within_a_millisecond_and_when_the_clock_steps_back) {
    manual_clock clock;
    seeded_random chance{2};
    varve::id_source ids{clock, chance};
    append_id last;
    for (int i = 0; i < 20'000; ++i) {  // more than the 4,096 that one millisecond has room for
        if (i == 15'000) clock.jump(-1h);
        const auto id = ids.next<append_id>();
        ASSERT_LT(last, id) << i;
        last = id;
    }
    clock.jump(2h);
    EXPECT_LT(last, ids.next<append_id>());
}

TEST(environment, the_same_seed_gives_the_same_identifiers) {
    const auto some = [](std::uint64_t seed) {
        manual_clock clock;
        seeded_random chance{seed};
        varve::id_source ids{clock, chance};
        return std::vector{ids.next<append_id>(), ids.next<append_id>()};
    };
    EXPECT_EQ(some(7), some(7));
    EXPECT_NE(some(7), some(8));
}

TEST(environment, threads_never_get_the_same_identifier) {
    auto& ids = varve::environment::system().ids();
    std::vector<std::vector<append_id>> each(4);
    {
        std::vector<std::jthread> threads;
        for (auto& mine : each)
            threads.emplace_back([&mine, &ids] {
                for (int i = 0; i < 2'000; ++i) mine.push_back(ids.next<append_id>());
            });
    }
    std::vector<append_id> all;
    for (const auto& mine : each) {
        EXPECT_TRUE(std::ranges::is_sorted(mine));
        all.insert(all.end(), mine.begin(), mine.end());
    }
    std::ranges::sort(all);
    EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

}  // namespace
