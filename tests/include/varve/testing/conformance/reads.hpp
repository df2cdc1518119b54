// Conformance, chapter 6: what a read sees (semantics.md §23 to §25, §27).
#pragma once

#include <varve/testing/store_test.hpp>

#include <algorithm>
#include <latch>
#include <string>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class reads : public store_test<H> {
protected:
    /// A log of appends of different sizes over some streams.
    void write_log(int appends) {
        for (int i = 0; i < appends; ++i)
            ASSERT_TRUE(drawn_from(this->new_id()).append_to(this->store()));
    }

    /// All positions, page by page.
    std::vector<std::uint64_t> log_pages(log_range range) {
        std::vector<std::uint64_t> all;
        for (bool more = true; more;) {
            const auto page = this->store().read_log(range);
            EXPECT_TRUE(page) << words_of(page);
            if (!page) break;
            EXPECT_LE(page->size(), range.limit);
            for (const auto& event : *page) all.push_back(event.position.value);
            more = page->info().more;
            if (more && page->empty()) {
                ADD_FAILURE() << "an empty page that says there is more";
                break;
            }
            range.after = page->info().last;
        }
        return all;
    }

    std::vector<std::uint64_t> stream_pages(std::string_view stream, stream_range range) {
        std::vector<std::uint64_t> all;
        for (bool more = true; more;) {
            const auto page = this->store().read_stream(stream, range);
            EXPECT_TRUE(page) << words_of(page);
            if (!page) break;
            EXPECT_LE(page->size(), range.limit);
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

    /// `from`, `from` + 1, ... `to`.
    static std::vector<std::uint64_t> counted(std::uint64_t from, std::uint64_t to) {
        std::vector<std::uint64_t> all;
        for (; from <= to; ++from) all.push_back(from);
        return all;
    }
    static std::vector<std::uint64_t> reversed(std::vector<std::uint64_t> all) {
        std::ranges::reverse(all);
        return all;
    }
};

TYPED_TEST_SUITE_P(reads);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(reads);  // the header may be there without an engine

TYPED_TEST_P(reads, S23_a_read_is_the_prefix_as_of_its_start) {
    auto& store = this->store();
    this->fill("a-1", 20);
    std::uint64_t seen = 0;
    const auto end = store.scan_log({}, [&](const recorded_event&) {
        // another thread appends while this one is in the middle of its read
        if (++seen == 7) {
            std::jthread writer{[&] { this->fill("a-1", 15); }};
        }
        return true;
    });
    ASSERT_TRUE(end) << words_of(end);
    EXPECT_EQ(seen, 20u);
    EXPECT_EQ(end->head, position{20}) << "the head that it used";
    EXPECT_FALSE(end->more);
    EXPECT_EQ(store.head(), position{35});

    seen = 0;
    const auto stream = store.scan_stream("a-1", {}, [&](const recorded_event&) {
        if (++seen == 7) {
            std::jthread writer{[&] { this->fill("a-1", 15); }};
        }
        return true;
    });
    ASSERT_TRUE(stream) << words_of(stream);
    EXPECT_EQ(seen, 35u);
    EXPECT_EQ(stream->head, position{35});
    EXPECT_EQ(stream->newest, revision{35});
}

TYPED_TEST_P(reads, S23_pages_share_one_prefix_when_asked_to) {
    this->fill("a-1", 10);
    const auto head = this->store().head();
    log_range range{.limit = 3, .up_to = head};
    std::uint64_t seen = 0;
    for (bool more = true; more;) {
        const auto page = this->store().read_log(range);
        ASSERT_TRUE(page) << words_of(page);
        seen += page->size();
        range.after = page->info().last;
        more = page->info().more;
        this->fill("a-1", 4);
    }
    EXPECT_EQ(seen, 10u);
    EXPECT_EQ(this->stream_pages("a-1", {.limit = 4, .up_to = head}), this->counted(1, 10));
    const auto part = this->store().read_stream("a-1", {.limit = 100, .up_to = position{6}});
    ASSERT_TRUE(part) << words_of(part);
    EXPECT_EQ(part->info().newest, revision{6}) << "the newest within the prefix";
    const auto none = this->store().read_stream("a-1", {.up_to = position{0}});
    ASSERT_TRUE(none) << words_of(none);
    EXPECT_EQ(none->size(), 0u);
}

TYPED_TEST_P(reads, S24_pages_of_any_size_and_direction_give_the_same_events) {
    this->write_log(40);
    const auto head = this->store().head().value;
    for (int life = 0; life < 2; ++life) {
        for (const std::uint32_t limit : {1u, 2u, 3u, 7u, 64u, 100'000u}) {
            EXPECT_EQ(this->log_pages({.limit = limit}), this->counted(1, head));
            EXPECT_EQ(this->log_pages({.way = direction::backward, .limit = limit}),
                      this->reversed(this->counted(1, head)));
            for (const std::uint64_t at : {1ull, 2ull, 5ull, 17ull, 31ull}) {
                const position where{at};
                EXPECT_EQ(this->log_pages({.after = where, .limit = limit}),
                          this->counted(at + 1, head));
                EXPECT_EQ(
                    this->log_pages({.after = where, .way = direction::backward, .limit = limit}),
                    this->reversed(this->counted(1, at - 1)));
                EXPECT_EQ(this->log_pages({.limit = limit, .up_to = where}), this->counted(1, at));
                EXPECT_EQ(
                    this->log_pages({.way = direction::backward, .limit = limit, .up_to = where}),
                    this->reversed(this->counted(1, at)));
            }
        }
        this->restart();
    }
}

TYPED_TEST_P(reads, S24_pages_of_a_stream_give_the_same_events_in_both_directions) {
    this->write_log(60);
    for (const std::string stream : {"ledger-0", "ledger-5", "ledger-11"}) {
        const auto newest = this->newest(stream).value;
        ASSERT_GE(newest, 4u) << "or this test is about nothing";
        for (const std::uint32_t limit : {1u, 2u, 3u, 7u, 100'000u}) {
            EXPECT_EQ(this->stream_pages(stream, {.limit = limit}), this->counted(1, newest));
            EXPECT_EQ(this->stream_pages(stream, {.way = direction::backward, .limit = limit}),
                      this->reversed(this->counted(1, newest)));
            for (std::uint64_t at = 1; at <= newest; ++at) {
                const revision where{at};
                EXPECT_EQ(this->stream_pages(stream, {.after = where, .limit = limit}),
                          this->counted(at + 1, newest));
                EXPECT_EQ(this->stream_pages(
                              stream, {.after = where, .way = direction::backward, .limit = limit}),
                          this->reversed(this->counted(1, at - 1)));
            }
        }
    }
}

TYPED_TEST_P(reads, S24_reading_beyond_the_end_gives_nothing_and_says_where_the_end_is) {
    this->fill("a-1", 3);
    for (const std::uint64_t at : {3ull, 4ull, 1000ull, ~0ull}) {
        const auto log = this->store().read_log({.after = position{at}});
        ASSERT_TRUE(log) << words_of(log);
        EXPECT_TRUE(log->empty());
        EXPECT_FALSE(log->info().more);
        EXPECT_EQ(log->info().head, position{3});
        const auto stream = this->store().read_stream("a-1", {.after = revision{at}});
        ASSERT_TRUE(stream) << words_of(stream);
        EXPECT_TRUE(stream->empty());
        EXPECT_FALSE(stream->info().more);
        EXPECT_EQ(stream->info().newest, revision{3});
        if (at > 3) {
            EXPECT_EQ(
                this->log_pages({.after = position{at}, .way = direction::backward, .limit = 2}),
                this->reversed(this->counted(1, 3)));
            EXPECT_EQ(this->stream_pages(
                          "a-1", {.after = revision{at}, .way = direction::backward, .limit = 2}),
                      this->reversed(this->counted(1, 3)));
        }
    }
}

TYPED_TEST_P(reads, S24_a_limit_of_none_gives_nothing_and_says_whether_there_is_more) {
    this->fill("a-1", 3);
    for (const auto way : {direction::forward, direction::backward}) {
        const auto log = this->store().read_log({.way = way, .limit = 0});
        ASSERT_TRUE(log) << words_of(log);
        EXPECT_TRUE(log->empty());
        EXPECT_TRUE(log->info().more);
        const auto stream = this->store().read_stream("a-1", {.way = way, .limit = 0});
        ASSERT_TRUE(stream) << words_of(stream);
        EXPECT_TRUE(stream->empty());
        EXPECT_TRUE(stream->info().more);
    }
    EXPECT_FALSE(this->store().read_stream("a-1", {.after = revision{3}, .limit = 0})->info().more);
    EXPECT_FALSE(this->store().read_stream("a-2", {.limit = 0})->info().more);
    EXPECT_FALSE(this->store().read_log({.after = position{3}, .limit = 0})->info().more);
}

TYPED_TEST_P(reads, S24_a_visitor_that_stops_goes_on_where_it_stopped) {
    this->write_log(15);
    std::vector<std::uint64_t> seen;
    log_range range{};
    for (bool more = true; more;) {
        std::size_t here = 0;
        const auto end = this->store().scan_log(range, [&](const recorded_event& event) {
            seen.push_back(event.position.value);
            return ++here < 3;
        });
        ASSERT_TRUE(end) << words_of(end);
        range.after = end->last;
        more = end->more;
    }
    EXPECT_EQ(seen, this->counted(1, this->store().head().value));
}

TYPED_TEST_P(reads, S25_a_stream_never_written_and_one_that_exists_are_different_answers) {
    auto& store = this->store();
    const auto expect_unknown = [&](std::string_view name) {
        const auto page = store.read_stream(name);
        ASSERT_TRUE(page) << words_of(page);
        EXPECT_TRUE(page->empty());
        EXPECT_EQ(page->info().state, stream_state::unknown) << name;
        EXPECT_EQ(page->info().newest, revision{0});
        EXPECT_FALSE(page->info().more);
    };
    expect_unknown("account-7");
    this->fill("account-7", 1);
    const auto page = store.read_stream("account-7");
    ASSERT_TRUE(page) << words_of(page);
    EXPECT_EQ(page->info().state, stream_state::exists);
    const auto beyond = store.read_stream("account-7", {.after = revision{1}});
    ASSERT_TRUE(beyond) << words_of(beyond);
    EXPECT_EQ(beyond->info().state, stream_state::exists) << "nothing to give is not unknown";
    for (const auto near : {"account-", "account", "account-77", "account-7 ", "Account-7"})
        expect_unknown(near);
    EXPECT_EQ(code_of(this->write("x-1").check("account-8", expect::exists).append_to(store)),
              errc::conflict);
    expect_unknown("account-8");  // asking about a stream does not make it
}

TYPED_TEST_P(reads, S27_a_page_is_bounded_by_events_and_by_bytes) {
    draft request{this->new_id()};
    for (int i = 0; i < 3000; ++i) request.event("a-1", std::string(100, 'x'));
    ASSERT_TRUE(request.append_to(this->store()));
    const auto by_default = this->store().read_log({});
    ASSERT_TRUE(by_default) << words_of(by_default);
    EXPECT_EQ(by_default->size(), log_range{}.limit);
    EXPECT_TRUE(by_default->info().more);

    for (const std::size_t most : {std::size_t{0}, std::size_t{1}, std::size_t{100},
                                   std::size_t{250}, std::size_t{10'000}}) {
        const std::size_t fit = std::max<std::size_t>(1, most / 100);
        const auto log = this->store().read_log({.max_bytes = most});
        ASSERT_TRUE(log) << words_of(log);
        EXPECT_EQ(log->size(), fit) << "within " << most << " bytes";
        EXPECT_TRUE(log->info().more);
        EXPECT_EQ(log->info().last, position{fit});
        const auto back = this->store().read_log({.way = direction::backward, .max_bytes = most});
        ASSERT_TRUE(back) << words_of(back);
        EXPECT_EQ(back->size(), fit);
        const auto stream = this->store().read_stream("a-1", {.max_bytes = most});
        ASSERT_TRUE(stream) << words_of(stream);
        EXPECT_EQ(stream->size(), fit);
        EXPECT_TRUE(stream->info().more);
    }
    EXPECT_EQ(this->log_pages({.max_bytes = 950}), this->counted(1, 3000));
    EXPECT_EQ(this->stream_pages("a-1", {.max_bytes = 950}), this->counted(1, 3000));
}

TYPED_TEST_P(reads, S27_a_reader_that_stands_still_blocks_no_writer_and_no_other_reader) {
    this->fill("a-1", 5);
    std::latch reading{1};
    std::latch go_on{1};
    std::jthread slow{[&] {
        const auto end = this->store().scan_log({}, [&](const recorded_event& event) {
            if (event.position == position{2}) {
                reading.count_down();
                go_on.wait();
            }
            return true;
        });
        EXPECT_TRUE(end) << words_of(end);
        EXPECT_EQ(end ? end->head : position{}, position{5});
    }};
    reading.wait();
    this->fill("a-1", 50);  // hangs here if a reader holds up the writer
    EXPECT_EQ(this->log_pages({}), this->counted(1, 55));
    EXPECT_EQ(this->stream_pages("a-1", {}), this->counted(1, 55));
    go_on.count_down();
}

TYPED_TEST_P(reads, S27_a_page_outlives_the_store) {
    this->fill("a-1", 5);
    auto page = this->store().read_log({});
    ASSERT_TRUE(page) << words_of(page);
    const auto kept = std::move(*page);
    this->close();
    std::uint64_t n = 0;
    for (const auto& event : kept) EXPECT_EQ(as_text(event.payload), std::to_string(++n));
    EXPECT_EQ(n, 5u);
}

REGISTER_TYPED_TEST_SUITE_P(reads, S23_a_read_is_the_prefix_as_of_its_start,
                            S23_pages_share_one_prefix_when_asked_to,
                            S24_pages_of_any_size_and_direction_give_the_same_events,
                            S24_pages_of_a_stream_give_the_same_events_in_both_directions,
                            S24_reading_beyond_the_end_gives_nothing_and_says_where_the_end_is,
                            S24_a_limit_of_none_gives_nothing_and_says_whether_there_is_more,
                            S24_a_visitor_that_stops_goes_on_where_it_stopped,
                            S25_a_stream_never_written_and_one_that_exists_are_different_answers,
                            S27_a_page_is_bounded_by_events_and_by_bytes,
                            S27_a_reader_that_stands_still_blocks_no_writer_and_no_other_reader,
                            S27_a_page_outlives_the_store);

}  // namespace varve::inline v0::testkit::conformance
