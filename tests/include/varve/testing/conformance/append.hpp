// Conformance, chapter 1: what an append does and refuses (semantics.md §1 to §4, §6).
#pragma once

#include <varve/testing/store_test.hpp>

#include <limits>
#include <string>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class append : public store_test<H> {};

TYPED_TEST_SUITE_P(append);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(append);  // the header may be there without an engine

TYPED_TEST_P(append, S01_an_append_is_all_or_nothing_over_several_streams) {
    auto& store = this->store();
    const auto first = draft{this->new_id()}.event("a-1").event("b-1").event("a-1").append_to(
        store);
    ASSERT_TRUE(first) << words_of(first);
    EXPECT_EQ(first->first, position{1});
    EXPECT_EQ(first->last, position{3});

    const auto stale = draft{this->new_id()}
                           .event("a-1")
                           .event("b-1")
                           .event("c-1")
                           .check("a-1", expect::at(revision{2}))
                           .check("b-1", expect::none)
                           .append_to(store);
    EXPECT_EQ(code_of(stale), errc::conflict) << words_of(stale);
    const auto nameless = draft{this->new_id()}.event("a-1").event("c-1").event("").append_to(
        store);
    EXPECT_EQ(code_of(nameless), errc::invalid_argument) << words_of(nameless);

    EXPECT_EQ(store.head(), position{3});
    EXPECT_EQ(this->newest("a-1"), revision{2});
    EXPECT_EQ(this->newest("b-1"), revision{1});
    EXPECT_EQ(this->newest("c-1"), revision{0});
    this->expect_sound();
}

TYPED_TEST_P(append, S01_an_append_of_nothing_is_refused) {
    const auto empty = draft{this->new_id()}.append_to(this->store());
    EXPECT_EQ(code_of(empty), errc::invalid_argument) << words_of(empty);
    EXPECT_EQ(this->store().head(), position{0});
}

TYPED_TEST_P(append, S01_an_append_of_checks_alone_is_a_question_that_writes_nothing) {
    auto& store = this->store();
    this->fill("a-1", 2);
    const auto id = this->new_id();
    const auto holds =
        draft{id}.check("a-1", expect::at(revision{2})).check("b-1", expect::none).append_to(store);
    ASSERT_TRUE(holds) << words_of(holds);
    EXPECT_EQ(holds->first, position{0});
    EXPECT_EQ(holds->last, position{0});
    EXPECT_EQ(holds->id, id);

    const auto fails = draft{this->new_id()}.check("a-1", expect::at(revision{1})).append_to(store);
    ASSERT_EQ(code_of(fails), errc::conflict) << words_of(fails);
    EXPECT_EQ(fails.error().checks.size(), 1u);

    EXPECT_EQ(store.head(), position{2});
    const auto found = store.find(id);
    ASSERT_TRUE(found) << words_of(found);
    EXPECT_FALSE(found->has_value()) << "a question leaves no append behind";
}

TYPED_TEST_P(append, S01_an_append_without_an_id_is_refused) {
    const auto anonymous = draft{append_id{}}.event("a-1").append_to(this->store());
    EXPECT_EQ(code_of(anonymous), errc::invalid_argument) << words_of(anonymous);
    EXPECT_EQ(this->store().head(), position{0});
}

TYPED_TEST_P(append, S02_order_is_the_requests_order_also_interleaved_over_streams) {
    auto& store = this->store();
    this->fill("b-1", 1);
    draft mixed{this->new_id()};
    const std::vector<std::string> streams{"c-1", "a-1", "b-1", "a-1", "c-1", "c-1", "b-1", "a-1"};
    for (std::size_t i = 0; i < streams.size(); ++i) mixed.event(streams[i], std::to_string(i));
    const auto done = mixed.append_to(store);
    ASSERT_TRUE(done) << words_of(done);
    EXPECT_EQ(done->first, position{2});
    EXPECT_EQ(done->last, position{9});
    const std::vector<stream_revision> expected{
        {"c-1", revision{3}}, {"a-1", revision{3}}, {"b-1", revision{3}}};
    EXPECT_EQ(done->streams, expected);

    const auto page = store.read_log({.after = position{1}});
    ASSERT_TRUE(page) << words_of(page);
    ASSERT_EQ(page->size(), streams.size());
    for (std::size_t i = 0; i < streams.size(); ++i) {
        EXPECT_EQ((*page)[i].position.value, i + 2);
        EXPECT_EQ((*page)[i].stream, streams[i]);
        EXPECT_EQ(as_text((*page)[i].payload), std::to_string(i));
    }
    this->expect_sound();
}

TYPED_TEST_P(append, S02_positions_and_revisions_stay_dense_over_many_appends_and_restarts) {
    for (int life = 0; life < 3; ++life) {
        for (int i = 0; i < 150; ++i) {
            const auto done = drawn_from(this->new_id()).append_to(this->store());
            ASSERT_TRUE(done) << words_of(done);
            EXPECT_EQ(this->store().head(), done->last);
        }
        this->expect_sound();
        this->restart();
    }
    this->expect_sound();
}

