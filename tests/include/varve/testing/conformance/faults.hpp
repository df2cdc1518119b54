// Conformance, chapter 10: a disk that fails while the process lives (semantics.md §26, §38, §41).
#pragma once

#include <varve/testing/ledger.hpp>
#include <varve/testing/store_test.hpp>
#include <varve/testing/sweep.hpp>

#include <atomic>
#include <string>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class faults : public ::testing::Test {
protected:
    using world = store_world<H>;
    static constexpr drawn_shape shape{.streams = 4, .most_events = 4, .most_bytes = 400};

    static void must_open(world& w) {
        const auto opened = w.open();
        ASSERT_TRUE(opened) << words_of(opened);
    }

    static result<receipt> one_more(world& w, ledger& account) {
        const auto id = w.new_id();
        auto answer = drawn_from(id, shape).append_to(w.store());
        account.note(id, answer);
        return answer;
    }

    /// What is promised of a store after it said `unknown`.
    static void expect_poisoned(world& w, ledger& account, const failure& why) {
        EXPECT_EQ(code_of(one_more(w, account)), errc::poisoned);
        const auto asked = drawn_from(why.append, shape).append_to(w.store());
        EXPECT_EQ(code_of(asked), errc::poisoned) << "not even the same append again";
        EXPECT_EQ(code_of(w.store().find(why.append)), errc::poisoned);
    }

    /// Asks again for all appends whose fate is unknown; afterwards each is there.
    static void ask_again(world& w, ledger& account) {
        for (const auto& id : account.unknown_ids()) {
            const auto found = w.store().find(id);
            ASSERT_TRUE(found) << words_of(found);
            const auto again = drawn_from(id, shape).append_to(w.store());
            ASSERT_TRUE(again) << words_of(again);
            if (*found) {
                EXPECT_EQ(**found, *again) << "find and the retry tell the same story";
            }
            account.acknowledge(*again);
        }
    }

    /// One run: a fault, `reopen`, the truth about what was unknown. True if the fault was met.
    static bool run(const disk_fault& fault) {
        world w{fault.at + chosen_seed(1)};
        must_open(w);
        ledger account{shape};
        for (int i = 0; i < 3; ++i) EXPECT_TRUE(one_more(w, account));
        const auto before = w.harness.count(fault.kind);
        w.harness.plan(fault);
        for (int i = 0; i < 8; ++i) {
            const auto answer = one_more(w, account);
            if (answer || answer.error().code != errc::unknown) continue;
            expect_poisoned(w, account, answer.error());
            break;
        }
        const bool met = w.harness.count(fault.kind) - before >= fault.at;
        if (fault.for_ever && met) {
            // while the disk is broken, trying to reopen must not make things worse, nor reads lie
            (void)w.store().reopen();
            (void)w.store().scan_log({}, [](const recorded_event&) { return true; });
            (void)w.store().scan_stream("ledger-1", {}, [](const recorded_event&) { return true; });
        }
        w.harness.clear_faults();
        const auto reopened = w.store().reopen();
        EXPECT_TRUE(reopened) << words_of(reopened) << ", operation " << fault.at;
        if (!reopened) return false;
        EXPECT_EQ(account.compare(w.store()), "") << "operation " << fault.at;
        ask_again(w, account);
        EXPECT_TRUE(one_more(w, account));
        EXPECT_EQ(account.compare(w.store()), "") << "operation " << fault.at;
        must_open(w);
        EXPECT_EQ(account.compare(w.store()), "") << "operation " << fault.at;
        const auto found = audit(w.store());
        EXPECT_TRUE(found.sound()) << found.text();
        return met && !::testing::Test::HasFailure();
    }

    static void sweep(disk_fault fault) {
        std::uint64_t steps = 0;
        for (fault.at = 1; run(fault); ++fault.at) ++steps;
        tell_sweep(fault, steps);
        EXPECT_GE(steps, 8u) << "an append without such an operation?";
    }
};

TYPED_TEST_SUITE_P(faults);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(faults);  // the header may be there without an engine

TYPED_TEST_P(faults, S38_a_failed_sync_is_unknown_poisons_and_is_settled_by_asking_again) {
    this->sweep({.kind = disk_operation::sync});
    this->sweep({.kind = disk_operation::sync, .for_ever = true});
}

TYPED_TEST_P(faults, S38_a_failed_write_is_unknown_poisons_and_is_settled_by_asking_again) {
    for (const auto error : {disk_error::io, disk_error::no_space, disk_error::short_write}) {
        this->sweep({.kind = disk_operation::write, .error = error});
        this->sweep({.kind = disk_operation::write, .for_ever = true, .error = error});
    }
}

TYPED_TEST_P(faults, S38_whatever_operation_fails_the_truth_is_told_after_a_reopen) {
    this->sweep({.kind = disk_operation::any});
    this->sweep({.kind = disk_operation::any, .for_ever = true});
}

TYPED_TEST_P(faults, S38_a_failed_write_is_not_tried_again_into_a_success) {
    store_world<TypeParam> w;
    this->must_open(w);
    ledger account{this->shape};
    ASSERT_TRUE(this->one_more(w, account));
    w.harness.plan({.kind = disk_operation::sync});  // once: a silent second try would succeed
    const auto id = w.new_id();
    const auto answer = drawn_from(id, this->shape).append_to(w.store());
    ASSERT_EQ(code_of(answer), errc::unknown) << words_of(answer);
    EXPECT_EQ(answer.error().append, id) << "the failure carries the id to ask again with";
    EXPECT_NE(answer.error().message.find(to_string(id)), std::string::npos);
}

