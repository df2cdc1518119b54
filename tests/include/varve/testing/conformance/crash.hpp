// Conformance, chapter 9: power cuts at every step (semantics.md §1, §14, §35 to §37).
//
// A sweep plans a fault for the k-th operation of the disk, lets the store work until it is met, cuts
// the power, and holds what is left against the account of what the store had answered; then it does
// the same with k + 1, until a run ends without meeting the fault.
#pragma once

#include <varve/testing/ledger.hpp>
#include <varve/testing/store_test.hpp>
#include <varve/testing/sweep.hpp>

#include <mutex>
#include <optional>
#include <string>

namespace varve::inline v0::testkit::conformance {

template <class H>
class crash : public ::testing::Test {
protected:
    using world = store_world<H>;
    static constexpr int appends = 10;
    static constexpr drawn_shape shape{.streams = 4, .most_events = 4, .most_bytes = 400};

    /// Appends until one fails, or all are made.
    static void work(world& w, ledger& account) {
        for (int i = 0; i < appends; ++i) {
            const auto id = w.new_id();
            const auto answer = drawn_from(id, shape).append_to(w.store());
            account.note(id, answer);
            if (!answer) return;
        }
    }

    /// Opens what is left, and says what is wrong with it.
    static std::string inspect(world& w, ledger& account) {
        if (const auto opened = w.open(); !opened) return "does not open: " + words_of(opened);
        if (auto wrong = account.compare(w.store()); !wrong.empty()) return wrong;
        const auto found = audit(w.store());
        return found.sound() ? "" : found.text();
    }

    /// After a power cut: everything is as it must be, goes on, and stays so over another cut.
    static std::string aftermath(world& w, ledger& account, std::uint64_t seed) {
        if (auto wrong = inspect(w, account); !wrong.empty()) return wrong;
        const auto head = w.store().head();
        const auto id = w.new_id();
        const auto next = drawn_from(id, shape).append_to(w.store());
        if (!next) return "takes no appends: " + words_of(next);
        if (next->first != head.next()) return "the next position is not the largest plus one";
        account.note(id, next);
        w.harness.power_cut(seed);
        return inspect(w, account);
    }

    /// One run with a fault: true if it was met. Expects that all is well afterwards.
    static bool run(const disk_fault& fault, std::uint64_t seed) {
        world w{seed};
        if (const auto opened = w.open(); !opened) {
            ADD_FAILURE() << words_of(opened);
            return false;
        }
        ledger account{shape};
        work(w, account);
        const auto before = w.harness.count(fault.kind);
        w.harness.plan(fault);
        work(w, account);
        const bool met = w.harness.count(fault.kind) - before >= fault.at;
        w.harness.power_cut(seed);
        const auto wrong = aftermath(w, account, seed + 1);
        EXPECT_EQ(wrong, "") << "operation " << fault.at << ", seed " << seed;
        return met && wrong.empty();
    }

    static void sweep(disk_fault fault) {
        std::uint64_t steps = 0;
        for (fault.at = 1; run(fault, 1000 * fault.at + chosen_seed(1)); ++fault.at) ++steps;
        tell_sweep(fault, steps);
        EXPECT_GE(steps, static_cast<std::uint64_t>(appends))
            << "an append without a disk operation of its own is not durable";
    }
};

TYPED_TEST_SUITE_P(crash);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(crash);  // the header may be there without an engine

TYPED_TEST_P(crash, S35_power_cut_after_each_acknowledgement_loses_nothing) {
    store_world<TypeParam> w;
    ASSERT_TRUE(w.open());
    ledger account{this->shape};
    for (std::uint64_t seed = 1; seed <= 120; ++seed) {
        const auto id = w.new_id();
        account.note(id, drawn_from(id, this->shape).append_to(w.store()));
        w.harness.power_cut(seed);
        ASSERT_EQ(this->inspect(w, account), "") << "seed " << seed;
    }
    EXPECT_EQ(account.acknowledged(), 120u);
}

TYPED_TEST_P(crash, S36_power_cut_at_every_operation_leaves_whole_appends_without_holes) {
    this->sweep({.kind = disk_operation::any, .for_ever = true, .error = disk_error::io});
}

TYPED_TEST_P(crash, S01_power_cut_in_every_write_leaves_no_half_of_an_append) {
    this->sweep(
        {.kind = disk_operation::write, .for_ever = true, .error = disk_error::short_write});
    this->sweep({.kind = disk_operation::write, .for_ever = true, .error = disk_error::io});
}

TYPED_TEST_P(crash, S35_an_append_whose_sync_fails_is_not_acknowledged) {
    store_world<TypeParam> w;
    ASSERT_TRUE(w.open());
    ledger account{this->shape};
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        w.harness.plan({.kind = disk_operation::sync, .at = 1, .for_ever = true});
        const auto id = w.new_id();
        const auto answer = drawn_from(id, this->shape).append_to(w.store());
        ASSERT_EQ(code_of(answer), errc::unknown) << words_of(answer);
        EXPECT_EQ(answer.error().append, id);
        account.note(id, answer);
        w.harness.power_cut(seed);
        ASSERT_EQ(this->inspect(w, account), "") << "seed " << seed;
    }
}

