// Conformance, chapter 14: folded states that are kept beside the log (semantics.md §39, §49 to §51).
#pragma once

#include <varve/snapshotted.hpp>
#include <varve/store_ref.hpp>
#include <varve/testing/store_test.hpp>
#include <varve/testing/tally.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class snapshots : public ::testing::Test, public tally_world<H> {
protected:
    void SetUp() override { this->restart(); }

    void restart() {
        const auto opened = this->open();
        ASSERT_TRUE(opened) << words_of(opened);
    }
    void fill(std::string_view stream, std::uint64_t events) {
        for (; events != 0; --events) ASSERT_TRUE(this->add(stream));
    }

    /// Saves bytes by hand, whatever they are.
    result<snapshot_saving> put(std::string_view stream, std::uint64_t at, std::string_view state,
                                snapshot_form form = {.aggregate = "text"}) {
        return this->store().save_snapshot(
            {.stream = stream, .form = form, .at = revision{at}, .state = as_bytes(state)});
    }
    /// The revision and the bytes of what is there; `-` if there is none that may be used.
    std::string text(std::string_view stream, snapshot_form form = {.aggregate = "text"}) {
        std::string found = "-";
        const auto used = this->store().load_snapshot(stream, form, [&](const stored_snapshot& s) {
            found = std::to_string(s.at.value) + ":" + std::string{as_text(s.state)};
            return true;
        });
        EXPECT_TRUE(used) << words_of(used);
        EXPECT_EQ(used && *used, found != "-");
        return found;
    }
};

TYPED_TEST_SUITE_P(snapshots);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    snapshots);  // the header may be there without an engine

TYPED_TEST_P(snapshots, S49_a_snapshot_and_its_tail_equal_the_full_fold_for_random_histories) {
    auto& drawn = this->chance;
    const auto steps = 250 * number_from_environment("VARVE_SEEDS", 1);
    std::uint64_t served = 0;
    for (std::uint64_t step = 0; step < steps; ++step) {
        const auto stream = "tally-" + std::to_string(step / 250 * 4 + drawn.below(4));
        const auto what = drawn.below(100);
        if (what < 40) {
            const auto added = this->add(stream, drawn.between(1, 5));
            EXPECT_TRUE(added || added.error().code == errc::tombstoned) << words_of(added);
        } else if (what < 60) {
            this->template keep<old_tally>(stream);
        } else if (what < 70) {
            this->template keep<new_tally>(stream);  // takes the place of the other
        } else if (what < 92) {
            this->template same<old_tally>(stream);
        } else if (what < 95) {
            (void)this->end(stream, ending::soft);
        } else if (what < 96) {
            (void)this->end(stream, ending::tombstone);
        } else if (what < 97) {
            ASSERT_TRUE(this->store().drop_snapshots(stream));
        } else {
            served += this->counts().served;
            this->restart();
        }
        if (::testing::Test::HasFailure()) FAIL() << "step " << step;
    }
    for (std::uint64_t i = 0; i < steps / 250 * 4; ++i) {
        this->template same<old_tally>("tally-" + std::to_string(i));
        this->template same<new_tally>("tally-" + std::to_string(i));
    }
    EXPECT_GT(served + this->counts().served, 20u) << "snapshots were used at all";
    for (const auto& each : this->listed())
        EXPECT_LE(each.where, this->store().head()) << each.stream;
}

