// What was asked of a store, and which of the numbered guarantees were not, with the reason.
#pragma once

#include <varve/testing/coverage.hpp>
#include <varve/testing/harness.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <string>
#include <string_view>

namespace varve::inline v0::testkit {

/// Guarantees that no chapter attacks, because a store alone does not give them.
inline constexpr struct {
    unsigned first, last;
    std::string_view why;
} not_of_a_store[]{
    {15, 15, "a promise of command buses"},
    {34, 34, "a promise of projection workers"},
    {40, 40, "needs a second process: test that the file of your engine has one writer"},
    {42, 42, "truncation is not there yet"},
    {44, 48, "removal, erasure, sealing and the archive are not there yet"},
    {52, 58, "promises of projections"},
    {59, 63, "promises of sagas"},
    {64, 68, "promises of two-phase commit"},
    {69, 69, "a promise of command buses"},
    {70, 70, "tenants: `store_options::tenant` keeps them apart, in front of every key"},
};

/// The report of one harness: what it covers, and what is left out. `unexplained` has no reason.
struct conformance_report {
    std::string text;
    numbers covered;
    numbers unexplained;
};

inline conformance_report report_of(const std::string& harness) {
    conformance_report made;
    made.covered = covered_by_harness()[harness];
    numbers open = without(all_guarantees(), made.covered);
    made.text = "conformance of " + harness + ": " + std::to_string(made.covered.size()) + " of " +
                std::to_string(guarantees) + " numbers are asked: " + listed(made.covered) + "\n";
    const auto say = [&](const numbers& some, std::string_view why) {
        made.text += "  not asked: " + listed(some) + ": " + std::string{why} + "\n";
        open = without(open, some);
    };
    std::map<std::string_view, chapter_left_out> by_reason;
    for (const auto& left : left_out_by_harness()[harness]) {
        auto& all = by_reason[left.why];
        all.chapter += (all.chapter.empty() ? "" : ", ") + left.chapter;
        all.about.insert(left.about.begin(), left.about.end());
    }
    for (const auto& [why, left] : by_reason) {
        const auto reason = std::string{why} + " (chapters: " + left.chapter + ")";
        if (const auto part = both(left.about, made.covered); !part.empty())
            made.text += "  in part: " + listed(part) + ": " + reason + "\n";
        if (const auto lost = without(left.about, made.covered); !lost.empty()) say(lost, reason);
    }
    for (const auto& [first, last, why] : not_of_a_store) {
        numbers some;
        for (unsigned n = first; n <= last; ++n) some.insert(n);
        if (const auto lost = both(some, open); !lost.empty()) say(lost, why);
    }
    made.unexplained = open;
    return made;
}

namespace conformance {

/// The last chapter: the report itself.
template <class H>
class report : public ::testing::Test {};

TYPED_TEST_SUITE_P(report);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(report);  // the header may be there without an engine

TYPED_TEST_P(report, every_number_is_asked_or_there_is_a_reason) {
    const std::string suite = ::testing::UnitTest::GetInstance()->current_test_suite()->name();
    const auto made = report_of(suite.substr(0, suite.find('/')));
    std::printf("%s", made.text.c_str());
    EXPECT_EQ(listed(made.unexplained), "none") << "is neither asked nor explained";
}

REGISTER_TYPED_TEST_SUITE_P(report, every_number_is_asked_or_there_is_a_reason);

}  // namespace conformance
}  // namespace varve::inline v0::testkit
