// Conformance, chapter 15: snapshots on storage that fails or lies (semantics.md §39, §49, §50).
#pragma once

#include <varve/testing/conformance/snapshots.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace varve::inline v0::testkit::conformance {

template <class H>
class snapshot_faults : public ::testing::Test {
protected:
    using world = tally_world<H>;
    static constexpr std::string_view stream = "tally-1";

    static std::string mark(std::uint64_t at) {
        return "<the state of a stream at revision " + std::to_string(at) + ">";
    }

    /// Snapshots of an aggregate whose state can be found on the disk.
    static result<snapshot_saving> put(world& w, std::uint64_t at) {
        const auto state = mark(at);
        return w.store().save_snapshot({.stream = stream,
                                        .form = {.aggregate = "marked"},
                                        .at = revision{at},
                                        .state = as_bytes(state)});
    }

    /// The revision of what is served, 0 for none. It must be true.
    static std::uint64_t served(world& w) {
        std::uint64_t at = 0;
        const auto used = w.store().load_snapshot(
            stream, {.aggregate = "marked"}, [&at](const stored_snapshot& found) {
                at = found.at.value;
                EXPECT_EQ(as_text(found.state), mark(at)) << "a damaged snapshot was served";
                return true;
            });
        EXPECT_TRUE(used) << "is nobody's error: " << words_of(used);
        return at;
    }

    /// A store with snapshots, and something behind them; closed.
    static void prepare(world& w) {
        ASSERT_TRUE(w.open());
        for (int i = 0; i < 12; ++i) ASSERT_TRUE(w.add(stream, 2));
        ASSERT_TRUE(put(w, 20));
        ASSERT_EQ(w.template keep<old_tally>(stream), snapshot_saving::stored);
        for (int i = 0; i < 4; ++i) ASSERT_TRUE(w.add(stream));
        w.close();
    }

    /// One life with a failing disk: saves until one is not answered with success, then power goes.
    static bool run(const disk_fault& fault) {
        world w{fault.at + chosen_seed(1)};
        EXPECT_TRUE(w.open());
        EXPECT_TRUE(w.add(stream));
        const auto before = w.harness.count(fault.kind);
        w.harness.plan(fault);
        std::uint64_t saved = 0, tried = 0;
        for (int i = 0; i < 6; ++i) {
            const auto written = w.add(stream);
            if (!written) break;
            tried = written->streams.at(0).revision.value;
            const auto done = put(w, tried);
            if (!done) {
                EXPECT_TRUE(done.error().code == errc::unknown || done.error().code == errc::io)
                    << words_of(done);
                break;
            }
            saved = tried;
            if (!save_snapshot_of<old_tally>(w.store(), stream)) break;
        }
        const bool met = w.harness.count(fault.kind) - before >= fault.at;
        w.close();
        w.harness.power_cut(fault.at);
        w.harness.clear_faults();
        const auto opened = w.open();
        EXPECT_TRUE(opened) << words_of(opened);
        if (!opened) return false;
        const auto found = served(w);
        EXPECT_GE(found, saved) << "operation " << fault.at;
        EXPECT_LE(found, tried) << "operation " << fault.at;
        const auto now = w.template same<old_tally>(stream);
        EXPECT_EQ(now.state.count, now.revision.value);
        EXPECT_LE(found, now.revision.value) << "never ahead of the stream";
        for (const auto& each : w.listed()) EXPECT_EQ(each.fate, snapshot_fate::usable);
        return met && !::testing::Test::HasFailure();
    }
};

TYPED_TEST_SUITE_P(snapshot_faults);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(snapshot_faults);

TYPED_TEST_P(snapshot_faults, S49_any_operation_fails_and_no_snapshot_is_ahead_or_wrong) {
    std::uint64_t at = 1;
    while (this->run({.kind = disk_operation::any, .at = at, .for_ever = at % 2 == 0}) && at < 500)
        ++at;
    EXPECT_GT(at, 10u) << "the sweep ended early";
}

TYPED_TEST_P(snapshot_faults, S50_a_flipped_bit_in_a_snapshot_is_counted_and_never_served) {
    std::map<std::string, int> outcomes;
    for (std::uint64_t seed = 1; seed <= 24; ++seed) {
        tally_world<TypeParam> w{seed};
        this->prepare(w);
        for (std::uint64_t life = 0; life < seed % 4; ++life) {
            ASSERT_TRUE(w.open());  // an engine may move what it finds to another place
            ASSERT_TRUE(w.add(this->stream));
            w.close();
        }
        ASSERT_TRUE(w.harness.flip_in(as_bytes(this->mark(20)), seed)) << "it is not on the disk";
        if (const auto opened = w.open(); !opened) {
            // an engine whose own checksums cover all of its file may refuse to open it
            EXPECT_EQ(opened.error().code, errc::corrupt) << words_of(opened);
            ++outcomes["refused"];
            continue;
        }
        EXPECT_EQ(this->served(w), 0u) << "seed " << seed;
        EXPECT_EQ(w.counts().damaged, 1u) << "seed " << seed;
        ++outcomes["ignored"];
        w.template same<old_tally>(this->stream);
        const auto saved = this->put(w, 22);
        if (saved) {
            EXPECT_EQ(saved, snapshot_saving::stored) << "what is damaged is in nobody's way";
            EXPECT_EQ(this->served(w), 22u);
        } else {  // the engine itself says that there is damage: nothing is written on top of it
            EXPECT_EQ(saved.error().code, errc::corrupt) << words_of(saved);
            ++outcomes["not replaced"];
        }
        EXPECT_TRUE(w.add(this->stream)) << "and appends go on";
        if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
    }
    for (const auto& [what, count] : outcomes) ::testing::Test::RecordProperty(what, count);
}

TYPED_TEST_P(snapshot_faults, S50_one_flipped_bit_anywhere_never_gives_a_wrong_state) {
    std::map<std::string, int> outcomes;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        tally_world<TypeParam> w{7};
        this->prepare(w);
        ASSERT_TRUE(w.open());
        const auto truth = w.template same<old_tally>(this->stream);
        w.close();
        w.harness.flip(seed);
        if (!w.open()) {
            ++outcomes["refused"];
            continue;
        }
        const auto at = this->served(w);
        EXPECT_TRUE(at == 0 || at == 20) << at;
        const auto quick = load_with_snapshot<old_tally>(w.store(), this->stream);
        const auto full = load<old_tally>(w.store(), this->stream);
        if (quick && quick->revision == truth.revision) {
            EXPECT_EQ(quick->state, truth.state);
        }
        if (quick && full) {
            EXPECT_EQ(quick->state, full->state);
        }
        if (!quick) {
            EXPECT_EQ(quick.error().code, errc::corrupt) << words_of(quick);
        }
        ++outcomes[w.counts().ignored() != 0 ? "ignored" : "harmless"];
        if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
    }
    for (const auto& [what, count] : outcomes) ::testing::Test::RecordProperty(what, count);
}

REGISTER_TYPED_TEST_SUITE_P(snapshot_faults,
                            S49_any_operation_fails_and_no_snapshot_is_ahead_or_wrong,
                            S50_a_flipped_bit_in_a_snapshot_is_counted_and_never_served,
                            S50_one_flipped_bit_anywhere_never_gives_a_wrong_state);

}  // namespace varve::inline v0::testkit::conformance
