// Conformance, chapter 3: every limit, exactly at it and one beyond (semantics.md §9).
#pragma once

#include <varve/testing/store_test.hpp>

#include <string>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class size_limits : public store_test<H> {
protected:
    /// Expects that the append works, and is all there afterwards.
    void accept(const draft& request, std::string_view what) {
        const auto before = this->store().head();
        const auto done = request.append_to(this->store());
        ASSERT_TRUE(done) << what << ": " << words_of(done);
        std::size_t seen = 0;
        log_range range{.after = before, .limit = 5000};
        for (bool more = true; more;) {
            const auto end = this->store().scan_log(range, [&](const recorded_event& event) {
                EXPECT_EQ(difference(request.events()[seen], event), "") << what;
                return ++seen < request.events().size();
            });
            ASSERT_TRUE(end) << what << ": " << words_of(end);
            range.after = end->last;
            more = end->more;
        }
        EXPECT_EQ(seen, request.events().size()) << what;
    }

    /// Expects `too_large`, with the limit in the message and nothing written.
    void refuse(const draft& request, std::size_t most, std::string_view what) {
        const auto before = this->store().head();
        const auto answer = request.append_to(this->store());
        ASSERT_EQ(code_of(answer), errc::too_large) << what << ": " << words_of(answer);
        EXPECT_NE(answer.error().message.find(std::to_string(most)), std::string::npos)
            << what << " does not say " << most << ": " << answer.error().message;
        EXPECT_EQ(this->store().head(), before) << what;
        const auto found = this->store().find(request.id());
        EXPECT_TRUE(found && !found->has_value()) << what;
    }

    /// An event at the limit, and one beyond: `make(n)` makes it `n` large.
    template <class Make>
    void at_and_beyond(std::size_t most, std::string_view what, Make&& make) {
        accept(draft{this->new_id()}.event("before-1").event(make(most)), what);
        refuse(draft{this->new_id()}.event("before-1").event(make(most + 1)), most, what);
    }
};

TYPED_TEST_SUITE_P(size_limits);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    size_limits);  // the header may be there without an engine

TYPED_TEST_P(size_limits, S09_names_end_at_their_limit) {
    this->at_and_beyond(limits::stream_name, "stream name",
                        [](std::size_t n) { return owned_event{.stream = std::string(n, 's')}; });
    this->at_and_beyond(limits::type_name, "type name", [](std::size_t n) {
        return owned_event{.stream = "a-1", .type = std::string(n, 't')};
    });
    this->at_and_beyond(limits::tag, "tag", [](std::size_t n) {
        return owned_event{.stream = "a-1", .tags = {"fine", std::string(n, 'g')}};
    });
    this->at_and_beyond(limits::header_key, "header key", [](std::size_t n) {
        return owned_event{.stream = "a-1", .headers = {{std::string(n, 'k'), "value"}}};
    });
}

TYPED_TEST_P(size_limits, S09_an_event_carries_so_many_tags_and_headers_and_no_more) {
    this->at_and_beyond(limits::tags, "tags", [](std::size_t n) {
        owned_event event{.stream = "a-1"};
        for (std::size_t i = 0; i < n; ++i) event.tags.push_back("tag " + std::to_string(i));
        return event;
    });
    this->at_and_beyond(limits::headers, "headers", [](std::size_t n) {
        owned_event event{.stream = "a-1"};
        for (std::size_t i = 0; i < n; ++i)
            event.headers.emplace_back("k" + std::to_string(i), "v");
        return event;
    });
    this->at_and_beyond(limits::header_bytes, "header bytes", [](std::size_t n) {
        return owned_event{
            .stream = "a-1",
            .headers = {{"one", std::string(100, 'v')}, {"two", std::string(n - 106, 'w')}}};
    });
}

TYPED_TEST_P(size_limits, S09_a_payload_ends_at_its_limit) {
    this->at_and_beyond(limits::payload, "payload", [](std::size_t n) {
        std::string payload(n, 'p');
        payload.front() = 'b';
        payload.back() = 'e';
        return owned_event{.stream = "a-1", .payload = std::move(payload)};
    });
    this->restart();
    EXPECT_EQ(this->store().head(), position{2});
}

TYPED_TEST_P(size_limits, S09_an_append_ends_at_its_bytes) {
    // as stored: a frame adds some bytes to each payload, so the fourth does not fit
    const std::string largest(limits::payload, 'p');
    draft request{this->new_id()};
    for (int i = 0; i < 3; ++i) request.event("a-1", largest);
    this->accept(request, "three of the largest events");
    draft larger{this->new_id()};
    for (int i = 0; i < 4; ++i) larger.event("a-1", largest);
    this->refuse(larger, limits::batch, "four of the largest events");
}

TYPED_TEST_P(size_limits, S09_an_append_ends_at_its_events) {
    draft request{this->new_id()};
    for (std::size_t i = 0; i < limits::events; ++i)
        request.event("a-" + std::to_string(i % 7), "x");
    this->accept(request, "the most events");
    draft larger{this->new_id()};
    for (std::size_t i = 0; i <= limits::events; ++i) larger.event("a-1", "x");
    this->refuse(larger, limits::events, "one event more");
    this->expect_sound();
}

TYPED_TEST_P(size_limits, S09_an_append_may_write_to_as_many_streams_as_events) {
    static_assert(limits::streams == limits::events);
    draft request{this->new_id()};
    for (std::size_t i = 0; i < limits::streams; ++i) request.event("a-" + std::to_string(i), "x");
    this->accept(request, "the most streams");
    this->restart();
    for (const auto stream : {"a-0", "a-77", "a-65534"})
        EXPECT_EQ(this->newest(stream), revision{1});
    EXPECT_EQ(this->newest("a-65535"), revision{0});
    const auto again = request.append_to(this->store());
    ASSERT_TRUE(again) << words_of(again);
    EXPECT_EQ(again->streams.size(), limits::streams);
}

TYPED_TEST_P(size_limits, S09_a_descriptor_ends_at_its_limit) {
    auto& store = this->store();
    const auto with = [&](std::size_t size) {
        const bytes descriptor(size, std::byte{7});
        const type_description type{.type = "noted", .descriptor = descriptor};
        const new_event event{.stream = "a-1", .type = "noted"};
        return store.append({.id = this->new_id(), .events = {&event, 1}, .types = {&type, 1}});
    };
    const auto beyond = with(limits::descriptor + 1);
    EXPECT_EQ(code_of(beyond), errc::too_large) << words_of(beyond);
    EXPECT_EQ(store.head(), position{0});
    const auto at = with(limits::descriptor);
    EXPECT_TRUE(at) << words_of(at);
}

REGISTER_TYPED_TEST_SUITE_P(size_limits, S09_names_end_at_their_limit,
                            S09_an_event_carries_so_many_tags_and_headers_and_no_more,
                            S09_a_payload_ends_at_its_limit, S09_an_append_ends_at_its_bytes,
                            S09_an_append_ends_at_its_events,
                            S09_an_append_may_write_to_as_many_streams_as_events,
                            S09_a_descriptor_ends_at_its_limit);

}  // namespace varve::inline v0::testkit::conformance
