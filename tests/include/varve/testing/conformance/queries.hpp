// Conformance, chapter 9: what queries mean, and reads as of a moment (semantics.md §16 to §27).
#pragma once

#include <varve/testing/query_model.hpp>
#include <varve/testing/store_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class queries : public store_test<H> {
protected:
    using places = std::vector<std::uint64_t>;

    /// All positions that a query gives, page by page.
    places pages(const event_query& query, log_range range) {
        places all;
        for (bool more = true; more;) {
            const auto page = this->store().read_query(query, range);
            EXPECT_TRUE(page) << words_of(page);
            if (!page) break;
            EXPECT_LE(page->size(), range.limit);
            for (const auto& event : *page) {
                EXPECT_TRUE(query.matches(event));
                all.push_back(event.position.value);
            }
            more = page->info().more;
            if (more && page->empty()) {
                ADD_FAILURE() << "an empty page that says there is more";
                break;
            }
            range.after = page->info().last;
        }
        return all;
    }

    static places reversed(places all) {
        std::ranges::reverse(all);
        return all;
    }

    /// Random queries, in every way they can be read, against the model.
    void compare(const query_model& model, int count) {
        for (int i = 0; i < count; ++i) {
            const auto query = query_model::draw_query(this->chance);
            const auto all = model.matches(query);
            const auto limit = static_cast<std::uint32_t>(this->chance.between(1, 9));
            ASSERT_EQ(this->pages(query, {}), all);
            ASSERT_EQ(this->pages(query, {.limit = limit}), all);
            ASSERT_EQ(this->pages(query, {.way = direction::backward, .limit = limit}),
                      reversed(all));
            const auto low = this->chance.below(model.size() + 2);
            const auto high = this->chance.below(model.size() + 2);
            ASSERT_EQ(this->pages(
                          query, {.after = position{low}, .limit = limit, .up_to = position{high}}),
                      model.matches(query, low, high));
            if (low == 0) continue;
            ASSERT_EQ(this->pages(query, {.after = position{low},
                                          .way = direction::backward,
                                          .max_bytes = this->chance.below(20),
                                          .up_to = position{high}}),
                      reversed(model.matches(query, 0, std::min(low - 1, high))));
        }
    }

    owned_event tagged(std::string tag, std::string stream = "a-1") {
        return {.stream = std::move(stream), .tags = {std::move(tag)}};
    }
};

TYPED_TEST_SUITE_P(queries);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    queries);  // the header may be there without an engine

TYPED_TEST_P(queries, S16_a_query_is_or_over_items_and_over_tags_and_one_of_types_and_categories) {
    auto& store = this->store();
    ASSERT_TRUE(draft{this->new_id()}
                    .event({.stream = "seat-1", .type = "taken", .tags = {"show:7", "row:1"}})
                    .event({.stream = "seat-2", .type = "taken", .tags = {"show:7"}})
                    .event({.stream = "seat-1", .type = "freed", .tags = {"row:1", "show:7"}})
                    .event({.stream = "show", .type = "taken", .tags = {"show:7"}})
                    .event({.stream = "seat-1", .type = "taken"})
                    .append_to(store));
    using positions = typename TestFixture::places;
    const auto given = [&](std::vector<query_item> items) {
        return this->pages(event_query::any_of(std::move(items)), {});
    };
    EXPECT_EQ(given({{.tags = {"show:7"}}}), (positions{1, 2, 3, 4}));
    EXPECT_EQ(given({{.tags = {"show:7", "row:1"}}}), (positions{1, 3}));
    EXPECT_EQ(given({{.types = {"taken", "lost"}}}), (positions{1, 2, 4, 5})) << "one of the types";
    EXPECT_EQ(given({{.categories = {"show", "row"}}}), positions{4}) << "a name without a dash";
    EXPECT_EQ(given({{.categories = {"seat"}, .types = {"taken"}, .tags = {"show:7"}}}),
              (positions{1, 2}));
    EXPECT_EQ(given({{.types = {"freed"}}, {.tags = {"row:1"}}, {.categories = {"show"}}}),
              (positions{1, 3, 4}))
        << "an event that matches twice is given once";
    EXPECT_EQ(given({{.types = {"lost"}}}), positions{});
    EXPECT_EQ(this->pages(event_query::everything(), {}), (positions{1, 2, 3, 4, 5}));
}

