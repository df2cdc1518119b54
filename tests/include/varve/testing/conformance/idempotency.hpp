// Conformance, chapter 4: an append id names one append for ever (semantics.md §11, §13, §14).
#pragma once

#include <varve/testing/store_test.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class idempotency : public store_test<H> {
protected:
    /// An append with something in every field, so that each can be changed.
    draft full() {
        draft request{this->new_id()};
        request.event(owned_event{.stream = "a-1",
                                  .type = "noted",
                                  .payload = "payload",
                                  .schema_version = 2,
                                  .correlation = this->env.ids().template next<message_id>(),
                                  .causation = this->env.ids().template next<message_id>(),
                                  .occurred_at = this->clock.now(),
                                  .headers = {{"key", "value"}},
                                  .tags = {"tag"},
                                  .id = this->env.ids().template next<event_id>()});
        request.event("b-1", "second");
        return request;
    }

    void expect_same(const draft& request, const receipt& first) {
        const auto before = this->store().head();
        const auto again = request.append_to(this->store());
        ASSERT_TRUE(again) << words_of(again);
        EXPECT_EQ(*again, first);
        EXPECT_EQ(this->store().head(), before) << "a retry writes nothing";
        const auto found = this->store().find(request.id());
        ASSERT_TRUE(found && found->has_value()) << words_of(found);
        EXPECT_EQ(**found, first);
    }
};

TYPED_TEST_SUITE_P(idempotency);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    idempotency);  // the header may be there without an engine

TYPED_TEST_P(idempotency, S11_the_same_append_again_gives_the_first_receipt_and_writes_nothing) {
    const auto request = this->full();
    const auto first = request.append_to(this->store());
    ASSERT_TRUE(first) << words_of(first);
    for (int i = 0; i < 3; ++i) this->expect_same(request, *first);
    this->expect_sound();
}

TYPED_TEST_P(idempotency, S11_the_same_id_with_any_other_bytes_is_refused) {
    auto request = this->full();
    const auto first = request.append_to(this->store());
    ASSERT_TRUE(first) << words_of(first);
    using change = std::function<void(std::vector<owned_event>&)>;
    const std::vector<std::pair<std::string, change>> changes{
        {"payload", [](auto& e) { e[0].payload[3] ^= 1; }},
        {"longer payload", [](auto& e) { e[0].payload += '\0'; }},
        {"payload of the second", [](auto& e) { e[1].payload = "Second"; }},
        {"bytes moved to the next event",
         [](auto& e) {
             e[0].payload.pop_back();
             e[1].payload = "d" + e[1].payload;
         }},
        {"stream", [](auto& e) { e[0].stream = "a-2"; }},
        {"type", [](auto& e) { e[0].type = "notes"; }},
        {"stream and type shifted", [](auto& e) { e[0].stream = "a-1n", e[0].type = "oted"; }},
        {"schema version", [](auto& e) { e[0].schema_version = 3; }},
        {"correlation", [](auto& e) { e[0].correlation.raw[15] ^= std::byte{1}; }},
        {"no correlation", [](auto& e) { e[0].correlation = {}; }},
        {"causation", [](auto& e) { e[0].causation.raw[0] ^= std::byte{128}; }},
        {"exchanged ids", [](auto& e) { std::swap(e[0].correlation, e[0].causation); }},
        {"occurred at", [](auto& e) { *e[0].occurred_at += std::chrono::nanoseconds{1}; }},
        {"no occurred at", [](auto& e) { e[0].occurred_at.reset(); }},
        {"header value", [](auto& e) { e[0].headers[0].second = "valuE"; }},
        {"header key", [](auto& e) { e[0].headers[0].first = "kez"; }},
        {"header shifted", [](auto& e) { e[0].headers[0] = {"keyv", "alue"}; }},
        {"one more header", [](auto& e) { e[0].headers.emplace_back("more", ""); }},
        {"tag", [](auto& e) { e[0].tags[0] = "tah"; }},
        {"tag split", [](auto& e) { e[0].tags = {"ta", "g"}; }},
        {"no tag", [](auto& e) { e[0].tags.clear(); }},
        {"event id", [](auto& e) { e[0].id.raw[7] ^= std::byte{1}; }},
        {"no event id", [](auto& e) { e[0].id = {}; }},
        {"order", [](auto& e) { std::swap(e[0], e[1]); }},
        {"one event less", [](auto& e) { e.pop_back(); }},
        {"one event more", [](auto& e) { e.push_back(e[1]); }},
    };
    const auto head = this->store().head();
    for (int life = 0; life < 2; ++life) {
        for (const auto& [what, apply] : changes) {
            draft other{request};
            apply(other.events());
            const auto answer = other.append_to(this->store());
            EXPECT_EQ(code_of(answer), errc::id_reused) << what << ": " << words_of(answer);
        }
        EXPECT_EQ(this->store().head(), head);
        this->expect_same(request, *first);
        this->restart();
    }
}

