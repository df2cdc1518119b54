// Conformance, chapter 10: streams that end (semantics.md §4, §11, §24, §25, §28, §43).
#pragma once

#include <varve/subscription.hpp>
#include <varve/testing/store_test.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class endings : public store_test<H> {
protected:
    result<receipt> end(std::string_view stream, ending how, expectation expected = {}) {
        return this->store().end_stream(
            {.id = this->new_id(), .stream = stream, .how = how, .expected = expected});
    }

    /// The revisions of a stream that can be read, page by page.
    std::vector<std::uint64_t> revisions(std::string_view stream, stream_range range = {}) {
        std::vector<std::uint64_t> all;
        for (bool more = true; more;) {
            const auto page = this->store().read_stream(stream, range);
            EXPECT_TRUE(page) << words_of(page);
            if (!page) break;
            for (const auto& event : *page) all.push_back(event.revision.value);
            more = page->info().more;
            if (more && page->empty()) {
                ADD_FAILURE() << "an empty page that says there is more";
                break;
            }
            range.after = page->info().last;
        }
        return all;
    }

    void expect_state(std::string_view stream, stream_state state, std::uint64_t newest,
                      position up_to = position{~std::uint64_t{0}}) {
        const auto page = this->store().read_stream(stream, {.up_to = up_to});
        ASSERT_TRUE(page) << words_of(page);
        EXPECT_EQ(page->info().state, state) << stream << " is " << to_string(page->info().state);
        EXPECT_EQ(page->info().newest, revision{newest}) << stream;
        EXPECT_EQ(page->empty(), state != stream_state::exists) << stream;
    }

    using numbers = std::vector<std::uint64_t>;
};

TYPED_TEST_SUITE_P(endings);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    endings);  // the header may be there without an engine

TYPED_TEST_P(endings, S43_a_stream_that_was_deleted_softly_is_made_again_and_goes_on_counting) {
    this->fill("a-1", 3);
    this->fill("b-1", 1);
    const auto ended = this->end("a-1", ending::soft);
    ASSERT_TRUE(ended) << words_of(ended);
    EXPECT_EQ(ended->first, position{5});
    EXPECT_EQ(ended->last, position{5});
    EXPECT_EQ(ended->streams, (std::vector<stream_revision>{{"a-1", revision{4}}}));
    this->expect_state("a-1", stream_state::deleted, 4);
    this->expect_state("b-1", stream_state::exists, 1);

    const auto again =
        this->write("a-1").check("a-1", expect::soft_deleted).append_to(this->store());
    ASSERT_TRUE(again) << words_of(again);
    EXPECT_EQ(again->streams, (std::vector<stream_revision>{{"a-1", revision{5}}}));
    this->fill("a-1", 2);
    for (int life = 0; life < 2; ++life) {
        this->expect_state("a-1", stream_state::exists, 7);
        EXPECT_EQ(this->revisions("a-1"), (typename TestFixture::numbers{5, 6, 7}));
        this->expect_sound();
        this->restart();
    }
    ASSERT_TRUE(this->end("a-1", ending::soft));
    this->expect_state("a-1", stream_state::deleted, 8);
    this->fill("a-1", 1);
    EXPECT_EQ(this->revisions("a-1"), (typename TestFixture::numbers{9}));
    this->expect_sound();
}

