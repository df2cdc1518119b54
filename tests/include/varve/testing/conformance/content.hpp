// Conformance, chapter 2: what an event says, byte for byte, and when (semantics.md §8, §10, §12).
#pragma once

#include <varve/eventstore/imported.hpp>
#include <varve/testing/store_test.hpp>

#include <set>
#include <string>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class content : public store_test<H> {
protected:
    /// One event for every corner of the format.
    std::vector<owned_event> corners() {
        std::string octets(256, '\0');
        for (std::size_t i = 0; i < 256; ++i) octets[i] = static_cast<char>(i);
        const std::string longest(limits::stream_name, 'n');
        owned_event full{.stream = "full-1",
                         .type = octets.substr(1),
                         .payload = octets,
                         .schema_version = 0xffff'ffff,
                         .correlation = this->env.ids().template next<message_id>(),
                         .causation = this->env.ids().template next<message_id>(),
                         .occurred_at = timestamp{std::chrono::nanoseconds{-1}},
                         .headers = {{octets.substr(1), octets}, {"empty", ""}, {"empty", "twice"}},
                         .tags = {octets.substr(1), "b", "b", std::string(1, '\0')},
                         .id = this->env.ids().template next<event_id>()};
        std::vector<owned_event> all{
            {.stream = "plain-1", .payload = ""},
            {.stream = "plain-1", .payload = std::string(1, '\0')},
            {.stream = "plain-1", .payload = std::string("a\0b\0", 4)},
            {.stream = "plain-1", .payload = "\xff\xfe\xc0\x80"},
            {.stream = longest, .type = std::string(limits::type_name, '\xff'), .payload = "x"},
            {.stream = "when-1", .occurred_at = timestamp::min()},
            {.stream = "when-1", .occurred_at = timestamp::max()},
            {.stream = "when-1", .occurred_at = timestamp{}},
            {.stream = "when-1", .causation = this->env.ids().template next<message_id>()},
            full};
        owned_event many{.stream = "many-1"};
        for (std::size_t i = 0; i < limits::tags; ++i)
            many.tags.push_back(std::to_string(i) + std::string(limits::tag - 2, 't'));
        for (auto& tag : many.tags) tag.resize(limits::tag);
        for (std::size_t i = 0; i < limits::headers; ++i)
            many.headers.emplace_back("k" + std::to_string(i), std::string(i, 'v'));
        all.push_back(many);
        owned_event wide{.stream = "wide-1"};
        wide.headers.emplace_back("k", std::string(limits::header_bytes - 1, 'v'));
        all.push_back(wide);
        return all;
    }

    void expect_there(const std::vector<owned_event>& wrote) {
        const auto log = this->store().read_log({});
        ASSERT_TRUE(log) << words_of(log);
        ASSERT_EQ(log->size(), wrote.size());
        for (std::size_t i = 0; i < wrote.size(); ++i)
            EXPECT_EQ(difference(wrote[i], (*log)[i]), "") << "event " << i + 1;
        for (std::size_t i = 0; i < wrote.size(); ++i) {
            const auto& seen = (*log)[i];
            const auto one = this->store().read_stream(
                wrote[i].stream, {.after = revision{seen.revision.value - 1}, .limit = 1});
            ASSERT_TRUE(one) << words_of(one);
            ASSERT_EQ(one->size(), 1u);
            EXPECT_EQ(difference(wrote[i], (*one)[0]), "") << "in its stream, event " << i + 1;
            EXPECT_EQ((*one)[0].id, seen.id);
            EXPECT_EQ((*one)[0].append, seen.append);
            EXPECT_EQ((*one)[0].recorded_at, seen.recorded_at);
        }
    }
};

TYPED_TEST_SUITE_P(content);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    content);  // the header may be there without an engine

TYPED_TEST_P(content, S08_whatever_an_event_says_comes_back_exactly) {
    const auto wrote = this->corners();
    draft all{this->new_id()};
    for (const auto& event : wrote) all.event(event);
    const auto done = all.append_to(this->store());
    ASSERT_TRUE(done) << words_of(done);
    this->expect_there(wrote);
    this->restart();
    this->expect_there(wrote);
    this->expect_sound();
}

