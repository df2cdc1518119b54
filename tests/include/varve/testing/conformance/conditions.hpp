// Conformance, chapter 8: what an append believes of the log (semantics.md §6, §16 to §18, §20 to §22).
#pragma once

#include <varve/testing/query_model.hpp>
#include <varve/testing/store_test.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class conditions : public store_test<H> {
protected:
    static event_query tagged(std::string tag) { return event_query::tagged({std::move(tag)}); }

    /// An append of one event with a tag.
    draft mark(std::string tag, std::string stream = "a-1") {
        return std::move(draft{this->new_id()}.event(
            owned_event{.stream = std::move(stream), .tags = {std::move(tag)}}));
    }
};

TYPED_TEST_SUITE_P(conditions);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    conditions);  // the header may be there without an engine

TYPED_TEST_P(conditions, S01_an_append_of_conditions_alone_is_a_question_that_writes_nothing) {
    auto& store = this->store();
    ASSERT_TRUE(this->mark("seat:1").append_to(store));
    const auto holds = draft{this->new_id()}
                           .condition(this->tagged("seat:1"), position{1})
                           .fail_if_exists(this->tagged("seat:2"))
                           .append_to(store);
    ASSERT_TRUE(holds) << words_of(holds);
    EXPECT_EQ(holds->last, position{0});
    const auto fails = draft{this->new_id()}.condition(this->tagged("seat:1")).append_to(store);
    EXPECT_EQ(code_of(fails), errc::conflict) << words_of(fails);
    EXPECT_EQ(store.head(), position{1});
}

TYPED_TEST_P(conditions, S04_all_failed_checks_and_conditions_are_reported_at_once) {
    auto& store = this->store();
    ASSERT_TRUE(this->mark("x:1").append_to(store));
    ASSERT_TRUE(this->mark("x:2", "b-1").append_to(store));
    const auto answer = this->mark("x:3")
                            .check("a-1", expect::none)
                            .check("b-1", expect::at(revision{1}))
                            .condition(this->tagged("x:3"))
                            .condition(this->tagged("x:2"), position{1})
                            .condition(event_query::any_of({{.categories = {"a"}}}))
                            .append_to(store);
    ASSERT_EQ(code_of(answer), errc::conflict) << words_of(answer);
    using which = failed_condition::kind;
    EXPECT_EQ(
        answer.error().checks,
        (std::vector<failed_check>{{"a-1", expect::none, revision{1}, stream_state::exists}}));
    EXPECT_EQ(answer.error().conditions,
              (std::vector<failed_condition>{{which::condition, 1, position{2}},
                                             {which::condition, 2, position{1}}}));
    for (const auto* word : {"a-1", "condition 2", "position 2"})
        EXPECT_NE(answer.error().message.find(word), std::string::npos) << answer.error().message;
    EXPECT_EQ(store.head(), position{2});
}

TYPED_TEST_P(conditions, S06_of_two_appends_that_forbid_each_others_tag_at_most_one_is_stored) {
    // two doctors, and one of them must stay on call: each leaves if the other has not left
    for (int round = 0; round < 60; ++round) {
        const auto head = this->store().head();
        const std::string tags[]{"left:a" + std::to_string(round),
                                 "left:b" + std::to_string(round)};
        std::atomic<int> left = 0;
        at_once(2, [&](std::size_t me) {
            const auto answer = this->mark(tags[me], "ward-" + std::to_string(me))
                                    .condition(this->tagged(tags[1 - me]), head)
                                    .append_to(this->store());
            if (answer)
                ++left;
            else
                EXPECT_EQ(answer.error().code, errc::conflict) << words_of(answer);
        });
        ASSERT_EQ(left, 1) << "round " << round;
    }
}

TYPED_TEST_P(conditions, S06_a_number_is_taken_once_by_threads_that_only_share_a_tag) {
    std::atomic<int> taken = 0;
    at_once(4, [&](std::size_t who) {
        for (int seat = 0; seat < 60; ++seat) {
            const auto tag = "seat:" + std::to_string(seat);
            const auto answer = this->mark(tag, "buyer-" + std::to_string(who))
                                    .fail_if_exists(this->tagged(tag))
                                    .append_to(this->store());
            if (answer)
                ++taken;
            else
                ASSERT_EQ(answer.error().code, errc::exists) << words_of(answer);
        }
    });
    EXPECT_EQ(taken, 60);
    EXPECT_EQ(this->store().head(), position{60});
}

