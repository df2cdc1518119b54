// The memory that append ids take, and what `verify` says of ids that are there twice (semantics.md §13, §14).

#include "stores/memory.hpp"

#include <varve/eventstore/detail/append_ids.hpp>
#include <varve/testing/events.hpp>
#include <varve/testing/simulation.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace {

using namespace varve;
using namespace std::chrono_literals;

append_id number(std::uint64_t n) {
    append_id id;
    detail::store(id.raw.data(), n + 1);
    return id;
}
timestamp at(std::chrono::nanoseconds time) { return timestamp{time}; }

TEST(append_ids, S14_those_that_expired_take_no_memory) {
    detail::append_ids ids{60s};
    for (std::uint64_t n = 0; n < 100'000; ++n) {
        ids.add(number(n), position{n + 1}, at(std::chrono::seconds{n}));
        ASSERT_LE(ids.size(), 61u) << n;
    }
    EXPECT_EQ(ids.find(number(99'939)), position{99'940}) << "just young enough";
    EXPECT_EQ(ids.find(number(99'938)), position{});
}

TEST(append_ids, S14_without_an_expiry_all_are_kept) {
    detail::append_ids ids;
    for (std::uint64_t n = 0; n < 1000; ++n)
        ids.add(number(n), position{n + 1}, at(std::chrono::hours{24 * n}));
    EXPECT_EQ(ids.size(), 1000u);
    EXPECT_EQ(ids.find(number(0)), position{1});
}

TEST(append_ids, S14_an_id_that_is_used_again_outlives_its_first_use) {
    detail::append_ids ids{60s};
    ids.add(number(1), position{1}, at(0s));
    ids.add(number(2), position{2}, at(50s));
    ids.add(number(1), position{3}, at(55s));  // of a log that was written under a shorter expiry
    ids.add(number(3), position{4}, at(100s));
    EXPECT_EQ(ids.find(number(1)), position{3});
    ids.add(number(3), position{5}, at(116s));
    EXPECT_EQ(ids.find(number(1)), position{});
}

TEST(append_ids, S14_the_age_of_an_id_is_right_between_the_ends_of_time) {
    constexpr auto never = detail::id_lifetime::for_ever;
    constexpr auto first = timestamp::min(), last = timestamp::max();
    EXPECT_TRUE(detail::is_expired(first, last, never - 1ns));
    EXPECT_FALSE(detail::is_expired(first, last, never));
    EXPECT_FALSE(detail::is_expired(last, first, 1ns)) << "recorded later is not older";
    EXPECT_FALSE(detail::is_expired(at(0ns), at(5ns), 5ns));
    EXPECT_TRUE(detail::is_expired(at(0ns), at(6ns), 5ns));
}

class repeated_ids : public testing::Test {
protected:
    memory_store open(std::optional<std::chrono::nanoseconds> kept) {
        return tests::open_memory({.environment = &sim.env(), .append_id_expiry = kept},
                                  {.disk = disk})
            .value();
    }
    static void write(memory_store& store, std::uint64_t id) {
        ASSERT_TRUE(testkit::draft{number(id)}.event("a-1", "x").append_to(store));
    }
    /// The log holds an id twice, from eleven minutes apart.
    void repeat() {
        auto store = open(10min);
        write(store, 1);
        sim.clock().advance(11min);
        write(store, 2);
        write(store, 1);
    }

    testkit::simulation sim{7};
    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
};

TEST_F(repeated_ids, S14_that_had_expired_are_no_fault_whatever_the_store_is_opened_with) {
    repeat();
    const std::vector<std::optional<std::chrono::nanoseconds>> choices{std::nullopt, 1000min, 1min};
    for (const auto& kept : choices) {
        auto store = open(kept);
        const auto report = store.verify().value();
        EXPECT_TRUE(report.good()) << report.faults.front().what;
        EXPECT_EQ(report.events, 3u);
        EXPECT_EQ(store.summary().appends, 3u) << "counts what is there, not what is known";
    }
}

TEST_F(repeated_ids, S13_that_no_expiry_explains_are_damage_and_named) {
    repeat();
    {
        auto store = open(10min);
        const auto at = detail::expiry_key(0);
        ASSERT_TRUE(store.engine().transact([&](memory_engine::transaction& transaction) {
            return transaction.remove(detail::meta_space, bytes_view{at});
        }));
        const auto report = store.verify().value();
        ASSERT_EQ(report.faults.size(), 1u);
        EXPECT_EQ(report.faults[0].where, position{3});
        EXPECT_TRUE(report.faults[0].what.contains(to_string(number(1)))) << report.faults[0].what;
    }
    const auto opened = tests::open_memory({.environment = &sim.env()}, {.disk = disk});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::corrupt);
    EXPECT_TRUE(opened.error().message.contains("position 3")) << opened.error().message;
}

TEST_F(repeated_ids, S14_the_shortest_expiry_that_a_log_had_is_damaged_and_not_guessed) {
    repeat();
    auto store = open(10min);
    const auto at = detail::expiry_key(0);
    ASSERT_TRUE(store.engine().transact([&](memory_engine::transaction& transaction) {
        return transaction.put(detail::meta_space, bytes_view{at}, as_bytes("0123456789abcdef"));
    }));
    const auto report = store.verify();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, errc::corrupt);
}

}  // namespace