TYPED_TEST_P(content, S08_any_bytes_are_a_name_and_names_are_equal_only_if_all_bytes_are) {
    using namespace std::string_literals;
    const std::vector<std::string> names{"a",
                                         "a\0"s,
                                         "a\0b"s,
                                         "a\0c"s,
                                         "\0"s,
                                         "\0\0"s,
                                         " ",
                                         "a ",
                                         "-",
                                         "--",
                                         "a-",
                                         "-a",
                                         "A",
                                         "\n",
                                         "\xff",
                                         "\xff\xff",
                                         "\xc3(",
                                         "\u00e4",
                                         "a$",
                                         "%24a",
                                         "'",
                                         "a\"b",
                                         "a/b/../c",
                                         std::string(255, 'a'),
                                         std::string(254, 'a')};
    for (const auto& name : names) {
        const auto done = this->write(name, "of " + name).append_to(this->store());
        ASSERT_TRUE(done) << words_of(done);
    }
    for (int life = 0; life < 2; ++life) {
        for (const auto& name : names) {
            const auto page = this->store().read_stream(name);
            ASSERT_TRUE(page) << words_of(page);
            ASSERT_EQ(page->size(), 1u) << "stream '" << name << "'";
            EXPECT_EQ(as_text((*page)[0].payload), "of " + name);
        }
        this->expect_sound();
        this->restart();
    }
}

TYPED_TEST_P(content, S08_names_that_are_empty_or_the_stores_own_are_refused) {
    const auto refuse = [&](owned_event event, std::string_view what) {
        const auto answer = draft{this->new_id()}.event(std::move(event)).append_to(this->store());
        EXPECT_EQ(code_of(answer), errc::invalid_argument) << what << ": " << words_of(answer);
    };
    refuse({.stream = ""}, "empty stream");
    refuse({.stream = "$"}, "stream $");
    refuse({.stream = "$all-1"}, "reserved stream");
    refuse({.stream = "a-1", .type = ""}, "empty type");
    refuse({.stream = "a-1", .type = "$noted"}, "reserved type");
    refuse({.stream = "a-1", .headers = {{"", "value"}}}, "empty header");
    refuse({.stream = "a-1", .headers = {{"$store", "value"}}}, "reserved header");
    refuse({.stream = "a-1", .tags = {""}}, "empty tag");
    refuse({.stream = "a-1", .tags = {"fine", "$tag"}}, "reserved tag");
    refuse({.stream = "a-1", .schema_version = 0}, "schema version 0");
    EXPECT_EQ(this->store().head(), position{0});
    EXPECT_TRUE(this->write("a-$").append_to(this->store())) << "$ is reserved in front only";
}

TYPED_TEST_P(content, S08_the_ids_in_a_receipt_are_those_in_the_log) {
    const auto request = drawn_from(this->new_id());
    const auto done = request.append_to(this->store());
    ASSERT_TRUE(done) << words_of(done);
    EXPECT_EQ(done->id, request.id());
    const auto log = this->store().read_log({});
    ASSERT_TRUE(log) << words_of(log);
    ASSERT_EQ(log->size(), request.events().size());
    for (const auto& event : *log) EXPECT_EQ(event.append, request.id());
}

TYPED_TEST_P(content, S10_recorded_at_never_decreases_whatever_the_clock_does) {
    using namespace std::chrono_literals;
    const std::initializer_list<std::chrono::nanoseconds> steps{
        0ns, 1ns, -1ns, 5s, -3600s, 10s, -100'000'000s, 1ns, 200'000'000s, -1s};
    std::vector<timestamp> given;
    for (int life = 0; life < 2; ++life) {
        for (const auto step : steps) {
            this->clock.jump(step);
            const auto done = draft{this->new_id()}.event("a-1").event("b-1").append_to(
                this->store());
            ASSERT_TRUE(done) << words_of(done);
            const auto before = given.empty() ? timestamp::min() : given.back();
            const auto page = this->store().read_log({.after = position{done->first.value - 1}});
            ASSERT_TRUE(page) << words_of(page);
            ASSERT_EQ(page->size(), 2u);
            EXPECT_EQ((*page)[0].recorded_at, std::max(before, this->clock.now()));
            given.push_back((*page)[1].recorded_at);
        }
        this->clock.jump(-500'000'000s);  // and the machine comes up with a clock far behind
        this->restart();
    }
    EXPECT_TRUE(std::ranges::is_sorted(given));
    this->expect_sound();
}

TYPED_TEST_P(content, S10_occurred_at_is_kept_as_given_beside_a_later_recorded_at) {
    using namespace std::chrono_literals;
    const auto claim = this->clock.now() - 24h;
    const auto done = draft{this->new_id()}
                          .event(owned_event{.stream = "a-1", .occurred_at = claim})
                          .event(owned_event{.stream = "a-1"})
                          .event(
                              owned_event{.stream = "a-1", .occurred_at = this->clock.now() + 24h})
                          .append_to(this->store());
    ASSERT_TRUE(done) << words_of(done);
    const auto page = this->store().read_stream("a-1");
    ASSERT_TRUE(page) << words_of(page);
    ASSERT_EQ(page->size(), 3u);
    EXPECT_EQ((*page)[0].occurred_at, claim);
    EXPECT_FALSE((*page)[1].occurred_at.has_value());
    EXPECT_EQ((*page)[2].occurred_at, this->clock.now() + 24h);
    for (const auto& event : *page) EXPECT_EQ(event.recorded_at, this->clock.now());
}

