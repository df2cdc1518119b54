// Conformance, chapter 18: appends that are promised first and stored later (semantics.md §5, §64, §66).
#pragma once

#include <varve/reservation.hpp>
#include <varve/testing/store_test.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class reservations : public store_test<H> {
protected:
    result<reservation_state> reserve(const draft& promised, std::string_view memo = "memo") {
        return promised.send([&](const append_request& request) {
            return this->store().reserve(request, as_bytes(memo));
        });
    }

    void must_reserve(const draft& promised) {
        const auto answer = reserve(promised);
        ASSERT_TRUE(answer) << words_of(answer);
        EXPECT_EQ(*answer, reservation_state::held);
    }

    std::vector<reservation> all() {
        auto listed = this->store().reservations();
        EXPECT_TRUE(listed) << words_of(listed);
        return listed ? std::move(*listed) : std::vector<reservation>{};
    }
    std::size_t held() {
        return static_cast<std::size_t>(
            std::ranges::count(all(), reservation_state::held, &reservation::state));
    }

    bool is_stored(const append_id& id) {
        const auto found = this->store().find(id);
        EXPECT_TRUE(found) << words_of(found);
        return found && found->has_value();
    }

    /// Refused because of this reservation, which is named.
    template <class T>
    static void expect_met(const result<T>& answer, const append_id& holder, const char* why) {
        ASSERT_EQ(code_of(answer), errc::reserved) << why << ": " << words_of(answer);
        EXPECT_EQ(answer.error().append, holder) << why;
    }

    static event_query of_type(const char* type) {
        return event_query::any_of({{.types = {type}}});
    }
};

TYPED_TEST_SUITE_P(reservations);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    reservations);  // the header may be there without an engine

TYPED_TEST_P(reservations, S64_what_is_promised_is_seen_by_nobody_until_it_is_confirmed) {
    this->fill("a-1", 2);
    auto promised = this->write("a-1", "one");
    promised.event("b-1", "two").check("a-1", expect::at(revision{2}));
    this->must_reserve(promised);
    EXPECT_EQ(this->store().head(), position{2});
    EXPECT_EQ(this->newest("b-1"), revision{0});
    EXPECT_FALSE(this->is_stored(promised.id()));

    const auto stored = this->store().confirm(promised.id());
    ASSERT_TRUE(stored) << words_of(stored);
    EXPECT_EQ(stored->id, promised.id());
    EXPECT_EQ(stored->first, position{3});
    EXPECT_EQ(stored->last, position{4});
    EXPECT_EQ(stored->streams,
              (std::vector<stream_revision>{{"a-1", revision{3}}, {"b-1", revision{1}}}));
    for (int life = 0; life < 2; ++life) {
        EXPECT_TRUE(this->all().empty()) << "the log knows it now";
        const auto again = this->store().confirm(promised.id());
        ASSERT_TRUE(again) << words_of(again);
        EXPECT_EQ(*again, *stored);
        const auto page = this->store().read_log({.after = position{2}});
        ASSERT_TRUE(page && page->size() == 2) << words_of(page);
        for (std::size_t i = 0; i < 2; ++i)
            EXPECT_EQ(difference(promised.events()[i], (*page)[i]), "");
        this->expect_sound();
        this->restart();
    }
}

TYPED_TEST_P(reservations, S64_a_promise_survives_a_restart_whole) {
    auto promised = drawn_from(this->new_id());
    promised.check("x-1", expect::none)
        .condition(this->of_type("never"), position{})
        .fail_if_exists(event_query::tagged({"seat:7", "show:3"}));
    ASSERT_TRUE(this->reserve(promised, std::string_view{"a\0memo", 6}));
    const auto before = this->all();
    ASSERT_EQ(before.size(), 1u);
    EXPECT_EQ(before[0].id, promised.id());
    EXPECT_EQ(before[0].state, reservation_state::held);
    EXPECT_EQ(before[0].epoch, this->store().identity().epoch);
    EXPECT_EQ(before[0].events, promised.events().size());
    EXPECT_EQ(before[0].believes, (std::vector<std::string>{"x-1"}));
    EXPECT_EQ(before[0].queries,
              (std::vector<event_query>{this->of_type("never"),
                                        event_query::tagged({"seat:7", "show:3"})}));
    EXPECT_EQ(as_text(before[0].memo), (std::string_view{"a\0memo", 6}));
    this->clock.advance(std::chrono::hours{50});
    this->restart();
    EXPECT_EQ(this->all(), before);
    this->fill("z-1", 3);
    this->restart();
    const auto stored = this->store().confirm(promised.id());
    ASSERT_TRUE(stored) << words_of(stored);
    const auto page = this->store().read_log({.after = position{3}});
    ASSERT_TRUE(page && page->size() == promised.events().size()) << words_of(page);
    for (std::size_t i = 0; i < page->size(); ++i)
        EXPECT_EQ(difference(promised.events()[i], (*page)[i]), "") << i;
    EXPECT_GE((*page)[0].recorded_at, this->clock.now()) << "recorded when it was confirmed";
    this->expect_sound();
}

