// Conformance, chapter 12: checkpoints of named readers, and who may move them (semantics.md §31).
#pragma once

#include <varve/named_subscription.hpp>
#include <varve/testing/store_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class checkpoints : public store_test<H> {
protected:
    using reader = named_subscription<typename H::store_type>;

    checkpoint stored(std::string_view name) {
        const auto found = this->store().load_checkpoint(name);
        EXPECT_TRUE(found) << words_of(found);
        return found ? *found : checkpoint{};
    }

    checkpoint claimed(std::string_view name) {
        const auto found = this->store().claim_reader(name);
        EXPECT_TRUE(found) << words_of(found);
        return found ? *found : checkpoint{};
    }
};

TYPED_TEST_SUITE_P(checkpoints);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    checkpoints);  // the header may be there without an engine

TYPED_TEST_P(checkpoints, S31_a_new_name_begins_before_everything_and_belongs_to_this_life) {
    const auto fresh = this->stored("mailer");
    EXPECT_EQ(fresh.reached, position{});
    EXPECT_EQ(fresh.holder, fencing_token{});
    EXPECT_EQ(fresh.store, this->store().identity());
    EXPECT_EQ(this->claimed("mailer").holder, fencing_token{1});
    EXPECT_EQ(this->claimed("other").holder, fencing_token{1}) << "names do not share their claims";
}

TYPED_TEST_P(checkpoints, S31_what_was_saved_is_there_after_a_restart) {
    this->fill("a-1", 5);
    const auto holder = this->claimed("mailer").holder;
    ASSERT_TRUE(this->store().save_checkpoint("mailer", position{3}, holder));
    this->restart();
    EXPECT_EQ(this->stored("mailer"), (checkpoint{this->store().identity(), position{3}, holder}));
}

TYPED_TEST_P(checkpoints, S31_a_checkpoint_never_moves_backward_nor_beyond_the_log) {
    this->fill("a-1", 5);
    const auto holder = this->claimed("mailer").holder;
    auto& store = this->store();
    ASSERT_TRUE(store.save_checkpoint("mailer", position{4}, holder));
    EXPECT_TRUE(store.save_checkpoint("mailer", position{4}, holder)) << "the same again is fine";
    const auto back = store.save_checkpoint("mailer", position{3}, holder);
    EXPECT_EQ(code_of(back), errc::invalid_argument);
    EXPECT_NE(words_of(back).find("'mailer' is at 4"), std::string::npos) << words_of(back);
    EXPECT_EQ(code_of(store.save_checkpoint("mailer", position{6}, holder)),
              errc::invalid_argument);
    EXPECT_EQ(this->stored("mailer").reached, position{4});
}

TYPED_TEST_P(checkpoints, S31_a_stale_holder_is_refused_also_after_a_restart) {
    this->fill("a-1", 5);
    const auto paused = this->claimed("mailer").holder;
    const auto current = this->claimed("mailer").holder;
    EXPECT_GT(current, paused);
    auto refused = this->store().save_checkpoint("mailer", position{2}, paused);
    EXPECT_EQ(code_of(refused), errc::fenced) << words_of(refused);
    ASSERT_TRUE(this->store().save_checkpoint("mailer", position{1}, current));
    this->restart();
    refused = this->store().save_checkpoint("mailer", position{2}, paused);
    EXPECT_EQ(code_of(refused), errc::fenced) << words_of(refused);
    EXPECT_EQ(this->stored("mailer").reached, position{1});
    EXPECT_EQ(code_of(this->store().save_checkpoint("mailer", position{1}, fencing_token{99})),
              errc::fenced)
        << "a token that was never given";
}

TYPED_TEST_P(checkpoints, S31_of_many_claims_at_once_each_gets_a_token_of_its_own) {
    constexpr std::size_t holders = 8, each = 5;
    std::vector<std::vector<std::uint64_t>> tokens(holders);
    at_once(holders, [&](std::size_t me) {
        for (std::size_t i = 0; i < each; ++i)
            tokens[me].push_back(this->claimed("mailer").holder.value);
    });
    std::vector<std::uint64_t> all;
    for (const auto& some : tokens) all.insert(all.end(), some.begin(), some.end());
    std::ranges::sort(all);
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i + 1);
    EXPECT_EQ(this->stored("mailer").holder.value, holders * each);
}

TYPED_TEST_P(checkpoints, S31_saving_beside_a_storm_of_appends_keeps_both) {
    std::atomic<bool> writing = true;
    std::vector<std::jthread> writers;
    for (int w = 0; w < 3; ++w)
        writers.emplace_back([&, w] {
            while (writing)
                ASSERT_TRUE(this->write("a-" + std::to_string(w)).append_to(this->store()));
        });
    auto mailer = TestFixture::reader::claim(this->store(), "mailer");
    ASSERT_TRUE(mailer) << words_of(mailer);
    std::uint64_t seen = 0;
    while (seen < 300) {
        ASSERT_TRUE(mailer->wait(std::chrono::seconds{30}));
        const auto polled = mailer->poll(
            [&](const recorded_event& event) {
                EXPECT_EQ(event.position.value, ++seen);
                return true;
            },
            {.events = 7});
        ASSERT_TRUE(polled) << words_of(polled);
        const auto saved = mailer->commit();
        ASSERT_TRUE(saved) << words_of(saved);
    }
    writing = false;
    writers.clear();
    this->restart();
    EXPECT_EQ(this->stored("mailer").reached.value, seen);
    this->expect_sound();
}