TYPED_TEST_P(content, S12_event_ids_follow_from_append_id_and_index) {
    const auto request = drawn_from(this->new_id(), {.most_events = 40});
    ASSERT_TRUE(request.append_to(this->store()));
    const auto ids = [&](auto& world) {
        std::vector<event_id> all;
        const auto page = world.store().read_log({});
        EXPECT_TRUE(page) << words_of(page);
        if (page)
            for (const auto& event : *page) all.push_back(event.id);
        return all;
    };
    const auto here = ids(*this);
    EXPECT_EQ(std::set(here.begin(), here.end()).size(), request.events().size());
    EXPECT_FALSE(std::ranges::any_of(here, &event_id::is_none));
    this->restart();
    EXPECT_EQ(ids(*this), here);

    store_world<TypeParam> elsewhere{2};
    ASSERT_TRUE(elsewhere.open());
    ASSERT_TRUE(elsewhere.write("other-1").append_to(elsewhere.store()));
    ASSERT_TRUE(request.append_to(elsewhere.store()));
    auto there = ids(elsewhere);
    there.erase(there.begin());
    EXPECT_EQ(there, here) << "the same append has the same event ids in every store";
}

TYPED_TEST_P(content, S12_an_append_whose_events_bring_the_same_id_twice_is_refused) {
    const auto own = this->env.ids().template next<event_id>();
    const auto other = this->env.ids().template next<event_id>();
    const auto answer = draft{this->new_id()}
                            .event(owned_event{.stream = "a-1", .id = own})
                            .event(owned_event{.stream = "b-1", .id = other})
                            .event(owned_event{.stream = "c-1", .id = own})
                            .append_to(this->store());
    EXPECT_EQ(code_of(answer), errc::invalid_argument) << words_of(answer);
    EXPECT_EQ(this->store().head(), position{0});
}

TYPED_TEST_P(content, S12_imported_events_that_come_again_are_recognised_by_their_own_ids) {
    const auto own = [&](const char* stream, const event_id& id) {
        return owned_event{.stream = stream, .id = id};
    };
    const auto first = this->env.ids().template next<event_id>();
    const auto second = this->env.ids().template next<event_id>();
    const auto import = [&](const draft& all) -> result<receipt> {
        return all.send([&](append_request request) -> result<receipt> {
            const auto id = imported_append_id(request.events);
            if (!id) return std::unexpected(id.error());
            request.id = *id;
            return this->store().append(request);
        });
    };
    const auto both = draft{append_id{}}.event(own("a-1", first)).event(own("b-1", second));
    const auto stored = import(both);
    ASSERT_TRUE(stored) << words_of(stored);
    this->restart();
    const auto again = import(both);
    ASSERT_TRUE(again) << words_of(again);
    EXPECT_EQ(*again, *stored);
    EXPECT_EQ(this->store().head(), position{2});
    const auto changed = import(
        draft{append_id{}}.event(own("a-1", first)).event(own("c-1", second)));
    EXPECT_EQ(code_of(changed), errc::id_reused) << words_of(changed);
    const auto part = import(draft{append_id{}}.event(own("a-1", first)));
    ASSERT_TRUE(part) << "another append: " << words_of(part);
    EXPECT_NE(part->id, stored->id);
    EXPECT_EQ(code_of(import(draft{append_id{}}.event("a-1"))), errc::invalid_argument);
    EXPECT_EQ(code_of(import(draft{append_id{}})), errc::invalid_argument);
    const auto page = this->store().read_log({});
    ASSERT_TRUE(page && page->size() == 3) << words_of(page);
    EXPECT_EQ((*page)[0].id, first);
    EXPECT_EQ((*page)[1].id, second);
}

REGISTER_TYPED_TEST_SUITE_P(content, S08_whatever_an_event_says_comes_back_exactly,
                            S08_any_bytes_are_a_name_and_names_are_equal_only_if_all_bytes_are,
                            S08_names_that_are_empty_or_the_stores_own_are_refused,
                            S08_the_ids_in_a_receipt_are_those_in_the_log,
                            S10_recorded_at_never_decreases_whatever_the_clock_does,
                            S10_occurred_at_is_kept_as_given_beside_a_later_recorded_at,
                            S12_event_ids_follow_from_append_id_and_index,
                            S12_an_append_whose_events_bring_the_same_id_twice_is_refused,
                            S12_imported_events_that_come_again_are_recognised_by_their_own_ids);

}  // namespace varve::inline v0::testkit::conformance
