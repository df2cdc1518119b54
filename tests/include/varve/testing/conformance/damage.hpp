// Conformance, chapter 11: bits that flip on the disk (semantics.md §26, §37).
#pragma once

#include <varve/testing/ledger.hpp>
#include <varve/testing/store_test.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace varve::inline v0::testkit::conformance {

template <class H>
class damage : public store_test<H> {
protected:
    static constexpr std::uint64_t events = 40;

    /// A payload that is found nowhere else, and says which event it belongs to.
    static std::string mark(std::uint64_t n) {
        return "<event number " + std::to_string(n) + " of the conformance suite>";
    }

    /// One append and one group for each event, then an orderly close.
    void prepare() {
        for (std::uint64_t n = 1; n <= events; ++n) {
            const auto request = this->write("a-1", mark(n));
            ids_.push_back(request.id());
            ASSERT_TRUE(request.append_to(this->store()));
        }
        this->close();
    }

    /// Opens and reads everything in every way; gives the first error. What is served must be true,
    /// and must not jump over anything.
    std::optional<failure> read_all() {
        if (auto opened = this->open(); !opened) return opened.error();
        auto& store = this->store();
        std::uint64_t at = 0;
        const auto forward = store.scan_log({.limit = ~0u}, [&](const recorded_event& e) {
            expect_true(e, ++at);
            return true;
        });
        if (!forward) return forward.error();
        reached_ = at;
        const auto backward = store.scan_log({.way = direction::backward, .limit = ~0u},
                                             [&](const recorded_event& e) {
                                                 expect_true(e, at--);
                                                 return true;
                                             });
        if (!backward) return backward.error();
        at = 0;
        const auto stream = store.scan_stream("a-1", {.limit = ~0u}, [&](const recorded_event& e) {
            expect_true(e, ++at);
            return true;
        });
        if (!stream) return stream.error();
        EXPECT_EQ(at, reached_) << "the stream ends elsewhere than the log";
        return std::nullopt;
    }

    void expect_true(const recorded_event& e, std::uint64_t n) {
        EXPECT_EQ(e.position.value, n);
        EXPECT_EQ(e.revision.value, n);
        EXPECT_EQ(as_text(e.payload), mark(n)) << "a damaged event was served";
        EXPECT_EQ(e.stream, "a-1");
        EXPECT_EQ(e.type, "noted");
        EXPECT_EQ(e.append, n <= ids_.size() ? ids_[n - 1] : append_id{});
    }

    std::vector<append_id> ids_;
    std::uint64_t reached_ = 0;
};

TYPED_TEST_SUITE_P(damage);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(damage);  // the header may be there without an engine

TYPED_TEST_P(damage, S37_a_flipped_bit_in_the_middle_is_reported_with_its_place_and_never_served) {
    this->prepare();
    for (const std::uint64_t n : {2ull, 13ull, 24ull, 38ull}) {
        for (std::uint64_t seed = 0; seed < 8; ++seed) {
            const auto id = this->ids_[n - 1];
            const auto mark = this->mark(n);
            const bytes_view needle = seed % 2 == 0 ? as_bytes(mark) : id.view();
            ASSERT_TRUE(this->harness.flip_in(needle, seed)) << "event " << n << " is not found";
            const auto failed = this->read_all();
            ASSERT_TRUE(failed) << "event " << n << " was damaged, and nobody noticed";
            EXPECT_EQ(failed->code, errc::corrupt) << to_string(*failed);
            // an engine knows no positions: its place is a byte
            EXPECT_TRUE(failed->message.contains("position " + std::to_string(n)) ||
                        failed->message.contains("at byte "))
                << "does not say where (position " << n << "): " << failed->message;
            this->close();
            this->harness.mend();
        }
    }
    EXPECT_FALSE(this->read_all().has_value()) << "and once it is mended, all is well again";
    EXPECT_EQ(this->reached_, this->events);
}

TYPED_TEST_P(damage, S26_one_flipped_bit_anywhere_is_never_served_as_truth) {
    std::map<std::string, int> outcomes;
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        this->close();
        this->harness = TypeParam{};
        this->ids_.clear();
        ASSERT_TRUE(this->open());
        this->prepare();
        this->harness.flip(seed);
        const auto failed = this->read_all();
        if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
        const auto unnoticed = this->reached_ == this->events ? "harmless" : "shorter";
        ++outcomes[failed ? std::string{to_string(failed->code)} : unnoticed];
    }
    for (const auto& [what, count] : outcomes) ::testing::Test::RecordProperty(what, count);
    // Without the anchor a lost tail looks like a log that ends there (semantics.md §47).
    EXPECT_LE(outcomes["shorter"], 15) << "of 150";
    EXPECT_GT(outcomes["corrupt"], 0) << "of 150";
}

REGISTER_TYPED_TEST_SUITE_P(
    damage, S37_a_flipped_bit_in_the_middle_is_reported_with_its_place_and_never_served,
    S26_one_flipped_bit_anywhere_is_never_served_as_truth);

}  // namespace varve::inline v0::testkit::conformance