TYPED_TEST_P(checkpoints, S28_S31_a_named_reader_goes_on_where_its_last_holder_committed) {
    this->fill("a-1", 10);
    std::uint64_t expected = 0;
    for (int life = 0; life < 3; ++life) {
        auto mailer = TestFixture::reader::claim(this->store(), "mailer");
        ASSERT_TRUE(mailer) << words_of(mailer);
        EXPECT_EQ(mailer->at().value, expected);
        const auto polled = mailer->poll([](const recorded_event&) { return true; }, {.events = 4});
        ASSERT_TRUE(polled) << words_of(polled);
        EXPECT_EQ(code_of(mailer->commit(position{expected + 5})), errc::invalid_argument)
            << "what was not read";
        expected = std::min<std::uint64_t>(expected + 3, 10);
        ASSERT_TRUE(mailer->commit(position{expected})) << "one less than was read";
        this->restart();
    }
}

TYPED_TEST_P(checkpoints, S31_a_holder_that_lost_its_name_cannot_commit) {
    this->fill("a-1", 3);
    auto paused = TestFixture::reader::claim(this->store(), "mailer");
    ASSERT_TRUE(paused);
    ASSERT_TRUE(paused->poll([](const recorded_event&) { return true; }));
    auto current = TestFixture::reader::claim(this->store(), "mailer");
    ASSERT_TRUE(current);
    EXPECT_EQ(current->at(), position{}) << "nothing was committed";
    EXPECT_EQ(code_of(paused->commit()), errc::fenced);
    EXPECT_EQ(paused->committed(), position{});
    EXPECT_EQ(this->stored("mailer").reached, position{});
}

TYPED_TEST_P(checkpoints, S28_a_named_reader_begins_where_it_is_told_or_now) {
    this->fill("a-1", 6);
    const auto at_start = TestFixture::reader::claim(this->store(), "late", {.start = position{4}});
    ASSERT_TRUE(at_start);
    EXPECT_EQ(at_start->at(), position{4});
    const auto now = TestFixture::reader::claim(this->store(), "now", {.from_now = true});
    ASSERT_TRUE(now);
    EXPECT_EQ(now->at(), position{6});
}

TYPED_TEST_P(checkpoints, S08_a_readers_name_is_checked_like_that_of_a_stream) {
    auto& store = this->store();
    EXPECT_EQ(code_of(store.claim_reader("")), errc::invalid_argument);
    EXPECT_EQ(code_of(store.claim_reader("$mine")), errc::invalid_argument);
    EXPECT_EQ(code_of(store.claim_reader(std::string(256, 'x'))), errc::too_large);
    EXPECT_TRUE(store.claim_reader(std::string("\0\xff", 2)));
}

REGISTER_TYPED_TEST_SUITE_P(checkpoints,
                            S31_a_new_name_begins_before_everything_and_belongs_to_this_life,
                            S31_what_was_saved_is_there_after_a_restart,
                            S31_a_checkpoint_never_moves_backward_nor_beyond_the_log,
                            S31_a_stale_holder_is_refused_also_after_a_restart,
                            S31_of_many_claims_at_once_each_gets_a_token_of_its_own,
                            S31_saving_beside_a_storm_of_appends_keeps_both,
                            S28_S31_a_named_reader_goes_on_where_its_last_holder_committed,
                            S31_a_holder_that_lost_its_name_cannot_commit,
                            S28_a_named_reader_begins_where_it_is_told_or_now,
                            S08_a_readers_name_is_checked_like_that_of_a_stream);

// ---- over storage that fails -------------------------------------------------------------------

template <class H>
class checkpoint_faults : public ::testing::Test {
protected:
    using world = store_world<H>;

    /// One life with a failing disk: saves until one is not answered with success, then power goes.
    static bool run(const disk_fault& fault) {
        world w{fault.at + chosen_seed(1)};
        EXPECT_TRUE(w.open());
        EXPECT_TRUE(w.write("a-1").append_to(w.store()));
        const auto holder = w.store().claim_reader("mailer").value().holder;
        const auto before = w.harness.count(fault.kind);
        w.harness.plan(fault);
        std::uint64_t saved = 0, tried = 0;
        for (int i = 0; i < 6; ++i) {
            if (!w.write("a-1").append_to(w.store())) break;
            tried = w.store().head().value;
            const auto done = w.store().save_checkpoint("mailer", position{tried}, holder);
            if (!done) {
                EXPECT_TRUE(done.error().code == errc::unknown || done.error().code == errc::io)
                    << words_of(done);
                break;
            }
            saved = tried;
        }
        const bool met = w.harness.count(fault.kind) - before >= fault.at;
        w.close();
        w.harness.power_cut(fault.at);
        w.harness.clear_faults();
        const auto opened = w.open();
        EXPECT_TRUE(opened) << words_of(opened);
        if (!opened) return false;
        const auto found = w.store().load_checkpoint("mailer");
        EXPECT_TRUE(found) << words_of(found);
        if (!found) return false;
        EXPECT_GE(found->reached.value, saved) << "operation " << fault.at;
        EXPECT_LE(found->reached.value, tried) << "operation " << fault.at;
        EXPECT_LE(found->reached, w.store().head()) << "never ahead of the log";
        EXPECT_EQ(found->holder, holder);
        return met && !::testing::Test::HasFailure();
    }
};

TYPED_TEST_SUITE_P(checkpoint_faults);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(checkpoint_faults);

TYPED_TEST_P(checkpoint_faults, S31_S35_any_operation_fails_and_no_saved_checkpoint_is_lost) {
    std::uint64_t at = 1;
    while (this->run({.kind = disk_operation::any, .at = at, .for_ever = at % 2 == 0}) && at < 500)
        ++at;
    EXPECT_GT(at, 10u) << "the sweep ended early";
}

REGISTER_TYPED_TEST_SUITE_P(checkpoint_faults,
                            S31_S35_any_operation_fails_and_no_saved_checkpoint_is_lost);

}  // namespace varve::inline v0::testkit::conformance