TYPED_TEST_P(endings, S43_a_tombstone_refuses_appends_for_ever_whatever_the_expectation) {
    this->fill("a-1", 2);
    const auto ended = this->end("a-1", ending::tombstone);
    ASSERT_TRUE(ended) << words_of(ended);
    for (int life = 0; life < 2; ++life) {
        auto& store = this->store();
        this->expect_state("a-1", stream_state::tombstoned, 3);
        for (const auto& belief : {expect::any, expect::none, expect::exists, expect::soft_deleted,
                                   expect::at(revision{3}), expect::at(revision{0})}) {
            const auto refused = this->write("a-1").check("a-1", belief).append_to(store);
            EXPECT_EQ(code_of(refused), errc::tombstoned) << words_of(refused);
        }
        const auto beside = draft{this->new_id()}.event("b-1").event("a-1").append_to(store);
        EXPECT_EQ(code_of(beside), errc::tombstoned) << "and nothing of that append is stored";
        for (const auto how : {ending::soft, ending::tombstone}) {
            const auto twice = this->end("a-1", how);
            EXPECT_EQ(code_of(twice), errc::tombstoned) << words_of(twice);
        }
        EXPECT_EQ(store.head(), position{3});
        EXPECT_EQ(this->newest("b-1"), revision{0});
        this->expect_sound();
        this->restart();
    }
}

TYPED_TEST_P(endings, S43_a_deleted_stream_and_one_never_written_can_be_tombstoned) {
    this->fill("a-1", 1);
    ASSERT_TRUE(this->end("a-1", ending::soft));
    ASSERT_TRUE(this->end("a-1", ending::tombstone, expect::soft_deleted));
    this->expect_state("a-1", stream_state::tombstoned, 3);
    const auto reserved = this->end("never-1", ending::tombstone, expect::none);
    ASSERT_TRUE(reserved) << words_of(reserved);
    this->expect_state("never-1", stream_state::tombstoned, 1);
    EXPECT_EQ(code_of(this->write("never-1").append_to(this->store())), errc::tombstoned);
    this->expect_sound();
}

TYPED_TEST_P(endings, S43_what_has_no_events_cannot_be_deleted_softly) {
    const auto unknown = this->end("never-1", ending::soft);
    EXPECT_EQ(code_of(unknown), errc::not_found) << words_of(unknown);
    this->fill("a-1", 1);
    ASSERT_TRUE(this->end("a-1", ending::soft));
    const auto twice = this->end("a-1", ending::soft);
    EXPECT_EQ(code_of(twice), errc::not_found) << words_of(twice);
    EXPECT_EQ(this->store().head(), position{2});
    this->expect_state("never-1", stream_state::unknown, 0);
    for (const auto* name : {"", "$a"}) {
        const auto refused = this->end(name, ending::tombstone);
        EXPECT_EQ(code_of(refused), errc::invalid_argument) << words_of(refused);
    }
    const auto anonymous = this->store().end_stream({.id = {}, .stream = "a-1"});
    EXPECT_EQ(code_of(anonymous), errc::invalid_argument) << words_of(anonymous);
}

TYPED_TEST_P(endings, S08_S43_nobody_else_writes_the_events_that_end_streams) {
    for (const auto how : {ending::soft, ending::tombstone}) {
        const auto forged = draft{this->new_id()}
                                .event(owned_event{.stream = "a-1",
                                                   .type = std::string{marker_of(how)}})
                                .append_to(this->store());
        EXPECT_EQ(code_of(forged), errc::invalid_argument) << words_of(forged);
    }
}