TYPED_TEST_P(queries, S16_everything_must_be_said_and_a_query_of_nothing_is_refused) {
    auto& store = this->store();
    this->fill("a-1", 2);
    const auto never = [](const recorded_event&) {
        ADD_FAILURE() << "given although the query was refused";
        return true;
    };
    const auto refused = [&](const event_query& query, errc why) {
        const auto scanned = store.scan_query(query, {}, never);
        EXPECT_EQ(code_of(scanned), why) << words_of(scanned);
        const auto page = store.read_query(query, {});
        EXPECT_EQ(code_of(page), why) << words_of(page);
        const auto condition = this->write("a-1").condition(query, store.head()).append_to(store);
        EXPECT_EQ(code_of(condition), why) << words_of(condition);
        const auto unique = this->write("a-1").fail_if_exists(query).append_to(store);
        EXPECT_EQ(code_of(unique), why) << words_of(unique);
    };
    refused(event_query{}, errc::invalid_argument);
    refused(event_query::any_of({}), errc::invalid_argument);
    refused(event_query::any_of({query_item{}}), errc::invalid_argument);
    refused(event_query::any_of({{.types = {"noted"}}, {}}), errc::invalid_argument);
    refused(event_query::tagged({""}), errc::invalid_argument);
    refused(event_query::any_of({{.types = {""}}}), errc::invalid_argument);
    refused(event_query::any_of({{.categories = {"a-1"}}}), errc::invalid_argument);
    refused(event_query::tagged({std::string(limits::tag + 1, 't')}), errc::too_large);
    std::vector<query_item> many(limits::query_items + 1, query_item{.types = {"noted"}});
    refused(event_query::any_of(many), errc::too_large);
    many.pop_back();
    EXPECT_EQ(this->pages(event_query::any_of(many), {}).size(), 2u);
    EXPECT_EQ(store.head(), position{2});
}

TYPED_TEST_P(queries, S18_a_query_gives_exactly_what_a_full_scan_finds_also_from_a_new_index) {
    query_model model;
    for (int life = 0; life < 3; ++life) {
        for (int i = 0; i < 60; ++i) {
            const auto request = query_model::draw_append(this->new_id(), this->chance);
            ASSERT_TRUE(request.append_to(this->store()));
            if (i % 20 == 7) {
                // the events that end streams have a category and a type too
                ASSERT_TRUE(this->store().end_stream(
                    {.id = this->new_id(), .stream = request.events().front().stream}));
            }
        }
        ASSERT_EQ(model.read(this->store()), "");
        this->compare(model, 60);
        if (::testing::Test::HasFailure()) return;
        if (life == 1)
            this->reopen_or_restart();
        else
            this->restart();
        this->compare(model, 40);
        if (::testing::Test::HasFailure()) return;
    }
    this->expect_sound();
}

TYPED_TEST_P(queries, S22_tags_are_equal_byte_by_byte_or_not_at_all) {
    auto& store = this->store();
    std::vector<std::string> near{"tag",
                                  "Tag",
                                  "tag ",
                                  " tag",
                                  "ta",
                                  "tagg",
                                  "t\xc3\xa4g",
                                  std::string("tag\0", 4),
                                  std::string("\0tag", 4),
                                  "ta\xcc\x88g"};
    near.push_back(std::string(limits::tag, 'l'));
    near.push_back(std::string(limits::tag - 1, 'l'));
    draft all{this->new_id()};
    for (const auto& tag : near) all.event(this->tagged(tag));
    ASSERT_TRUE(all.append_to(store));
    for (std::size_t i = 0; i < near.size(); ++i)
        EXPECT_EQ(this->pages(event_query::tagged({near[i]}), {}),
                  typename TestFixture::places{i + 1});
    EXPECT_TRUE(this->pages(event_query::tagged({"TAG"}), {}).empty());
}

TYPED_TEST_P(queries, S23_a_query_sees_the_prefix_as_of_its_start_and_says_which) {
    auto& store = this->store();
    for (int i = 0; i < 12; ++i)
        ASSERT_TRUE(draft{this->new_id()}
                        .event(this->tagged("wanted"))
                        .event(this->tagged("other"))
                        .append_to(store));
    const auto wanted = event_query::tagged({"wanted"});
    std::uint64_t seen = 0;
    const auto end = store.scan_query(wanted, {}, [&](const recorded_event&) {
        if (++seen == 5) {
            std::jthread writer{[&] {
                for (int i = 0; i < 9; ++i)
                    ASSERT_TRUE(
                        draft{this->new_id()}.event(this->tagged("wanted")).append_to(store));
            }};
        }
        return true;
    });
    ASSERT_TRUE(end) << words_of(end);
    EXPECT_EQ(seen, 12u);
    EXPECT_EQ(end->head, position{24});
    EXPECT_EQ(end->last, position{24}) << "it moves over what does not match";
    EXPECT_FALSE(end->more);
    EXPECT_EQ(this->pages(wanted, {}).size(), 21u);
    EXPECT_EQ(this->pages(wanted, {.up_to = position{24}}).size(), 12u) << "as of a position";
}