TYPED_TEST_P(conditions, S11_a_retry_is_recognised_although_its_condition_fails_by_now) {
    auto& store = this->store();
    const auto request = this->mark("seat:1").fail_if_exists(this->tagged("seat:1"));
    const auto first = request.append_to(store);
    ASSERT_TRUE(first) << words_of(first);
    ASSERT_TRUE(this->mark("seat:1").append_to(store));
    const auto again = request.append_to(store);
    ASSERT_TRUE(again) << words_of(again);
    EXPECT_EQ(*again, *first);
    EXPECT_EQ(store.head(), position{2});
}

TYPED_TEST_P(conditions, S17_a_condition_looks_only_beyond_its_position) {
    auto& store = this->store();
    ASSERT_TRUE(this->mark("x:1").append_to(store));
    ASSERT_TRUE(this->mark("x:2").append_to(store));
    ASSERT_TRUE(this->mark("x:1").append_to(store));
    ASSERT_TRUE(this->mark("x:3").append_to(store));
    for (std::uint64_t after = 0; after <= 4; ++after) {
        const auto one =
            draft{this->new_id()}.condition(this->tagged("x:1"), position{after}).append_to(store);
        EXPECT_EQ(one.has_value(), after >= 3) << after << ": " << words_of(one);
        if (!one) {
            EXPECT_EQ(one.error().conditions[0].found, position{after == 0 ? 1u : 3u});
        }
        const auto any = draft{this->new_id()}
                             .condition(event_query::everything(), position{after})
                             .append_to(store);
        EXPECT_EQ(any.has_value(), after == 4) << after << ": " << words_of(any);
    }
}

TYPED_TEST_P(conditions, S17_a_condition_beyond_the_head_is_an_argument_error) {
    auto& store = this->store();
    ASSERT_TRUE(this->mark("x:1").append_to(store));
    const auto beyond =
        this->mark("x:2").condition(this->tagged("x:1"), position{2}).append_to(store);
    EXPECT_EQ(code_of(beyond), errc::invalid_argument) << words_of(beyond);
    EXPECT_EQ(store.head(), position{1});
}

TYPED_TEST_P(conditions, S18_a_condition_fails_exactly_when_a_full_scan_finds_a_match) {
    query_model model;
    for (int life = 0; life < 3; ++life) {
        for (int i = 0; i < 150; ++i) {
            const auto head = this->store().head();
            const auto query = query_model::draw_query(this->chance);
            const position after{this->chance.below(head.value + 1)};
            const auto found = model.first_match(query, after);
            auto request = query_model::draw_append(this->new_id(), this->chance);
            const auto answer = request.condition(query, after).append_to(this->store());
            ASSERT_EQ(answer.has_value(), found == position{}) << words_of(answer);
            if (answer) {
                model.note(request);
            } else {
                ASSERT_EQ(answer.error().conditions.at(0).found, found);
            }
            const auto unique = query_model::draw_query(this->chance);
            const auto there = model.first_match(unique);
            const auto asked = draft{this->new_id()}.fail_if_exists(unique).append_to(
                this->store());
            ASSERT_EQ(asked.has_value(), there == position{}) << words_of(asked);
            if (!asked) {
                ASSERT_EQ(asked.error().conditions.at(0).found, there);
            }
            // most draws conflict as the log grows; it must grow all the same
            if (!answer && i % 3 == 0) {
                auto plain = query_model::draw_append(this->new_id(), this->chance);
                ASSERT_TRUE(plain.append_to(this->store()));
                model.note(plain);
            }
        }
        ASSERT_EQ(this->store().head().value, model.size());
        this->restart();
    }
}