TYPED_TEST_P(endings, S04_each_expectation_of_a_stream_that_ended_holds_exactly_when_it_should) {
    auto& store = this->store();
    this->fill("soft-1", 2);
    this->fill("stone-1", 2);
    this->fill("again-1", 1);
    ASSERT_TRUE(this->end("soft-1", ending::soft));
    ASSERT_TRUE(this->end("stone-1", ending::tombstone));
    ASSERT_TRUE(this->end("again-1", ending::soft));
    this->fill("again-1", 1);
    const struct {
        const char* stream;
        stream_state state;
    } streams[]{{"soft-1", stream_state::deleted},
                {"stone-1", stream_state::tombstoned},
                {"again-1", stream_state::exists}};
    for (const auto& [stream, state] : streams) {
        const auto holds = [&](const expectation& belief) {
            const auto asked = draft{this->new_id()}.check(stream, belief).append_to(store);
            if (!asked) {
                EXPECT_EQ(asked.error().code, errc::conflict) << words_of(asked);
                EXPECT_EQ(asked.error().checks,
                          (std::vector<failed_check>{{stream, belief, revision{3}, state}}));
            }
            return asked.has_value();
        };
        EXPECT_TRUE(holds(expect::any));
        EXPECT_FALSE(holds(expect::none)) << "it has been written";
        EXPECT_EQ(holds(expect::exists), state == stream_state::exists);
        EXPECT_EQ(holds(expect::soft_deleted), state == stream_state::deleted);
        EXPECT_TRUE(holds(expect::at(revision{3}))) << "the event that ended it counts";
        EXPECT_FALSE(holds(expect::at(revision{2})));
    }
    const auto unknown =
        draft{this->new_id()}.check("never-1", expect::soft_deleted).append_to(store);
    EXPECT_EQ(code_of(unknown), errc::conflict) << words_of(unknown);
    const auto stale = this->end("again-1", ending::soft, expect::at(revision{2}));
    ASSERT_EQ(code_of(stale), errc::conflict) << words_of(stale);
    EXPECT_TRUE(this->end("again-1", ending::soft, expect::at(revision{3})));
}

TYPED_TEST_P(endings, S11_the_end_of_a_stream_is_asked_for_again_without_effect) {
    auto& store = this->store();
    this->fill("a-1", 1);
    const end_request request{.id = this->new_id(), .stream = "a-1"};
    const auto first = store.end_stream(request);
    ASSERT_TRUE(first) << words_of(first);
    this->fill("a-1", 1);
    const auto again = store.end_stream(request);
    ASSERT_TRUE(again) << words_of(again);
    EXPECT_EQ(*again, *first);
    this->expect_state("a-1", stream_state::exists, 3);
    const auto other = store.end_stream({.id = request.id, .stream = "b-1"});
    EXPECT_EQ(code_of(other), errc::id_reused) << words_of(other);
    const auto found = store.find(request.id);
    ASSERT_TRUE(found && *found);
    EXPECT_EQ(**found, *first);
}

TYPED_TEST_P(endings, S25_unknown_existing_deleted_and_tombstoned_are_four_answers) {
    this->fill("a-1", 1);                              // 1
    this->fill("b-1", 1);                              // 2
    ASSERT_TRUE(this->end("a-1", ending::soft));       // 3
    this->fill("a-1", 1);                              // 4
    ASSERT_TRUE(this->end("a-1", ending::tombstone));  // 5
    const struct {
        std::uint64_t up_to;
        stream_state state;
        std::uint64_t newest;
    } history[]{{0, stream_state::unknown, 0}, {1, stream_state::exists, 1},
                {2, stream_state::exists, 1},  {3, stream_state::deleted, 2},
                {4, stream_state::exists, 3},  {5, stream_state::tombstoned, 4}};
    for (int life = 0; life < 2; ++life) {
        for (const auto& [up_to, state, newest] : history)
            this->expect_state("a-1", state, newest, position{up_to});
        EXPECT_EQ(this->revisions("a-1", {.up_to = position{2}}),
                  (typename TestFixture::numbers{1}))
            << "as of a position before its end, it is as it was";
        EXPECT_EQ(this->revisions("a-1", {.up_to = position{4}}),
                  (typename TestFixture::numbers{3}));
        this->restart();
    }
}

