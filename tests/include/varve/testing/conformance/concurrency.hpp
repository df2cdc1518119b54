// Conformance, chapter 5: many threads at one store (semantics.md §1, §2, §5, §6, §7, §11).
#pragma once

#include <varve/testing/ledger.hpp>
#include <varve/testing/store_test.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class concurrency : public store_test<H> {
protected:
    static constexpr std::size_t writers = 4;
    static constexpr int rounds = 60;

    /// Appends from several threads until each has made `count`; every answer must be a success.
    void storm(int count, ledger& account) {
        std::mutex guard;
        at_once(writers, [&](std::size_t) {
            for (int i = 0; i < count; ++i) {
                const auto id = this->new_id();
                const auto done = drawn_from(id).append_to(this->store());
                const std::lock_guard lock{guard};
                account.note(id, done);
                EXPECT_TRUE(done) << words_of(done);
            }
        });
    }
};

TYPED_TEST_SUITE_P(concurrency);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    concurrency);  // the header may be there without an engine

TYPED_TEST_P(concurrency, S02_positions_and_revisions_stay_dense_under_many_writers) {
    ledger account;
    this->storm(120, account);
    EXPECT_EQ(account.acknowledged(), 4u * 120u);
    EXPECT_EQ(account.compare(this->store()), "");
    this->expect_sound();
    this->restart();
    EXPECT_EQ(account.compare(this->store()), "");
    this->expect_sound();
}

TYPED_TEST_P(concurrency, S01_no_reader_ever_sees_a_part_of_an_append) {
    std::atomic<bool> writing = true;
    std::string wrong;
    std::jthread reader{[&] {
        for (bool last = false; !last && wrong.empty();) {
            last = !writing;
            std::uint64_t left = 0;  // events of the current append that are still to come
            append_id current;
            const auto end = this->store().scan_log(
                {.limit = ~0u, .max_bytes = ~std::size_t{0}}, [&](const recorded_event& e) {
                    if (left == 0) {
                        current = e.append;
                        left = drawn_from(current).events().size();
                    }
                    if (e.append != current) wrong = "an append is in pieces";
                    --left;
                    return wrong.empty();
                });
            if (!end) wrong = words_of(end);
            if (left != 0) wrong = "the read ends in the middle of an append";
        }
    }};
    ledger account;
    this->storm(80, account);
    writing = false;
    reader.join();
    EXPECT_EQ(wrong, "");
}

TYPED_TEST_P(concurrency, S05_of_appends_at_the_same_revision_exactly_one_is_stored) {
    for (std::uint64_t round = 0; round < this->rounds; ++round) {
        std::atomic<int> stored = 0;
        std::atomic<int> refused = 0;
        at_once(this->writers, [&](std::size_t who) {
            const auto answer = this->write("race-1", std::to_string(who))
                                    .check("race-1", expect::at(revision{round}))
                                    .append_to(this->store());
            if (answer) {
                ++stored;
                EXPECT_EQ(answer->streams.front().revision, revision{round + 1});
            } else if (answer.error().code == errc::conflict) {
                ++refused;
                ASSERT_EQ(answer.error().checks.size(), 1u);
                EXPECT_EQ(answer.error().checks[0].actual, revision{round + 1});
            }
        });
        ASSERT_EQ(stored, 1) << "round " << round;
        ASSERT_EQ(refused, 3) << "round " << round;
    }
    EXPECT_EQ(this->store().head().value, static_cast<std::uint64_t>(this->rounds));
    this->expect_sound();
}

TYPED_TEST_P(concurrency, S05_any_never_fails_under_contention) {
    at_once(this->writers, [&](std::size_t) {
        for (int i = 0; i < 100; ++i) {
            const auto answer =
                this->write("race-1").check("race-1", expect::any).append_to(this->store());
            ASSERT_TRUE(answer) << words_of(answer);
        }
    });
    EXPECT_EQ(this->newest("race-1"), revision{400});
}

TYPED_TEST_P(concurrency, S06_of_two_appends_that_check_each_others_stream_at_most_one_is_stored) {
    // two doctors, and one of them must stay on call: each leaves if the other has not left
    for (int round = 0; round < this->rounds; ++round) {
        const std::string ward = std::to_string(round);
        const std::string names[]{"leave-a" + ward, "leave-b" + ward};
        std::atomic<int> left = 0;
        at_once(2, [&](std::size_t me) {
            const auto answer =
                this->write(names[me]).check(names[1 - me], expect::none).append_to(this->store());
            if (answer)
                ++left;
            else
                EXPECT_EQ(answer.error().code, errc::conflict) << words_of(answer);
        });
        ASSERT_EQ(left, 1) << "round " << round;
    }
}

