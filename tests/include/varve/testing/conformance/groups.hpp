// Conformance, chapter 16: appends that are not waited for, and meet in groups (semantics.md §2, §19).
#pragma once

#include <varve/testing/ledger.hpp>
#include <varve/testing/query_model.hpp>
#include <varve/testing/store_test.hpp>

#include <atomic>
#include <cstdint>
#include <latch>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class groups : public store_test<H> {
protected:
    static event_query tagged(std::string tag) { return event_query::tagged({std::move(tag)}); }

    /// An append of one event with a tag.
    draft mark(std::string tag, std::string stream = "a-1") {
        return std::move(draft{this->new_id()}.event(
            owned_event{.stream = std::move(stream), .tags = {std::move(tag)}}));
    }

    /// Sends all of them so that they meet in one group, in this order.
    std::vector<result<receipt>> in_one_group(const std::vector<draft>& requests) {
        std::vector<result<receipt>> answers(requests.size(),
                                             result<receipt>{fail(errc::closed, "")});
        std::latch busy{1};
        std::latch answered{static_cast<std::ptrdiff_t>(requests.size())};
        std::atomic<int> stored = 0;
        const auto counted = this->store().on_durable([&stored] { ++stored; });
        this->threads.post([&busy] { busy.wait(); });  // the one thread there is to lead
        for (std::size_t i = 0; i < requests.size(); ++i)
            requests[i].send([&](const append_request& request) {
                this->store().append_async(request, [&, i](result<receipt> answer) {
                    answers[i] = std::move(answer);
                    answered.count_down();
                });
            });  // the request is gone here; what the store needs of it, it has copied
        busy.count_down();
        answered.wait();
        EXPECT_LE(stored.load(), 1) << "they did not meet in one group";
        return answers;
    }
};

TYPED_TEST_SUITE_P(groups);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(groups);  // the header may be there without an engine

TYPED_TEST_P(groups, S02_asynchronous_appends_keep_the_same_promises) {
    ledger account;
    std::mutex guard;
    constexpr int each = 100;
    std::latch answered{2 * each};
    at_once(2, [&](std::size_t) {
        for (int i = 0; i < each; ++i) {
            const auto id = this->new_id();
            drawn_from(id).send([&](const append_request& request) {
                this->store().append_async(request, [&, id](result<receipt> answer) {
                    {
                        const std::lock_guard lock{guard};
                        account.note(id, answer);
                    }
                    answered.count_down();
                });
            });  // the request is gone here; what the store needs of it, it has copied
        }
    });
    answered.wait();
    EXPECT_EQ(account.acknowledged(), 2u * each);
    EXPECT_EQ(account.compare(this->store()), "");
    this->expect_sound();
}

TYPED_TEST_P(groups, S19_a_conflict_inside_one_group_is_seen_and_unrelated_tags_are_none) {
    auto& store = this->store();
    this->fill("before-1", 3);
    const auto head = store.head();
    const auto on = [&](draft request, const event_query& query) {
        return std::move(request.condition(query, head));
    };
    const auto answers = this->in_one_group({
        on(this->mark("seat:1"), this->tagged("seat:1")),         // 0: position 4
        on(this->mark("seat:1"), this->tagged("seat:1")),         // 1: meets 0
        on(this->mark("seat:2", "b-1"), this->tagged("seat:2")),  // 2: position 5, unrelated
        on(this->mark("seat:3"),
           event_query::tagged({"seat:1", "seat:2"})),  // 3: no event has both
        on(this->mark("seat:4"), event_query::any_of({{.categories = {"b"}}})),  // 4: meets 2
        on(this->mark("seat:5"), event_query::any_of({{.types = {"noted"}, .tags = {"seat:2"}}})),
        on(this->mark("seat:6"), event_query::any_of({{.types = {"other"}, .tags = {"seat:2"}}})),
        on(this->mark("seat:7"), event_query::everything()),                     // 7: meets 0
        std::move(this->mark("seat:8").fail_if_exists(this->tagged("seat:6"))),  // 8: meets 6
        std::move(this->mark("seat:9").fail_if_exists(this->tagged("seat:1 "))),
    });
    const position nowhere{};
    const position met[]{nowhere,     position{4}, nowhere,     nowhere,     position{5},
                         position{5}, nowhere,     position{4}, position{7}, nowhere};
    for (std::size_t i = 0; i < answers.size(); ++i) {
        EXPECT_EQ(answers[i].has_value(), met[i] == nowhere) << i << ": " << words_of(answers[i]);
        if (answers[i] || met[i] == nowhere) continue;
        EXPECT_EQ(answers[i].error().code, i == 8 ? errc::exists : errc::conflict) << i;
        EXPECT_EQ(answers[i].error().conditions.at(0).found, met[i]) << i;
    }
    EXPECT_EQ(store.head(), position{8});
    this->expect_sound();
}

TYPED_TEST_P(groups, S18_S19_a_group_of_random_appends_is_answered_as_one_after_the_other) {
    query_model model;
    for (int round = 0; round < 25; ++round) {
        const auto head = this->store().head();
        std::vector<draft> group;
        std::vector<std::pair<event_query, position>> beliefs;
        for (int i = 0; i < 12; ++i) {
            auto request = query_model::draw_append(this->new_id(), this->chance, 2);
            beliefs.emplace_back(query_model::draw_query(this->chance), head);
            if (this->chance.chance(20)) {
                beliefs.back().second = position{};
                request.fail_if_exists(beliefs.back().first);
            } else {
                request.condition(beliefs.back().first, head);
            }
            group.push_back(std::move(request));
        }
        const auto answers = this->in_one_group(group);
        for (std::size_t i = 0; i < group.size(); ++i) {
            const auto found = model.first_match(beliefs[i].first, beliefs[i].second);
            ASSERT_EQ(answers[i].has_value(), found == position{})
                << "round " << round << ", " << i << ": " << words_of(answers[i]);
            if (answers[i]) {
                ASSERT_EQ(answers[i]->first.value, model.size() + 1);
                model.note(group[i]);
            } else {
                ASSERT_EQ(answers[i].error().conditions.at(0).found, found);
            }
        }
        ASSERT_EQ(this->store().head().value, model.size());
    }
    this->expect_sound();
}

REGISTER_TYPED_TEST_SUITE_P(groups, S02_asynchronous_appends_keep_the_same_promises,
                            S19_a_conflict_inside_one_group_is_seen_and_unrelated_tags_are_none,
                            S18_S19_a_group_of_random_appends_is_answered_as_one_after_the_other);

}  // namespace varve::inline v0::testkit::conformance