TYPED_TEST_P(append, S03_a_refused_append_uses_no_position_and_no_revision) {
    auto& store = this->store();
    this->fill("a-1", 3);
    const auto used = this->write("a-1", "kept");
    ASSERT_TRUE(used.append_to(store));

    const auto refuse = [&](const draft& request, errc why) {
        const auto answer = request.append_to(store);
        EXPECT_EQ(code_of(answer), why) << words_of(answer);
    };
    for (int round = 0; round < 3; ++round) {
        refuse(this->write("a-1").check("a-1", expect::none), errc::conflict);
        refuse(this->write("new-1").check("a-1", expect::at(revision{3})), errc::conflict);
        refuse(draft{used.id()}.event("a-1", "other"), errc::id_reused);
        refuse(this->write("$a-1"), errc::invalid_argument);
        refuse(this->write(std::string(limits::stream_name + 1, 'a')), errc::too_large);
    }
    const auto next = draft{this->new_id()}.event("new-1").event("a-1").append_to(store);
    ASSERT_TRUE(next) << words_of(next);
    EXPECT_EQ(next->first, position{5});
    EXPECT_EQ(next->streams.front(), (stream_revision{"new-1", revision{1}}));
    EXPECT_EQ(next->streams.back(), (stream_revision{"a-1", revision{5}}));
    this->expect_sound();
}

TYPED_TEST_P(append, S04_each_expectation_holds_exactly_when_it_should) {
    auto& store = this->store();
    this->fill("once-1", 1);
    this->fill("thrice-1", 3);
    const struct {
        const char* stream;
        std::uint64_t revisions;
    } streams[]{{"never-1", 0}, {"once-1", 1}, {"thrice-1", 3}};
    std::vector<expectation> beliefs{expect::any, expect::none, expect::exists};
    for (const std::uint64_t r : {0ull, 1ull, 2ull, 3ull, 4ull, ~0ull})
        beliefs.push_back(expect::at(revision{r}));

    for (const auto& [stream, revisions] : streams) {
        for (const auto& belief : beliefs) {
            const bool holds = belief == expect::any ||
                               (belief == expect::none && revisions == 0) ||
                               (belief == expect::exists && revisions != 0) ||
                               (belief.what() == expectation::kind::at &&
                                belief.at().value == revisions);
            const auto asked = draft{this->new_id()}.check(stream, belief).append_to(store);
            const auto wrote = this->write("other-1").check(stream, belief).append_to(store);
            const auto where = std::string{stream} + " expected " + to_string(belief);
            EXPECT_EQ(asked.has_value(), holds) << where << ": " << words_of(asked);
            EXPECT_EQ(wrote.has_value(), holds) << where << ": " << words_of(wrote);
            if (holds || wrote) continue;
            EXPECT_EQ(wrote.error().code, errc::conflict);
            const auto state = revisions == 0 ? stream_state::unknown : stream_state::exists;
            const std::vector<failed_check> expected{{stream, belief, revision{revisions}, state}};
            EXPECT_EQ(wrote.error().checks, expected) << where;
        }
    }
}

TYPED_TEST_P(append, S04_an_expectation_is_about_the_stream_before_the_append) {
    auto& store = this->store();
    const auto fresh =
        draft{this->new_id()}.event("a-1").event("a-1").check("a-1", expect::none).append_to(store);
    EXPECT_TRUE(fresh) << words_of(fresh);
    const auto next = draft{this->new_id()}
                          .event("a-1")
                          .event("a-1")
                          .check("a-1", expect::at(revision{2}))
                          .check("a-1", expect::exists)
                          .append_to(store);
    EXPECT_TRUE(next) << words_of(next);
    EXPECT_EQ(this->newest("a-1"), revision{4});
}

TYPED_TEST_P(append, S04_all_failed_checks_are_reported_at_once) {
    auto& store = this->store();
    this->fill("a-1", 2);
    this->fill("b-1", 5);
    const auto answer = this->write("a-1")
                            .check("a-1", expect::none)
                            .check("a-1", expect::at(revision{2}))
                            .check("b-1", expect::at(revision{4}))
                            .check("c-1", expect::exists)
                            .check("d-1", expect::none)
                            .append_to(store);
    ASSERT_EQ(code_of(answer), errc::conflict) << words_of(answer);
    const std::vector<failed_check> expected{
        {"a-1", expect::none, revision{2}, stream_state::exists},
        {"b-1", expect::at(revision{4}), revision{5}, stream_state::exists},
        {"c-1", expect::exists, revision{0}, stream_state::unknown}};
    EXPECT_EQ(answer.error().checks, expected);
    EXPECT_NE(answer.error().message.find("a-1"), std::string::npos) << answer.error().message;
}

TYPED_TEST_P(append, S06_a_check_guards_a_stream_that_the_append_does_not_write) {
    auto& store = this->store();
    this->fill("limit-1", 1);
    EXPECT_TRUE(this->write("order-1").check("limit-1", expect::at(revision{1})).append_to(store));
    this->fill("limit-1", 1);
    const auto late =
        this->write("order-1").check("limit-1", expect::at(revision{1})).append_to(store);
    EXPECT_EQ(code_of(late), errc::conflict) << words_of(late);
    EXPECT_EQ(this->newest("order-1"), revision{1});
    EXPECT_EQ(this->newest("limit-1"), revision{2}) << "a check is not a write";
}

REGISTER_TYPED_TEST_SUITE_P(append, S01_an_append_is_all_or_nothing_over_several_streams,
                            S01_an_append_of_nothing_is_refused,
                            S01_an_append_of_checks_alone_is_a_question_that_writes_nothing,
                            S01_an_append_without_an_id_is_refused,
                            S02_order_is_the_requests_order_also_interleaved_over_streams,
                            S02_positions_and_revisions_stay_dense_over_many_appends_and_restarts,
                            S03_a_refused_append_uses_no_position_and_no_revision,
                            S04_each_expectation_holds_exactly_when_it_should,
                            S04_an_expectation_is_about_the_stream_before_the_append,
                            S04_all_failed_checks_are_reported_at_once,
                            S06_a_check_guards_a_stream_that_the_append_does_not_write);

}  // namespace varve::inline v0::testkit::conformance