TYPED_TEST_P(concurrency, S07_an_append_that_began_after_another_ended_comes_after_it) {
    struct call {
        std::uint64_t began, ended;
        position first, last;
    };
    std::atomic<std::uint64_t> now = 0;
    std::vector<std::vector<call>> calls(this->writers);
    at_once(this->writers, [&](std::size_t who) {
        for (int i = 0; i < 100; ++i) {
            const auto began = ++now;
            const auto done = drawn_from(this->new_id()).append_to(this->store());
            ASSERT_TRUE(done) << words_of(done);
            if (this->store().traits.read_your_write) {
                ASSERT_GE(this->store().head(), done->last) << "a stored append is visible at once";
            }
            calls[who].push_back({began, ++now, done->first, done->last});
        }
    });
    for (const auto& mine : calls)
        for (const auto& theirs : calls)
            for (const auto& a : mine)
                for (const auto& b : theirs)
                    if (a.ended < b.began) {
                        ASSERT_LT(a.last, b.first);
                    }
}

TYPED_TEST_P(concurrency, S07_what_a_reader_has_seen_stays_the_beginning_of_what_all_see) {
    std::atomic<bool> writing = true;
    std::vector<std::vector<event_id>> seen(2);
    std::vector<std::jthread> readers;
    for (auto& mine : seen)
        readers.emplace_back([&] {
            for (bool last = false; !last;) {
                last = !writing;
                const auto head = this->store().head();
                std::uint64_t at = 0;
                const auto end = this->store().scan_log(
                    {.limit = ~0u, .max_bytes = ~std::size_t{0}}, [&](const recorded_event& e) {
                        EXPECT_EQ(e.position.value, at + 1);
                        if (at < mine.size())
                            EXPECT_EQ(mine[at], e.id) << "the past has changed";
                        else
                            mine.push_back(e.id);
                        ++at;
                        return true;
                    });
                ASSERT_TRUE(end) << words_of(end);
                EXPECT_GE(at, head.value) << "the head is not ahead of what can be read";
            }
        });
    ledger account;
    this->storm(60, account);
    writing = false;
    readers.clear();
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_EQ(seen[0].size(), this->store().head().value);
}

TYPED_TEST_P(concurrency, S11_the_same_append_from_many_threads_at_once_is_stored_once) {
    for (int round = 0; round < this->rounds; ++round) {
        const auto request = drawn_from(this->new_id());
        std::vector<result<receipt>> answers(this->writers,
                                             result<receipt>{fail(errc::closed, "")});
        at_once(this->writers,
                [&](std::size_t who) { answers[who] = request.append_to(this->store()); });
        for (const auto& answer : answers) {
            ASSERT_TRUE(answer) << words_of(answer);
            ASSERT_EQ(*answer, *answers.front());
        }
        ASSERT_EQ(this->store().head(), answers.front()->last);
    }
    this->expect_sound();
}

TYPED_TEST_P(concurrency, S11_of_different_appends_with_one_id_at_once_exactly_one_is_stored) {
    for (int round = 0; round < this->rounds; ++round) {
        const auto id = this->new_id();
        std::atomic<int> stored = 0;
        at_once(this->writers, [&](std::size_t who) {
            const auto answer =
                draft{id}.event("race-1", "of " + std::to_string(who)).append_to(this->store());
            if (answer)
                ++stored;
            else
                EXPECT_EQ(answer.error().code, errc::id_reused) << words_of(answer);
        });
        ASSERT_EQ(stored, 1) << "round " << round;
    }
    EXPECT_EQ(this->store().head().value, static_cast<std::uint64_t>(this->rounds));
}

REGISTER_TYPED_TEST_SUITE_P(concurrency, S02_positions_and_revisions_stay_dense_under_many_writers,
                            S01_no_reader_ever_sees_a_part_of_an_append,
                            S05_of_appends_at_the_same_revision_exactly_one_is_stored,
                            S05_any_never_fails_under_contention,
                            S06_of_two_appends_that_check_each_others_stream_at_most_one_is_stored,
                            S07_an_append_that_began_after_another_ended_comes_after_it,
                            S07_what_a_reader_has_seen_stays_the_beginning_of_what_all_see,
                            S11_the_same_append_from_many_threads_at_once_is_stored_once,
                            S11_of_different_appends_with_one_id_at_once_exactly_one_is_stored);

}  // namespace varve::inline v0::testkit::conformance