TYPED_TEST_P(reservations,
             S05_S64_an_append_that_touches_what_is_held_is_refused_until_the_outcome) {
    this->fill("read-1", 1);
    auto promised = this->write("written-1");
    promised.check("read-1", expect::at(revision{1}))
        .check("free-1", expect::any)
        .condition(this->of_type("watched"), this->store().head())
        .fail_if_exists(event_query::tagged({"seat:7"}));
    this->must_reserve(promised);
    for (int life = 0; life < 2; ++life) {
        auto& store = this->store();
        const auto& holder = promised.id();
        const auto head = store.head();
        this->expect_met(this->write("written-1").append_to(store), holder, "written, with any");
        this->expect_met(this->write("read-1").append_to(store), holder, "believed something of");
        this->expect_met(draft{this->new_id()}.event("c-1").event("read-1").append_to(store),
                         holder, "beside another stream");
        this->expect_met(draft{this->new_id()}
                             .event(owned_event{.stream = "c-1", .type = "watched"})
                             .append_to(store),
                         holder, "matches a condition");
        this->expect_met(draft{this->new_id()}
                             .event(owned_event{.stream = "c-1", .tags = {"row:1", "seat:7"}})
                             .append_to(store),
                         holder, "matches what may not exist");
        this->expect_met(store.end_stream({.id = this->new_id(), .stream = "read-1"}), holder,
                         "ends a stream");
        EXPECT_EQ(store.head(), head) << "nothing of them is stored";
        EXPECT_TRUE(this->write("free-1").append_to(store)) << "nothing was believed of it";
        EXPECT_TRUE(draft{this->new_id()}
                        .event(owned_event{.stream = "c-2", .type = "seen", .tags = {"seat:8"}})
                        .append_to(store));
        EXPECT_TRUE(this->write("d-1")
                        .check("written-1", expect::none)
                        .check("read-1", expect::at(revision{1}))
                        .condition(this->of_type("watched"), position{})
                        .append_to(store))
            << "a belief about what is held is judged as if the promise were not there";
        this->restart();
    }
    ASSERT_TRUE(this->store().release(promised.id()));
    EXPECT_TRUE(this->write("written-1").append_to(this->store()));
    EXPECT_TRUE(this->write("read-1").append_to(this->store()));
    this->expect_sound();
}

TYPED_TEST_P(reservations, S06_S64_two_promises_that_could_break_each_other_are_never_both_held) {
    const auto tagged = [&](const char* stream, const char* tag) {
        return draft{this->new_id()}.event(owned_event{.stream = stream, .tags = {tag}});
    };
    auto first = tagged("a-1", "seat:7");
    first.check("b-1", expect::none).condition(event_query::tagged({"seat:8"}));
    this->must_reserve(first);
    const auto& holder = first.id();
    this->expect_met(this->reserve(this->write("a-1")), holder, "both write");
    this->expect_met(this->reserve(this->write("b-1")), holder,
                     "it writes what the first believes");
    this->expect_met(this->reserve(this->write("c-1").check("a-1", expect::none)), holder,
                     "it believes what the first writes");
    this->expect_met(this->reserve(tagged("c-1", "seat:8")), holder, "the first's condition");
    this->expect_met(this->reserve(this->write("c-1").condition(event_query::tagged({"seat:7"}))),
                     holder, "its condition");
    this->expect_met(
        this->reserve(this->write("c-1").fail_if_exists(event_query::tagged({"seat:7"}))), holder,
        "what may not exist for it");
    auto second = this->write("c-1").check("b-1", expect::none);
    this->must_reserve(second);  // both may believe the same
    EXPECT_EQ(this->held(), 2u);
    this->expect_met(this->write("b-1").append_to(this->store()), holder, "held twice");
    ASSERT_TRUE(this->store().confirm(holder));
    this->expect_met(this->write("b-1").append_to(this->store()), second.id(), "held once still");
    ASSERT_TRUE(this->store().confirm(second.id()));
    EXPECT_TRUE(this->write("b-1").append_to(this->store()));
    this->expect_sound();
}