TYPED_TEST_P(endings, S24_pages_of_a_stream_begin_behind_its_last_end_in_both_directions) {
    this->fill("a-1", 5);
    ASSERT_TRUE(this->end("a-1", ending::soft));
    this->fill("a-1", 7);
    const typename TestFixture::numbers visible{7, 8, 9, 10, 11, 12, 13};
    const typename TestFixture::numbers back{visible.rbegin(), visible.rend()};
    for (std::uint32_t limit = 1; limit <= 8; ++limit) {
        EXPECT_EQ(this->revisions("a-1", {.limit = limit}), visible);
        EXPECT_EQ(this->revisions("a-1", {.way = direction::backward, .limit = limit}), back);
        EXPECT_EQ(this->revisions("a-1", {.after = revision{2}, .limit = limit}), visible)
            << "from where it was read before it ended";
        EXPECT_EQ(this->revisions(
                      "a-1", {.after = revision{6}, .way = direction::backward, .limit = limit}),
                  typename TestFixture::numbers{});
        EXPECT_EQ(this->revisions(
                      "a-1", {.after = revision{9}, .way = direction::backward, .limit = limit}),
                  (typename TestFixture::numbers{8, 7}));
    }
}

TYPED_TEST_P(endings, S28_S43_the_log_and_its_readers_see_the_end_of_a_stream_in_its_place) {
    this->fill("a-1", 1);
    ASSERT_TRUE(this->end("a-1", ending::soft));
    this->fill("a-1", 1);
    ASSERT_TRUE(this->end("a-1", ending::tombstone));
    const std::vector<std::string> expected{"noted", "$soft-deleted", "noted", "$tombstone"};
    std::vector<std::string> types;
    subscription all{this->store()};
    const auto polled = all.poll([&](const recorded_event& event) {
        types.emplace_back(event.type);
        EXPECT_EQ(event.revision.value, types.size());
        EXPECT_EQ(event.stream, "a-1");
        return true;
    });
    ASSERT_TRUE(polled) << words_of(polled);
    EXPECT_EQ(types, expected);

    std::vector<std::uint64_t> ends;
    subscription only{this->store(), position{0},
                      event_query::any_of({{.types = {"$soft-deleted", "$tombstone"}}})};
    ASSERT_TRUE(only.poll([&](const recorded_event& event) {
        ends.push_back(event.position.value);
        return true;
    }));
    EXPECT_EQ(ends, (typename TestFixture::numbers{2, 4}));
}

TYPED_TEST_P(endings, S05_S43_of_an_end_and_an_append_at_one_revision_exactly_one_is_stored) {
    for (int round = 0; round < 40; ++round) {
        const auto stream = "race-" + std::to_string(round);
        this->fill(stream, 1);
        std::atomic<int> stored = 0;
        at_once(2, [&](std::size_t who) {
            const auto how = round % 2 == 0 ? ending::soft : ending::tombstone;
            const auto answer = who == 0 ? this->end(stream, how, expect::at(revision{1}))
                                         : this->write(stream)
                                               .check(stream, expect::at(revision{1}))
                                               .append_to(this->store());
            if (answer)
                ++stored;
            else
                EXPECT_TRUE(answer.error().code == errc::conflict ||
                            (who == 1 && how == ending::tombstone &&
                             answer.error().code == errc::tombstoned))
                    << words_of(answer);
        });
        ASSERT_EQ(stored, 1) << "round " << round;
    }
    this->expect_sound();
}

REGISTER_TYPED_TEST_SUITE_P(
    endings, S43_a_stream_that_was_deleted_softly_is_made_again_and_goes_on_counting,
    S43_a_tombstone_refuses_appends_for_ever_whatever_the_expectation,
    S43_a_deleted_stream_and_one_never_written_can_be_tombstoned,
    S43_what_has_no_events_cannot_be_deleted_softly,
    S08_S43_nobody_else_writes_the_events_that_end_streams,
    S04_each_expectation_of_a_stream_that_ended_holds_exactly_when_it_should,
    S11_the_end_of_a_stream_is_asked_for_again_without_effect,
    S25_unknown_existing_deleted_and_tombstoned_are_four_answers,
    S24_pages_of_a_stream_begin_behind_its_last_end_in_both_directions,
    S28_S43_the_log_and_its_readers_see_the_end_of_a_stream_in_its_place,
    S05_S43_of_an_end_and_an_append_at_one_revision_exactly_one_is_stored);

}  // namespace varve::inline v0::testkit::conformance