TYPED_TEST_P(conditions, S20_fail_if_exists_looks_everywhere_and_has_its_own_error) {
    auto& store = this->store();
    const auto name = this->tagged("name:ada");
    ASSERT_TRUE(this->mark("name:ada").fail_if_exists(name).append_to(store));
    this->fill("b-1", 5);
    const auto twice = this->mark("name:ada").fail_if_exists(name).append_to(store);
    ASSERT_EQ(code_of(twice), errc::exists) << words_of(twice);
    using which = failed_condition::kind;
    EXPECT_EQ(twice.error().conditions,
              (std::vector<failed_condition>{{which::fail_if_exists, 0, position{1}}}));
    const auto both = this->mark("name:bob")
                          .condition(name)
                          .check("b-1", expect::none)
                          .fail_if_exists(this->tagged("name:bob"))
                          .fail_if_exists(name)
                          .append_to(store);
    ASSERT_EQ(code_of(both), errc::exists) << words_of(both);
    EXPECT_EQ(both.error().conditions,
              (std::vector<failed_condition>{{which::condition, 0, position{1}},
                                             {which::fail_if_exists, 1, position{1}}}));
    EXPECT_EQ(both.error().checks.size(), 1u);
    EXPECT_TRUE(this->mark("name:bob")
                    .condition(name, store.head())
                    .fail_if_exists(this->tagged("name:bob"))
                    .append_to(store));
}

TYPED_TEST_P(conditions, S21_an_append_through_the_stream_interface_breaks_an_open_boundary) {
    auto& store = this->store();
    const auto seat = this->tagged("seat:1");
    const auto read = store.scan_query(seat, {}, [](const recorded_event&) { return true; });
    ASSERT_TRUE(read) << words_of(read);
    ASSERT_TRUE(this->mark("seat:1").check("a-1", expect::none).append_to(store));
    const auto late = this->mark("seat:1", "b-1").condition(seat, read->head).append_to(store);
    EXPECT_EQ(code_of(late), errc::conflict) << words_of(late);
    // the end of a stream is an event of it, too
    const auto a = event_query::any_of({{.categories = {"a"}}});
    const auto head = store.head();
    ASSERT_TRUE(store.end_stream({.id = this->new_id(), .stream = "a-1"}));
    const auto ended = this->mark("seat:2", "b-1").condition(a, head).append_to(store);
    EXPECT_EQ(code_of(ended), errc::conflict) << words_of(ended);
}

TYPED_TEST_P(conditions, S22_a_condition_on_a_tag_does_not_meet_another_that_resembles_it) {
    auto& store = this->store();
    for (const auto& tag : {std::string{"seat:1"}, std::string("seat:1\0", 7),
                            std::string{"Seat:1"}, std::string{"seat:11"}, std::string{"seat:"}}) {
        const auto answer = this->mark(tag).fail_if_exists(this->tagged(tag)).append_to(store);
        EXPECT_TRUE(answer) << words_of(answer);
    }
    EXPECT_EQ(store.head(), position{5});
}

TYPED_TEST_P(conditions, S09_more_conditions_than_the_limit_are_refused_with_the_limit) {
    auto& store = this->store();
    auto request = this->mark("x:1");
    for (std::size_t i = 0; i < limits::conditions; ++i)
        if (i % 2 == 0)
            request.condition(this->tagged("y:" + std::to_string(i)));
        else
            request.fail_if_exists(this->tagged("y:" + std::to_string(i)));
    EXPECT_TRUE(request.append_to(store));
    const auto over = std::move(this->mark("x:2").condition(this->tagged("z")));
    draft more = over;
    for (std::size_t i = 0; i < limits::conditions; ++i) more.condition(this->tagged("z"));
    const auto refused = more.append_to(store);
    EXPECT_EQ(code_of(refused), errc::too_large) << words_of(refused);
    EXPECT_NE(words_of(refused).find(std::to_string(limits::conditions)), std::string::npos);
}

REGISTER_TYPED_TEST_SUITE_P(conditions,
                            S01_an_append_of_conditions_alone_is_a_question_that_writes_nothing,
                            S04_all_failed_checks_and_conditions_are_reported_at_once,
                            S06_of_two_appends_that_forbid_each_others_tag_at_most_one_is_stored,
                            S06_a_number_is_taken_once_by_threads_that_only_share_a_tag,
                            S11_a_retry_is_recognised_although_its_condition_fails_by_now,
                            S17_a_condition_looks_only_beyond_its_position,
                            S17_a_condition_beyond_the_head_is_an_argument_error,
                            S18_a_condition_fails_exactly_when_a_full_scan_finds_a_match,
                            S20_fail_if_exists_looks_everywhere_and_has_its_own_error,
                            S21_an_append_through_the_stream_interface_breaks_an_open_boundary,
                            S22_a_condition_on_a_tag_does_not_meet_another_that_resembles_it,
                            S09_more_conditions_than_the_limit_are_refused_with_the_limit);

}  // namespace varve::inline v0::testkit::conformance