TYPED_TEST_P(reservations, S66_what_was_released_cannot_be_promised_or_confirmed_any_more) {
    auto& store = this->store();
    const auto early = this->write("a-1");
    ASSERT_TRUE(store.release(early.id())) << "before it was made";
    const auto promised = this->write("a-1");
    this->must_reserve(promised);
    ASSERT_TRUE(store.release(promised.id()));
    for (int life = 0; life < 2; ++life) {
        for (const auto* given_up : {&early, &promised}) {
            EXPECT_EQ(code_of(this->reserve(*given_up)), errc::cancelled);
            EXPECT_EQ(code_of(this->store().confirm(given_up->id())), errc::cancelled);
            EXPECT_EQ(code_of(given_up->append_to(this->store())), errc::cancelled);
            const auto twice = this->store().release(given_up->id());
            EXPECT_TRUE(twice) << words_of(twice);
        }
        EXPECT_EQ(this->all().size(), 2u);
        EXPECT_EQ(this->held(), 0u);
        EXPECT_EQ(this->store().head(), position{0});
        this->restart();
    }
    ASSERT_TRUE(this->store().forget(early.id()));
    ASSERT_TRUE(this->store().forget(early.id()));
    EXPECT_EQ(this->all().size(), 1u);
    this->must_reserve(early);
    ASSERT_TRUE(this->store().confirm(early.id()));
    this->expect_sound();
}

TYPED_TEST_P(reservations,
             S66_a_repeated_promise_changes_nothing_and_another_under_its_id_is_refused) {
    auto& store = this->store();
    auto promised = this->write("a-1");
    promised.check("b-1", expect::none);
    this->must_reserve(promised);
    const auto before = this->all();
    this->clock.advance(std::chrono::seconds{5});
    this->must_reserve(promised);
    EXPECT_EQ(this->all(), before);
    auto other = promised;
    other.event("c-1");
    EXPECT_EQ(code_of(this->reserve(other)), errc::id_reused);
    other = promised;
    other.check("d-1", expect::none);
    EXPECT_EQ(code_of(this->reserve(other)), errc::id_reused);
    EXPECT_EQ(code_of(this->reserve(promised, "another memo")), errc::id_reused);
    this->expect_met(promised.append_to(store), promised.id(), "the append itself");
    EXPECT_EQ(code_of(store.forget(promised.id())), errc::reserved);
    EXPECT_EQ(this->all(), before);

    const auto stored = store.confirm(promised.id());
    ASSERT_TRUE(stored) << words_of(stored);
    this->fill("b-1", 1);
    const auto late = this->reserve(promised);
    ASSERT_TRUE(late) << words_of(late);
    EXPECT_EQ(*late, reservation_state::confirmed);
    const auto appended = promised.append_to(store);
    ASSERT_TRUE(appended) << words_of(appended);
    EXPECT_EQ(*appended, *stored);
    EXPECT_EQ(code_of(store.release(promised.id())), errc::exists);
    EXPECT_TRUE(this->all().empty());
    this->expect_sound();
}

TYPED_TEST_P(reservations, S64_a_promise_without_events_holds_what_it_believes) {
    this->fill("a-1", 1);
    auto believed = draft{this->new_id()};
    believed.check("a-1", expect::at(revision{1}));
    this->must_reserve(believed);
    this->expect_met(this->write("a-1").append_to(this->store()), believed.id(), "believed");
    this->restart();
    this->expect_met(this->write("a-1").append_to(this->store()), believed.id(), "believed");
    for (int life = 0; life < 2; ++life) {
        const auto done = this->store().confirm(believed.id());
        ASSERT_TRUE(done) << words_of(done);
        EXPECT_EQ(done->first, position{0});
        EXPECT_EQ(this->held(), 0u);
        const auto late = this->reserve(believed);
        ASSERT_TRUE(late) << words_of(late);
        EXPECT_EQ(*late, reservation_state::confirmed);
        EXPECT_EQ(code_of(this->store().release(believed.id())), errc::exists);
        this->restart();
    }
    EXPECT_TRUE(this->write("a-1").append_to(this->store()));
    ASSERT_TRUE(this->store().forget(believed.id()));
    EXPECT_TRUE(this->all().empty());
    EXPECT_EQ(code_of(this->store().confirm(believed.id())), errc::not_found);
}