TYPED_TEST_P(crash, S36_many_writers_lose_nothing_acknowledged_and_leave_nothing_by_halves) {
    for (std::uint64_t k = 1; k <= 60; ++k) {
        store_world<TypeParam> w{k};
        ASSERT_TRUE(w.open());
        ledger account{this->shape};
        std::mutex guard;
        w.harness.plan({.kind = disk_operation::any, .at = 3 * k, .for_ever = true});
        at_once(3, [&](std::size_t) {
            for (int i = 0; i < 40; ++i) {
                const auto id = w.new_id();
                const auto answer = drawn_from(id, this->shape).append_to(w.store());
                const std::lock_guard lock{guard};
                account.note(id, answer);
                if (!answer) return;
            }
        });
        w.harness.power_cut(k);
        ASSERT_EQ(this->aftermath(w, account, k + 1), "") << "operation " << 3 * k;
    }
}

TYPED_TEST_P(crash, S36_power_cut_while_a_store_is_made_leaves_none_or_a_whole_one) {
    for (std::uint64_t k = 1;; ++k) {
        store_world<TypeParam> w{k};
        const auto before = w.harness.count(disk_operation::any);
        w.harness.plan({.kind = disk_operation::any, .at = k, .for_ever = true});
        const auto opened = w.open();
        const bool met = w.harness.count(disk_operation::any) - before >= k;
        ASSERT_TRUE(met || opened) << words_of(opened);
        w.harness.power_cut(k);
        ledger account{this->shape};
        ASSERT_EQ(this->aftermath(w, account, k + 1), "") << "operation " << k;
        if (!met) break;
    }
}

TYPED_TEST_P(crash, S36_power_cut_in_the_recovery_from_a_power_cut_changes_no_fate) {
    for (std::uint64_t k = 1;; ++k) {
        store_world<TypeParam> w{k};
        ASSERT_TRUE(w.open());
        ledger account{this->shape};
        this->work(w, account);
        w.harness.plan({.kind = disk_operation::sync, .at = 1, .for_ever = true});
        this->work(w, account);
        EXPECT_EQ(account.open(), 1u);
        w.harness.power_cut(k % 7);
        const auto before = w.harness.count(disk_operation::any);
        w.harness.plan({.kind = disk_operation::any, .at = k, .for_ever = true});
        const auto opened = w.open();
        if (opened) {
            // the fate of the open append may be seen here: from now on it must stay
            const auto head = w.store().head();
            const auto end = w.store().scan_log({.limit = ~0u},
                                                [](const recorded_event&) { return true; });
            if (end && end->last == head) {
                ASSERT_EQ(account.compare(w.store()), "") << "operation " << k;
            }
        }
        const bool met = w.harness.count(disk_operation::any) - before >= k;
        w.harness.power_cut(k + 1);
        ASSERT_EQ(this->aftermath(w, account, k + 2), "") << "operation " << k;
        if (!met) break;
    }
}

TYPED_TEST_P(crash, S37_a_torn_tail_is_cut_at_the_last_whole_append) {
    int whole = 0;
    int cut = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        store_world<TypeParam> w{seed};
        ASSERT_TRUE(w.open());
        ledger account{this->shape};
        this->work(w, account);
        const auto durable = w.store().head();
        w.harness.plan({.kind = disk_operation::sync, .at = 1, .for_ever = true});
        const auto id = w.new_id();  // mostly several sectors, so that it can tear anywhere
        account.note(id, drawn_from(id, this->shape).append_to(w.store()));
        w.harness.power_cut(seed);
        ASSERT_EQ(this->aftermath(w, account, seed), "") << "seed " << seed;
        const auto found = w.store().find(id);
        ASSERT_TRUE(found) << words_of(found);
        ++(found->has_value() ? whole : cut);
        EXPECT_GE(w.store().head(), durable);
    }
    EXPECT_GT(cut, 0) << "no tail was ever cut: this test is about nothing";
    EXPECT_GT(whole, 0) << "no tail ever survived: this test is about nothing";
}

TYPED_TEST_P(crash, S14_a_reply_lost_with_the_power_is_found_by_asking_again) {
    store_world<TypeParam> w;
    ASSERT_TRUE(w.open());
    ledger account{this->shape};
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const auto request = drawn_from(w.new_id(), this->shape);
        const auto first = request.append_to(w.store());
        ASSERT_TRUE(first) << words_of(first);
        w.harness.power_cut(seed);  // durable, and the reply never arrives
        ASSERT_TRUE(w.open());
        const auto again = request.append_to(w.store());
        ASSERT_TRUE(again) << words_of(again);
        EXPECT_EQ(*again, *first);
        account.note(request.id(), again);
        ASSERT_EQ(account.compare(w.store()), "");
    }
}

REGISTER_TYPED_TEST_SUITE_P(crash, S35_power_cut_after_each_acknowledgement_loses_nothing,
                            S36_power_cut_at_every_operation_leaves_whole_appends_without_holes,
                            S01_power_cut_in_every_write_leaves_no_half_of_an_append,
                            S35_an_append_whose_sync_fails_is_not_acknowledged,
                            S36_many_writers_lose_nothing_acknowledged_and_leave_nothing_by_halves,
                            S36_power_cut_while_a_store_is_made_leaves_none_or_a_whole_one,
                            S36_power_cut_in_the_recovery_from_a_power_cut_changes_no_fate,
                            S37_a_torn_tail_is_cut_at_the_last_whole_append,
                            S14_a_reply_lost_with_the_power_is_found_by_asking_again);

}  // namespace varve::inline v0::testkit::conformance
