// What a query means to the index and to the events of a group, also where hashes collide
// (semantics §18, §19, §22).

#include "stores/memory.hpp"

#include <varve/eventstore/detail/boundary.hpp>
#include <varve/testing/query_model.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace varve;
using testkit::draft;
using testkit::query_model;
using testkit::seeded_random;

append_id id_of(std::uint64_t n) {
    append_id id;
    detail::store(id.raw.data(), n);
    return id;
}

/// A hash under which all names are the same.
struct all_collide {
    using is_transparent = void;
    std::size_t operator()(std::string_view) const noexcept { return 7; }
    static std::uint64_t of(detail::name_kind, std::string_view) noexcept { return 7; }
};

/// Two tags of 16 bytes that `std::hash` of libstdc++ (MurmurHash64A) cannot tell apart: the second
/// block undoes what the first made different.
std::pair<std::string, std::string> tags_of_one_hash() {
    constexpr std::uint64_t mul = 0xc6a4a7935bd1e995ull;
    const auto mix = [](std::uint64_t v) { return v *= mul, v ^= v >> 47, v * mul; };
    std::uint64_t inverse = mul;
    for (int i = 0; i < 6; ++i) inverse *= 2 - mul * inverse;
    const auto unmix = [&](std::uint64_t v) { return v *= inverse, v ^= v >> 47, v * inverse; };
    const std::uint64_t seed = 0xc70f6907ull ^ (16 * mul);
    std::uint64_t one[2], two[2];
    std::memcpy(one, "course:1student:", 16);
    std::memcpy(two, "course:2", 8);
    two[1] = unmix(((seed ^ mix(one[0])) * mul) ^ ((seed ^ mix(two[0])) * mul) ^ mix(one[1]));
    const auto text = [](const std::uint64_t* from) {
        std::string all(16, '\0');
        std::memcpy(all.data(), from, 16);
        return all;
    };
    return {text(one), text(two)};
}

// semantics §22
TEST(a_hash_collision, neither_matches_nor_conflicts) {
    const auto [one, two] = tags_of_one_hash();
    ASSERT_NE(one, two);
#ifdef __GLIBCXX__
    ASSERT_EQ(std::hash<std::string>{}(one), std::hash<std::string>{}(two)) << "no collision";
#endif
    auto store = tests::open_memory().value();
    const auto write = [&](std::uint64_t id, const std::string& tag) {
        return draft{id_of(id)}.event({.stream = "a-1", .tags = {tag}});
    };
    ASSERT_TRUE(write(1, one).append_to(store));
    EXPECT_TRUE(write(2, "x").condition(event_query::tagged({two})).append_to(store));
    EXPECT_TRUE(write(3, two).fail_if_exists(event_query::tagged({two})).append_to(store));
    EXPECT_FALSE(write(4, one).fail_if_exists(event_query::tagged({one})).append_to(store));
    for (const auto& [tag, at] : {std::pair{one, 1u}, std::pair{two, 3u}}) {
        const auto page = store.read_query(event_query::tagged({tag})).value();
        ASSERT_EQ(page.size(), 1u);
        EXPECT_EQ(page[0].position, position{at});
    }
}

// semantics §22
TEST(a_hash_collision, of_all_names_at_once_leaves_each_its_own_list) {
    detail::position_lists<all_collide> lists;
    for (std::uint64_t i = 0; i < 50; ++i) lists.of("tag:" + std::to_string(i % 10)).add(i);
    EXPECT_EQ(lists.size(), 10u);
    for (std::uint64_t i = 0; i < 10; ++i) {
        const auto* list = lists.find("tag:" + std::to_string(i));
        ASSERT_NE(list, nullptr);
        EXPECT_EQ(*list, (detail::positions{i, i + 10, i + 20, i + 30, i + 40}));
    }
    EXPECT_EQ(lists.find("tag:11"), nullptr);
}

/// Groups of random appends: what is staged answers as the model does, after each of them.
template <class Staged>
void expect_groups_as_modelled(std::uint64_t seed) {
    seeded_random chance{seed};
    Staged staged;
    for (int group = 0; group < 30; ++group) {
        staged.clear();
        query_model model;
        std::deque<detail::batch_builder> batches;
        const position first{1 + chance.below(1000)};
        for (int i = 0; i < 20; ++i) {
            const auto query = query_model::draw_query(chance);
            const auto found = model.first_match(query);
            const position expected{found == position{} ? 0 : found.value + first.value - 1};
            ASSERT_EQ(staged.first_match(query), expected) << "seed " << seed;
            const auto request = query_model::draw_append(id_of(chance.next()), chance);
            request.send([&](const append_request& wanted) {
                batches.push_back(detail::batch_builder::encode(wanted, chain::none).value());
            });
            staged.add(batches.back(), position{first.value + model.size()});
            model.note(request);
        }
    }
}

// semantics §19
TEST(staged_events, answer_as_a_scan_of_them_would) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed)
        expect_groups_as_modelled<detail::staged_events>(seed);
}

// semantics §19, §22
TEST(staged_events, answer_the_same_where_all_hashes_collide) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed)
        expect_groups_as_modelled<detail::basic_staged_events<all_collide>>(seed);
}

// semantics §18
TEST(a_list_cursor, finds_by_galloping_what_a_binary_search_finds) {
    seeded_random chance{11};
    for (int round = 0; round < 300; ++round) {
        detail::positions list;
        for (std::uint64_t at = 0, left = chance.below(40); left != 0; --left)
            list.push_back(at += chance.between(1, 9));
        const std::uint64_t end = list.empty() ? 5 : list.back() + 5;
        detail::list_cursor<direction::forward> forward{list};
        for (std::uint64_t at = chance.below(4) + 1; at < end; at += chance.below(20)) {
            const auto found = std::lower_bound(list.begin(), list.end(), at);
            ASSERT_EQ(forward.seek(at), found == list.end() ? forward.none : *found);
            if (chance.chance(10)) ++at;
        }
        detail::list_cursor<direction::backward> backward{list};
        for (std::uint64_t at = end; at > 20; at -= chance.below(20)) {
            const auto found = std::upper_bound(list.begin(), list.end(), at);
            ASSERT_EQ(backward.seek(at), found == list.begin() ? backward.none : *std::prev(found));
        }
    }
}

}  // namespace
