// Which of the guarantees of `semantics.md` a test program attacks, by the names of its tests.
//
// A test that is called `S36_...` or `S35_S36_...` is about those numbers. In a suite that runs over
// several harnesses, the part of the suite's name before the first `/` says which one. Nothing is kept
// by hand: what is counted is what GoogleTest has registered, filtered or not.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace varve::inline v0::testkit {

/// The guarantees are numbered from 1 to this.
inline constexpr unsigned guarantees = 70;

/// Some of the numbers.
using numbers = std::set<unsigned>;

/// The numbers at the front of a test's name: 35 and 36 of `S35_S36_what_was_...`.
inline numbers numbers_in(std::string_view test) {
    const auto digit = [&](std::size_t i) { return test[i] >= '0' && test[i] <= '9'; };
    numbers found;
    while (test.size() > 3 && test[0] == 'S' && digit(1) && digit(2) && test[3] == '_') {
        found.insert(static_cast<unsigned>((test[1] - '0') * 10 + (test[2] - '0')));
        test.remove_prefix(4);
    }
    return found;
}

/// The numbers that this program attacks, by harness; "" for tests that belong to none.
inline std::map<std::string, numbers> covered_by_harness() {
    std::map<std::string, numbers> all;
    const auto& tests = *::testing::UnitTest::GetInstance();
    for (int s = 0; s < tests.total_test_suite_count(); ++s) {
        const auto& suite = *tests.GetTestSuite(s);
        const std::string_view name = suite.name();
        const auto slash = name.find('/');
        auto& covered = all[std::string{slash == name.npos ? "" : name.substr(0, slash)}];
        for (int t = 0; t < suite.total_test_count(); ++t)
            covered.merge(numbers_in(suite.GetTestInfo(t)->name()));
    }
    return all;
}

/// `1-5, 7, 9-11`; `none` for none.
inline std::string listed(const numbers& some) {
    std::string text;
    for (auto at = some.begin(); at != some.end();) {
        const unsigned low = *at;
        unsigned high = low;
        while (++at != some.end() && *at == high + 1) ++high;
        if (!text.empty()) text += ", ";
        text += std::to_string(low);
        if (high != low) text += (high == low + 1 ? ", " : "-") + std::to_string(high);
    }
    return text.empty() ? "none" : text;
}

/// A chapter that is not run over a harness.
struct chapter_left_out {
    std::string chapter;
    std::string_view why;
    numbers about;  ///< The guarantees that it attacks.
};

/// Those left out, by harness. Filled before `main`.
inline std::map<std::string, std::vector<chapter_left_out>>& left_out_by_harness() {
    static std::map<std::string, std::vector<chapter_left_out>> all;
    return all;
}

/// Takes down whether a chapter is run; `tests` are its tests' names, separated by commas.
inline bool note_chapter(const char* harness, const char* chapter, bool asked, std::string_view why,
                         std::string_view tests) {
    if (asked) return true;
    chapter_left_out left{chapter, why, {}};
    while (!tests.empty()) {
        tests.remove_prefix(std::min(tests.find_first_not_of(", \n"), tests.size()));
        left.about.merge(numbers_in(tests));
        tests.remove_prefix(std::min(tests.find(','), tests.size()));
    }
    left_out_by_harness()[harness].push_back(std::move(left));
    return false;
}

inline numbers both(const numbers& a, const numbers& b) {
    numbers common;
    std::ranges::set_intersection(a, b, std::inserter(common, common.end()));
    return common;
}

inline numbers without(const numbers& a, const numbers& b) {
    numbers rest;
    std::ranges::set_difference(a, b, std::inserter(rest, rest.end()));
    return rest;
}

/// 1 to `guarantees`.
inline numbers all_guarantees() {
    numbers all;
    for (unsigned n = 1; n <= guarantees; ++n) all.insert(n);
    return all;
}

}  // namespace varve::inline v0::testkit
