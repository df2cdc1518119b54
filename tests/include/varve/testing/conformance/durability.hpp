// Conformance, chapter 8: what an orderly restart keeps (semantics.md §35, §36, §39).
#pragma once

#include <varve/testing/ledger.hpp>
#include <varve/testing/store_test.hpp>

#include <map>
#include <string>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class durability : public store_test<H> {};

TYPED_TEST_SUITE_P(durability);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    durability);  // the header may be there without an engine

TYPED_TEST_P(durability, S35_everything_acknowledged_is_there_after_a_restart) {
    ledger account;
    for (int life = 0; life < 6; ++life) {
        for (int i = 0; i < 30; ++i) {
            const auto id = this->new_id();
            account.note(id, drawn_from(id).append_to(this->store()));
        }
        this->restart();
        ASSERT_EQ(account.compare(this->store()), "") << "life " << life;
    }
    EXPECT_EQ(account.acknowledged(), 180u);
    this->expect_sound();
}

TYPED_TEST_P(durability, S36_the_next_position_after_a_restart_is_the_largest_plus_one) {
    std::uint64_t expected = 0;
    for (int life = 0; life < 5; ++life) {
        const auto refused =
            this->write("a-1").check("a-1", expect::at(revision{99})).append_to(this->store());
        EXPECT_EQ(code_of(refused), errc::conflict);
        const auto done = draft{this->new_id()}.event("a-1").event("b-1").append_to(this->store());
        ASSERT_TRUE(done) << words_of(done);
        EXPECT_EQ(done->first.value, expected + 1);
        expected = done->last.value;
        this->restart();
        EXPECT_EQ(this->store().head().value, expected);
    }
}

TYPED_TEST_P(durability, S36_a_store_keeps_its_identity_over_restarts) {
    const auto born = this->store().identity();
    EXPECT_FALSE(born.id.is_none());
    this->restart();
    EXPECT_EQ(this->store().identity(), born);
    this->fill("a-1", 1);
    this->restart();
    EXPECT_EQ(this->store().identity(), born);
    store_world<TypeParam> other{7};
    ASSERT_TRUE(other.open());
    EXPECT_NE(other.store().identity().id, born.id);
}

TYPED_TEST_P(durability, S39_what_is_derived_from_the_log_comes_back_equal) {
    for (int i = 0; i < 80; ++i) ASSERT_TRUE(drawn_from(this->new_id()).append_to(this->store()));
    const auto picture = [&] {
        std::map<std::string, std::vector<std::uint64_t>> streams;
        std::map<append_id, receipt> appends;
        const auto log = this->store().read_log({.limit = 100'000});
        EXPECT_TRUE(log) << words_of(log);
        if (!log) return std::pair{streams, appends};
        for (const auto& event : *log) {
            streams.try_emplace(std::string{event.stream});
            const auto found = this->store().find(event.append);
            EXPECT_TRUE(found && *found) << words_of(found);
            if (found && *found) appends.try_emplace(event.append, **found);
        }
        for (auto& [name, positions] : streams) {
            const auto page = this->store().read_stream(name, {.limit = 100'000});
            EXPECT_TRUE(page) << words_of(page);
            if (!page) continue;
            for (const auto& event : *page) positions.push_back(event.position.value);
        }
        return std::pair{streams, appends};
    };
    const auto before = picture();
    EXPECT_EQ(before.second.size(), 80u);
    this->restart();
    EXPECT_EQ(picture(), before);
}

REGISTER_TYPED_TEST_SUITE_P(durability, S35_everything_acknowledged_is_there_after_a_restart,
                            S36_the_next_position_after_a_restart_is_the_largest_plus_one,
                            S36_a_store_keeps_its_identity_over_restarts,
                            S39_what_is_derived_from_the_log_comes_back_equal);

}  // namespace varve::inline v0::testkit::conformance