TYPED_TEST_P(queries, S23_a_read_as_of_a_time_sees_what_was_recorded_by_then) {
    using namespace std::chrono_literals;
    auto& store = this->store();
    const auto at = [&](timestamp when) {
        const auto found = store.position_at(when);
        EXPECT_TRUE(found) << words_of(found);
        return found ? found->value : ~std::uint64_t{0};
    };
    const auto start = this->clock.now();
    EXPECT_EQ(at(timestamp::max()), 0u) << "nothing was recorded yet";
    this->fill("a-1", 2);
    this->clock.advance(10s);
    ASSERT_TRUE(drawn_from(this->new_id()).append_to(store));
    const auto third = store.head().value;
    this->clock.jump(-1h);  // the store's time stands still meanwhile
    this->fill("a-1", 1);
    this->clock.jump(2h);
    this->fill("a-1", 1);
    for (int life = 0; life < 2; ++life) {
        EXPECT_EQ(at(start - 1ns), 0u);
        EXPECT_EQ(at(start), 2u);
        EXPECT_EQ(at(start + 10s - 1ns), 2u);
        EXPECT_EQ(at(start + 10s), third + 1);
        EXPECT_EQ(at(start + 1h), third + 1);
        EXPECT_EQ(at(timestamp::max()), third + 2);
        EXPECT_EQ(at(timestamp::min()), 0u);
        this->restart();
    }
    const auto then = this->store().read_stream("a-1", {.up_to = position{at(start + 5s)}});
    ASSERT_TRUE(then) << words_of(then);
    EXPECT_EQ(then->size(), 2u);
    EXPECT_EQ(then->info().newest, revision{2});
}

TYPED_TEST_P(queries, S24_a_visitor_that_stops_goes_on_where_it_stopped) {
    auto& store = this->store();
    query_model model;
    for (int i = 0; i < 80; ++i)
        ASSERT_TRUE(query_model::draw_append(this->new_id(), this->chance).append_to(store));
    ASSERT_EQ(model.read(store), "");
    for (const auto way : {direction::forward, direction::backward}) {
        for (int i = 0; i < 20; ++i) {
            const auto query = query_model::draw_query(this->chance);
            typename TestFixture::places got;
            log_range range{.way = way};
            for (bool more = true; more;) {
                auto left = this->chance.between(1, 4);
                const auto end = store.scan_query(query, range, [&](const recorded_event& e) {
                    got.push_back(e.position.value);
                    return --left != 0;
                });
                ASSERT_TRUE(end) << words_of(end);
                range.after = end->last;
                more = end->more;
            }
            const auto all = model.matches(query);
            ASSERT_EQ(got, way == direction::forward ? all : this->reversed(all));
        }
    }
}

TYPED_TEST_P(queries, S27_a_page_of_matches_is_bounded_however_many_there_are) {
    draft request{this->new_id()};
    for (int i = 0; i < 10'000; ++i) request.event(this->tagged(i % 2 == 0 ? "even" : "odd"));
    ASSERT_TRUE(request.append_to(this->store()));
    const auto even = event_query::tagged({"even"});
    const auto by_default = this->store().read_query(even, {});
    ASSERT_TRUE(by_default) << words_of(by_default);
    EXPECT_EQ(by_default->size(), log_range{}.limit);
    EXPECT_TRUE(by_default->info().more);
    EXPECT_EQ(by_default->info().last, position{2 * log_range{}.limit - 1});
    const auto all = this->pages(even, {.limit = 10'000});  // more than are planned at a time
    ASSERT_EQ(all.size(), 5000u);
    for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], 2 * i + 1);
    EXPECT_EQ(this->pages(even, {.way = direction::backward, .limit = 4999}), this->reversed(all));
}

REGISTER_TYPED_TEST_SUITE_P(
    queries, S16_a_query_is_or_over_items_and_over_tags_and_one_of_types_and_categories,
    S16_everything_must_be_said_and_a_query_of_nothing_is_refused,
    S18_a_query_gives_exactly_what_a_full_scan_finds_also_from_a_new_index,
    S22_tags_are_equal_byte_by_byte_or_not_at_all,
    S23_a_query_sees_the_prefix_as_of_its_start_and_says_which,
    S23_a_read_as_of_a_time_sees_what_was_recorded_by_then,
    S24_a_visitor_that_stops_goes_on_where_it_stopped,
    S27_a_page_of_matches_is_bounded_however_many_there_are);

}  // namespace varve::inline v0::testkit::conformance