TYPED_TEST_P(snapshots, S49_a_load_begins_at_the_snapshot_and_reads_only_what_came_after) {
    this->fill("tally-1", 9);
    EXPECT_EQ(this->template keep<old_tally>("tally-1"), snapshot_saving::stored);
    this->fill("tally-1", 2);
    // a snapshot that says something else shows that it is used, and where the tail begins
    const auto before = this->template same<old_tally>("tally-1").state;
    const auto form = snapshot_form_of<old_tally>();
    const auto lie = encode(old_tally{.sum = 0, .count = 1'000});
    ASSERT_TRUE(this->put("tally-1", 10, as_text(lie), form));
    const auto now = load_with_snapshot<old_tally>(this->store(), "tally-1");
    ASSERT_TRUE(now) << words_of(now);
    EXPECT_EQ(now->state.count, 1'001u);
    EXPECT_EQ(now->revision, revision{11});
    ASSERT_TRUE(this->store().drop_snapshots("tally-1"));
    EXPECT_EQ(this->template same<old_tally>("tally-1").state, before);
}

TYPED_TEST_P(snapshots, S49_a_snapshot_ahead_of_the_durable_stream_is_refused) {
    this->fill("tally-1", 3);
    const auto ahead = this->put("tally-1", 4, "x");
    EXPECT_EQ(code_of(ahead), errc::invalid_argument);
    EXPECT_NE(words_of(ahead).find("'tally-1' cannot be at revision 4"), std::string::npos)
        << words_of(ahead);
    EXPECT_EQ(code_of(this->put("tally-2", 1, "x")), errc::invalid_argument) << "nobody wrote it";
    EXPECT_EQ(code_of(this->put("tally-1", 0, "x")), errc::invalid_argument) << "of no event";
    EXPECT_TRUE(this->listed().empty());
    ASSERT_TRUE(this->put("tally-1", 3, "x"));
    EXPECT_EQ(this->text("tally-1"), "3:x");
}

TYPED_TEST_P(snapshots, S49_a_snapshot_from_before_the_end_of_a_stream_is_never_served) {
    this->fill("tally-1", 3);
    EXPECT_EQ(this->template keep<old_tally>("tally-1"), snapshot_saving::stored);
    const auto before = load<old_tally>(this->store(), "tally-1").value();
    for (const bool again : {false, true, false}) {
        if (again) this->fill("tally-1", 2);
        if (!again) {
            ASSERT_TRUE(this->end("tally-1", ending::soft));
        }
        const auto ignored = this->counts().ended;
        EXPECT_NE(this->template same<old_tally>("tally-1").state, before.state);
        EXPECT_GT(this->counts().ended, ignored);
        const auto late = save_snapshot_of(this->store(), "tally-1", before);
        EXPECT_EQ(late, snapshot_saving::kept) << words_of(late);
        if (again) {
            EXPECT_EQ(this->template keep<old_tally>("tally-1"), snapshot_saving::stored);
        }
        this->restart();
    }
    EXPECT_EQ(this->template keep<old_tally>("tally-1"), snapshot_saving::kept)
        << "nothing to keep";
    this->fill("tally-1", 2);
    EXPECT_EQ(this->template keep<old_tally>("tally-1"), snapshot_saving::stored);
    ASSERT_TRUE(this->end("tally-1", ending::tombstone));
    EXPECT_EQ(this->template same<old_tally>("tally-1").state, old_tally{});
    ASSERT_EQ(this->listed().size(), 1u);
    EXPECT_EQ(this->listed().at(0).fate, snapshot_fate::ended);
}

/// Does something between reading a snapshot and reading what came after it.
template <class Store>
class interrupted : public store_ref {
public:
    interrupted(Store& store, std::function<void()> between)
        : store_ref(store), store_(&store), between_(std::move(between)) {}

    result<bool> load_snapshot(std::string_view stream, const snapshot_form& form,
                               const snapshot_user& use) {
        auto used = store_->load_snapshot(stream, form, use);
        between_();
        return used;
    }
    result<snapshot_saving> save_snapshot(const new_snapshot& made) {
        return store_->save_snapshot(made);
    }
    result<std::size_t> drop_snapshots(std::string_view s) { return store_->drop_snapshots(s); }
    result<std::size_t> drop_all_snapshots() { return store_->drop_all_snapshots(); }
    result<std::vector<snapshot_entry>> snapshots(std::string_view prefix) {
        return store_->snapshots(prefix);
    }
    snapshot_stats snapshot_counts() { return store_->snapshot_counts(); }

private:
    Store* store_;
    std::function<void()> between_;
};

TYPED_TEST_P(snapshots, S49_a_stream_that_ends_while_it_is_loaded_does_not_bring_its_past_back) {
    int stream = 0;
    for (const auto& endings : std::vector<std::vector<int>>{{0}, {1}, {3}, {0, 2}, {2, 0, 2}}) {
        const auto name = "tally-" + std::to_string(++stream);
        this->fill(name, 3);
        ASSERT_EQ(this->template keep<old_tally>(name), snapshot_saving::stored);
        interrupted store{
            this->store(), [&] {
                for (const int events : endings) {
                    this->fill(name, static_cast<std::uint64_t>(events == 0 ? 0 : events - 1));
                    ASSERT_TRUE(this->end(name, ending::soft));
                    this->fill(name, static_cast<std::uint64_t>(events));
                }
            }};
        const auto quick = load_with_snapshot<old_tally>(store, name);
        const auto full = load<old_tally>(this->store(), name);
        ASSERT_TRUE(quick && full) << words_of(quick);
        EXPECT_EQ(quick->state, full->state) << name;
        EXPECT_EQ(quick->revision, full->revision) << name;
    }
}

TYPED_TEST_P(snapshots, S50_a_snapshot_of_another_fold_is_ignored_counted_and_replaced) {
    this->fill("tally-1", 5);
    ASSERT_EQ(this->template keep<old_tally>("tally-1"), snapshot_saving::stored);
    this->template same<new_tally>("tally-1");
    EXPECT_EQ(this->counts().other_fold, 1u);
    EXPECT_EQ(this->counts().served, 0u);
    EXPECT_EQ(this->template keep<new_tally>("tally-1"), snapshot_saving::stored);
    this->template same<new_tally>("tally-1");
    EXPECT_EQ(this->counts().served, 1u);
    this->template same<old_tally>("tally-1");
    ASSERT_EQ(this->listed().size(), 1u) << "of one aggregate there is one";
    EXPECT_EQ(this->listed().at(0).fold_version, 2u);
}

TYPED_TEST_P(snapshots, S50_a_snapshot_of_another_schema_is_ignored_counted_and_replaced) {
    this->fill("tally-1", 5);
    ASSERT_EQ(this->template keep<old_tally>("tally-1"), snapshot_saving::stored);
    this->template same<later_tally>("tally-1");
    EXPECT_EQ(this->counts().other_schema, 1u) << "another version";
    this->template same<wider_tally>("tally-1");
    EXPECT_EQ(this->counts().other_schema, 2u) << "another layout";
    EXPECT_EQ(this->template keep<later_tally>("tally-1"), snapshot_saving::stored);
    this->template same<later_tally>("tally-1");
    EXPECT_EQ(this->counts().served, 1u);
    this->template same<old_tally>("tally-1");
}

TYPED_TEST_P(snapshots, S50_a_state_that_its_codec_cannot_read_is_ignored_and_counted) {
    this->fill("tally-1", 5);
    ASSERT_TRUE(this->put("tally-1", 5, "too short", snapshot_form_of<old_tally>()));
    this->template same<old_tally>("tally-1");
    EXPECT_EQ(this->counts().undecodable, 1u);
    EXPECT_EQ(this->counts().served, 0u);
}

TYPED_TEST_P(snapshots, S51_an_older_snapshot_never_replaces_a_newer_one) {
    this->fill("tally-1", 9);
    EXPECT_EQ(this->put("tally-1", 5, "five"), snapshot_saving::stored);
    EXPECT_EQ(this->put("tally-1", 4, "four"), snapshot_saving::kept);
    EXPECT_EQ(this->put("tally-1", 5, "fünf"), snapshot_saving::kept) << "as new is not newer";
    EXPECT_EQ(this->text("tally-1"), "5:five");
    this->restart();
    EXPECT_EQ(this->put("tally-1", 3, "three"), snapshot_saving::kept);
    EXPECT_EQ(this->text("tally-1"), "5:five");
    EXPECT_EQ(this->put("tally-1", 8, "eight"), snapshot_saving::stored);
    EXPECT_EQ(this->text("tally-1"), "8:eight");
    EXPECT_EQ(this->text("tally-2"), "-");
    EXPECT_EQ(this->put("tally-1", 2, "mine", {.aggregate = "other"}), snapshot_saving::stored);
    EXPECT_EQ(this->text("tally-1"), "8:eight") << "aggregates over one stream do not meet";
}

TYPED_TEST_P(snapshots, S51_of_many_writers_at_once_the_newest_snapshot_stays) {
    constexpr std::uint64_t events = 40, writers = 4;
    this->fill("tally-1", events);
    std::atomic<std::uint64_t> stored = 0;
    at_once(writers + 1, [&](std::size_t me) {
        std::uint64_t seen = 0;
        for (std::uint64_t n = 1 + me; n <= events; n += writers) {
            if (me < writers) {
                const auto first = 1 + me, last = events - writers + first;
                const auto at = me % 2 == 0 ? n : first + last - n;  // half of them go backward
                const auto saved = this->put("tally-1", at, std::to_string(at));
                ASSERT_TRUE(saved) << words_of(saved);
                stored += *saved == snapshot_saving::stored ? 1u : 0u;
            } else if (const auto found = this->text("tally-1"); found != "-") {
                const auto revision = std::stoull(found);
                EXPECT_EQ(found, std::to_string(revision) + ":" + std::to_string(revision));
                EXPECT_GE(revision, seen) << "went back";
                seen = revision;
            }
        }
    });
    EXPECT_EQ(this->text("tally-1"), "40:40");
    EXPECT_EQ(this->counts().stored, stored);
    EXPECT_EQ(this->counts().kept, events - stored);
    this->restart();
    EXPECT_EQ(this->text("tally-1"), "40:40");
}

TYPED_TEST_P(snapshots, S49_S51_saving_and_loading_beside_a_storm_of_appends_is_never_wrong) {
    this->fill("tally-1", 1);
    std::atomic<bool> writing = true;
    std::jthread writer{[&] {
        while (writing) ASSERT_TRUE(this->add("tally-1"));
    }};
    at_once(3, [&](std::size_t me) {
        revision seen;
        for (int stored = 0; stored < 10;) {
            const auto saved = me == 0 ? result<snapshot_saving>{snapshot_saving::stored}
                                       : save_snapshot_of<old_tally>(this->store(), "tally-1");
            ASSERT_TRUE(saved) << words_of(saved);
            stored += *saved == snapshot_saving::stored ? 1 : 0;
            const auto now = load_with_snapshot<old_tally>(this->store(), "tally-1");
            ASSERT_TRUE(now) << words_of(now);
            EXPECT_EQ(now->state.count, now->revision.value);
            EXPECT_GE(now->revision, seen);
            seen = now->revision;
        }
    });
    writing = false;
    writer.join();
    this->template same<old_tally>("tally-1");
    EXPECT_EQ(this->counts().ignored(), 0u);
    EXPECT_GT(this->counts().served, 0u);
}

TYPED_TEST_P(snapshots, S39_snapshots_that_were_dropped_come_back_equal) {
    std::map<std::string, old_tally> states;
    for (int i = 0; i < 5; ++i) {
        const auto stream = "tally-" + std::to_string(i);
        this->fill(stream, static_cast<std::uint64_t>(3 + i));
        ASSERT_EQ(this->template keep<old_tally>(stream), snapshot_saving::stored);
        states[stream] = this->template same<old_tally>(stream).state;
    }
    const auto before = this->listed();
    ASSERT_EQ(before.size(), 5u);
    EXPECT_EQ(this->listed("tally-3").size(), 1u);
    EXPECT_EQ(this->store().drop_snapshots("tally-3").value(), 1u);
    EXPECT_EQ(this->store().drop_snapshots("tally").value(), 0u) << "a stream, not a prefix";
    EXPECT_EQ(this->listed().size(), 4u);
    EXPECT_EQ(this->store().drop_all_snapshots().value(), 4u);
    EXPECT_EQ(this->store().drop_all_snapshots().value(), 0u);
    this->restart();
    EXPECT_TRUE(this->listed().empty());
    for (const auto& [stream, state] : states) {
        EXPECT_EQ(this->template same<old_tally>(stream).state, state);
        EXPECT_EQ(this->template keep<old_tally>(stream), snapshot_saving::stored);
    }
    const auto after = this->listed();
    ASSERT_EQ(after.size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(after[i].stream, before[i].stream);
        EXPECT_EQ(after[i].at, before[i].at);
        EXPECT_EQ(after[i].where, before[i].where);
        EXPECT_EQ(after[i].size, before[i].size);
        EXPECT_EQ(after[i].fate, snapshot_fate::usable);
    }
}

TYPED_TEST_P(snapshots, S49_a_snapshot_can_be_made_on_another_thread) {
    this->fill("tally-1", 5);
    std::promise<result<snapshot_saving>> told;
    save_snapshot_later<old_tally>(this->store(), "tally-1", this->env.executor(),
                                   [&](auto saved) { told.set_value(std::move(saved)); });
    EXPECT_EQ(told.get_future().get(), snapshot_saving::stored);
    this->template same<old_tally>("tally-1");
    EXPECT_EQ(this->counts().served, 1u);
}

TYPED_TEST_P(snapshots, S08_S09_the_names_and_the_size_of_a_snapshot_are_checked) {
    this->fill("tally-1", 1);
    EXPECT_EQ(code_of(this->put("", 1, "x")), errc::invalid_argument);
    EXPECT_EQ(code_of(this->put("tally-1", 1, "x", {.aggregate = ""})), errc::invalid_argument);
    EXPECT_EQ(code_of(this->put("tally-1", 1, "x", {.aggregate = "$x"})), errc::invalid_argument);
    const std::string large(limits::payload + 1, 'x');
    EXPECT_EQ(code_of(this->put("tally-1", 1, large)), errc::too_large);
    const std::string_view fits{large.data(), limits::payload};
    EXPECT_EQ(this->put("tally-1", 1, fits), snapshot_saving::stored);
    EXPECT_EQ(this->text("tally-1").size(), limits::payload + 2);
    const std::string name("\0\xff", 2);
    EXPECT_EQ(this->put("tally-1", 1, "", {.aggregate = name}), snapshot_saving::stored);
    EXPECT_EQ(this->text("tally-1", {.aggregate = name}), "1:");
}

REGISTER_TYPED_TEST_SUITE_P(snapshots,
                            S49_a_snapshot_and_its_tail_equal_the_full_fold_for_random_histories,
                            S49_a_load_begins_at_the_snapshot_and_reads_only_what_came_after,
                            S49_a_snapshot_ahead_of_the_durable_stream_is_refused,
                            S49_a_snapshot_from_before_the_end_of_a_stream_is_never_served,
                            S49_a_stream_that_ends_while_it_is_loaded_does_not_bring_its_past_back,
                            S50_a_snapshot_of_another_fold_is_ignored_counted_and_replaced,
                            S50_a_snapshot_of_another_schema_is_ignored_counted_and_replaced,
                            S50_a_state_that_its_codec_cannot_read_is_ignored_and_counted,
                            S51_an_older_snapshot_never_replaces_a_newer_one,
                            S51_of_many_writers_at_once_the_newest_snapshot_stays,
                            S49_S51_saving_and_loading_beside_a_storm_of_appends_is_never_wrong,
                            S39_snapshots_that_were_dropped_come_back_equal,
                            S49_a_snapshot_can_be_made_on_another_thread,
                            S08_S09_the_names_and_the_size_of_a_snapshot_are_checked);

}  // namespace varve::inline v0::testkit::conformance