TYPED_TEST_P(reservations, S64_a_promise_is_refused_for_all_that_an_append_is_refused_for) {
    auto& store = this->store();
    this->fill("a-1", 2);
    this->fill("stone-1", 1);
    ASSERT_TRUE(
        store.end_stream({.id = this->new_id(), .stream = "stone-1", .how = ending::tombstone}));
    const auto stale = this->reserve(this->write("b-1")
                                         .check("a-1", expect::at(revision{1}))
                                         .condition(this->of_type("noted"), position{1}));
    ASSERT_EQ(code_of(stale), errc::conflict) << words_of(stale);
    EXPECT_EQ(stale.error().checks.size(), 1u);
    EXPECT_EQ(stale.error().conditions.size(), 1u);
    EXPECT_EQ(code_of(this->reserve(this->write("b-1").fail_if_exists(this->of_type("noted")))),
              errc::exists);
    EXPECT_EQ(code_of(this->reserve(this->write("stone-1"))), errc::tombstoned);
    EXPECT_EQ(code_of(this->reserve(this->write("$a"))), errc::invalid_argument);
    EXPECT_EQ(code_of(this->reserve(draft{this->new_id()})), errc::invalid_argument);
    EXPECT_EQ(code_of(this->reserve(draft{append_id{}}.event("b-1"))), errc::invalid_argument);
    EXPECT_EQ(code_of(this->reserve(this->write("b-1"), std::string(limits::memo + 1, 'x'))),
              errc::too_large);
    EXPECT_EQ(
        code_of(this->reserve(this->write("b-1").condition(this->of_type("noted"), position{99}))),
        errc::invalid_argument);
    EXPECT_EQ(code_of(store.confirm(this->new_id())), errc::not_found);
    for (const auto& answer : {store.release(append_id{}), store.forget(append_id{})})
        EXPECT_EQ(code_of(answer), errc::invalid_argument);
    EXPECT_EQ(code_of(store.confirm(append_id{})), errc::invalid_argument);
    const auto stored = this->write("c-1");
    ASSERT_TRUE(stored.append_to(store));
    auto other = stored;
    other.event("d-1");
    EXPECT_EQ(code_of(this->reserve(other)), errc::id_reused);
    EXPECT_EQ(code_of(store.release(stored.id())), errc::exists);
    EXPECT_TRUE(this->all().empty()) << "nothing of them is held";
    EXPECT_TRUE(this->write("b-1").append_to(store));
    this->expect_sound();
}

TYPED_TEST_P(reservations, S05_S64_promises_and_appends_of_many_threads_keep_each_other_out) {
    constexpr std::size_t racers = 4, rounds = 40;
    const auto lost = [](const failure& why) {
        return why.code == errc::reserved || why.code == errc::conflict;
    };
    std::array<std::map<append_id, bool>, racers> outcomes;  // true: confirmed
    std::array<std::vector<append_id>, racers> ids;
    for (auto& own : ids)
        while (own.size() < rounds) own.push_back(this->new_id());
    at_once(racers, [&](std::size_t who) {
        for (std::size_t round = 0; round < rounds; ++round) {
            const auto stream = "race-" + std::to_string(round % 3);
            auto now = this->store().scan_stream(stream, stream_range{.limit = 1},
                                                 [](const recorded_event&) { return true; });
            ASSERT_TRUE(now) << words_of(now);
            auto wanted = draft{ids[who][round]};
            wanted.event(stream).check(stream, expect::at(now->newest));
            if (round % 4 == 3) {
                const auto direct = wanted.append_to(this->store());
                if (direct) outcomes[who][wanted.id()] = true;
                EXPECT_TRUE(direct || lost(direct.error())) << words_of(direct);
                continue;
            }
            const auto promised = this->reserve(wanted);
            if (!promised) {
                EXPECT_TRUE(lost(promised.error())) << words_of(promised);
                continue;
            }
            const bool confirm = (round + who) % 2 == 0;
            if (confirm) {
                const auto stored = this->store().confirm(wanted.id());
                ASSERT_TRUE(stored) << words_of(stored);
                EXPECT_EQ(stored->streams.at(0).revision, now->newest.next())
                    << "nobody came between";
            } else {
                const auto released = this->store().release(wanted.id());
                ASSERT_TRUE(released) << words_of(released);
            }
            outcomes[who][wanted.id()] = confirm;
        }
    });
    std::uint64_t confirmed = 0;
    for (const auto& each : outcomes)
        for (const auto& [id, stored] : each) {
            EXPECT_EQ(this->is_stored(id), stored);
            confirmed += stored ? 1 : 0;
        }
    EXPECT_EQ(this->store().head(), position{confirmed});
    EXPECT_GE(confirmed, 1u);
    EXPECT_EQ(this->held(), 0u);
    this->expect_sound();
    this->restart();
    EXPECT_EQ(this->store().head(), position{confirmed});
    this->expect_sound();
}

REGISTER_TYPED_TEST_SUITE_P(
    reservations, S64_what_is_promised_is_seen_by_nobody_until_it_is_confirmed,
    S64_a_promise_survives_a_restart_whole,
    S05_S64_an_append_that_touches_what_is_held_is_refused_until_the_outcome,
    S06_S64_two_promises_that_could_break_each_other_are_never_both_held,
    S66_what_was_released_cannot_be_promised_or_confirmed_any_more,
    S66_a_repeated_promise_changes_nothing_and_another_under_its_id_is_refused,
    S64_a_promise_without_events_holds_what_it_believes,
    S64_a_promise_is_refused_for_all_that_an_append_is_refused_for,
    S05_S64_promises_and_appends_of_many_threads_keep_each_other_out);

}  // namespace varve::inline v0::testkit::conformance