TYPED_TEST_P(idempotency, S13_a_retry_is_recognised_whatever_it_expects_and_whatever_came_since) {
    auto& store = this->store();
    this->fill("a-1", 2);
    draft request{this->new_id()};
    request.event("a-1", "mine").event("b-1").check("a-1", expect::at(revision{2}));
    const auto first = request.append_to(store);
    ASSERT_TRUE(first) << words_of(first);
    this->expect_same(request, *first);  // its expectation is stale by its own doing
    this->fill("a-1", 30);
    this->fill("b-1", 30);
    this->expect_same(request, *first);
    draft doubtful{request};
    doubtful.check("a-1", expect::none).check("c-1", expect::exists);
    this->expect_same(doubtful, *first);
}

TYPED_TEST_P(idempotency, S13_a_retry_is_recognised_after_a_restart_and_later_appends) {
    std::vector<std::pair<draft, receipt>> done;
    for (int life = 0; life < 4; ++life) {
        for (int i = 0; i < 12; ++i) {
            auto request = drawn_from(this->new_id());
            const auto answer = request.append_to(this->store());
            ASSERT_TRUE(answer) << words_of(answer);
            done.emplace_back(std::move(request), *answer);
        }
        this->restart();
        for (const auto& [request, first] : done) this->expect_same(request, first);
    }
    this->expect_sound();
}

TYPED_TEST_P(idempotency, S13_an_id_that_was_never_stored_is_not_found) {
    this->fill("a-1", 3);
    const auto id = this->new_id();
    const auto refused = draft{id}.event("a-1").check("a-1", expect::none).append_to(this->store());
    EXPECT_EQ(code_of(refused), errc::conflict);
    const auto found = this->store().find(id);
    ASSERT_TRUE(found) << words_of(found);
    EXPECT_FALSE(found->has_value()) << "a refused append leaves its id free";
    const auto decided_again = draft{id}.event("a-1", "other").append_to(this->store());
    EXPECT_TRUE(decided_again) << words_of(decided_again);
}

TYPED_TEST_P(idempotency, S13_ids_that_differ_in_one_bit_are_different) {
    const auto id = this->new_id();
    ASSERT_TRUE(draft{id}.event("a-1").append_to(this->store()));
    for (std::size_t bit = 0; bit < 128; ++bit) {
        auto near = id;
        near.raw[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
        const auto found = this->store().find(near);
        ASSERT_TRUE(found && !found->has_value()) << "bit " << bit;
        ASSERT_TRUE(draft{near}.event("a-1").append_to(this->store())) << "bit " << bit;
    }
    EXPECT_EQ(this->store().head(), position{129});
    this->expect_sound();
}

TYPED_TEST_P(idempotency, S14_a_retry_after_a_lost_reply_is_recognised_much_later) {
    using namespace std::chrono_literals;
    const auto request = drawn_from(this->new_id());
    ASSERT_TRUE(request.append_to(this->store()));  // the reply is lost: nobody looks at it
    this->clock.advance(24h * 3650);
    this->fill("later-1", 50);
    this->restart();
    const auto found = this->store().find(request.id());
    ASSERT_TRUE(found && found->has_value()) << words_of(found);
    EXPECT_EQ((*found)->first, position{1});
    this->expect_same(request, **found);
}

REGISTER_TYPED_TEST_SUITE_P(idempotency,
                            S11_the_same_append_again_gives_the_first_receipt_and_writes_nothing,
                            S11_the_same_id_with_any_other_bytes_is_refused,
                            S13_a_retry_is_recognised_whatever_it_expects_and_whatever_came_since,
                            S13_a_retry_is_recognised_after_a_restart_and_later_appends,
                            S13_an_id_that_was_never_stored_is_not_found,
                            S13_ids_that_differ_in_one_bit_are_different,
                            S14_a_retry_after_a_lost_reply_is_recognised_much_later);

}  // namespace varve::inline v0::testkit::conformance