TYPED_TEST_P(faults, S38_reads_go_on_and_show_what_is_durable_while_the_writer_is_poisoned) {
    store_world<TypeParam> w;
    this->must_open(w);
    ledger account{this->shape};
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(this->one_more(w, account));
    const auto head = w.store().head();
    w.harness.plan({.kind = disk_operation::sync});
    ASSERT_EQ(code_of(this->one_more(w, account)), errc::unknown);
    EXPECT_EQ(w.store().head(), head);
    std::uint64_t seen = 0;
    const auto end = w.store().scan_log({}, [&](const recorded_event&) { return ++seen, true; });
    ASSERT_TRUE(end) << words_of(end);
    EXPECT_EQ(seen, head.value) << "what is not known to be durable is not shown";
}

TYPED_TEST_P(faults, S38_readers_survive_a_reopen) {
    store_world<TypeParam> w;
    this->must_open(w);
    ledger account{this->shape};
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(this->one_more(w, account));
    std::atomic<bool> going = true;
    std::vector<std::jthread> readers;
    for (int i = 0; i < 2; ++i)
        readers.emplace_back([&] {
            while (going) {
                const auto head = w.store().head();
                std::uint64_t seen = 0;
                const auto end = w.store().scan_log({.limit = ~0u},
                                                    [&](const recorded_event& event) {
                                                        EXPECT_EQ(event.position.value, ++seen);
                                                        return true;
                                                    });
                ASSERT_TRUE(end) << words_of(end);
                EXPECT_GE(seen, head.value) << "a prefix of what was there before";
                const auto stream = w.store().scan_stream(
                    "ledger-1", {.limit = ~0u}, [](const recorded_event&) { return true; });
                ASSERT_TRUE(stream) << words_of(stream);
                EXPECT_GT(stream->newest.value, 0u);
            }
        });
    for (int i = 0; i < 30; ++i) {
        w.harness.plan({.kind = disk_operation::sync});
        EXPECT_EQ(code_of(this->one_more(w, account)), errc::unknown);
        const auto reopened = w.store().reopen();
        EXPECT_TRUE(reopened) << words_of(reopened);
        this->ask_again(w, account);
    }
    going = false;
    readers.clear();
    EXPECT_EQ(account.compare(w.store()), "");
}

TYPED_TEST_P(faults, S26_a_failing_read_is_an_error_and_never_the_end) {
    for (const bool for_ever : {false, true}) {
        for (std::uint64_t k = 1;; ++k) {
            store_world<TypeParam> w;
            this->must_open(w);
            ledger account{this->shape};
            for (int i = 0; i < 40; ++i) ASSERT_TRUE(this->one_more(w, account));
            const auto head = w.store().head();
            w.close();
            const auto before = w.harness.count(disk_operation::read);
            w.harness.plan({.kind = disk_operation::read, .at = k, .for_ever = for_ever});
            if (w.open()) {
                ASSERT_EQ(w.store().head(), head) << "read " << k << ": the log became shorter";
                std::uint64_t seen = 0;
                const auto end = w.store().scan_log(
                    {.limit = ~0u}, [&](const recorded_event&) { return ++seen, true; });
                ASSERT_TRUE(!end || seen == head.value) << "read " << k << ": ended at " << seen;
            }
            const bool met = w.harness.count(disk_operation::read) - before >= k;
            w.harness.clear_faults();
            this->must_open(w);
            ASSERT_EQ(account.compare(w.store()), "") << "read " << k;
            if (!met) break;
        }
    }
}

TYPED_TEST_P(faults, S41_a_full_disk_is_a_clear_error_and_appends_go_on_once_there_is_space) {
    store_world<TypeParam> w;
    this->must_open(w);
    ledger account{this->shape};
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(this->one_more(w, account));
    w.harness.fill_up();
    result<receipt> answer = this->one_more(w, account);
    for (int i = 0; answer && i < 200; ++i)
        answer = this->one_more(w, account);  // some room was left
    ASSERT_TRUE(code_of(answer) == errc::unknown || code_of(answer) == errc::full)
        << words_of(answer);
    const bool says_why = answer.error().message.find("space") != std::string::npos ||
                          answer.error().message.find("full") != std::string::npos;
    EXPECT_TRUE(says_why) << "what to do about it? " << answer.error().message;

    w.close();
    {
        auto reader = w.harness.open_to_read(w.env);
        ASSERT_TRUE(reader) << "a full disk can be read: " << words_of(reader);
        EXPECT_EQ(account.compare(*reader), "");
    }
    if (const auto opened = w.open(); !opened) {
        EXPECT_EQ(opened.error().code, errc::full) << words_of(opened);
        w.harness.make_room();
        this->must_open(w);
    } else {
        EXPECT_EQ(account.compare(w.store()), "");
        w.harness.make_room();
        const auto reopened = w.store().reopen();
        ASSERT_TRUE(reopened) << words_of(reopened);
    }
    this->ask_again(w, account);
    EXPECT_TRUE(this->one_more(w, account));
    EXPECT_EQ(account.compare(w.store()), "");
}

REGISTER_TYPED_TEST_SUITE_P(faults,
                            S38_a_failed_sync_is_unknown_poisons_and_is_settled_by_asking_again,
                            S38_a_failed_write_is_unknown_poisons_and_is_settled_by_asking_again,
                            S38_whatever_operation_fails_the_truth_is_told_after_a_reopen,
                            S38_a_failed_write_is_not_tried_again_into_a_success,
                            S38_reads_go_on_and_show_what_is_durable_while_the_writer_is_poisoned,
                            S38_readers_survive_a_reopen,
                            S26_a_failing_read_is_an_error_and_never_the_end,
                            S41_a_full_disk_is_a_clear_error_and_appends_go_on_once_there_is_space);

}  // namespace varve::inline v0::testkit::conformance
