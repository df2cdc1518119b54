#include <varve/expect.hpp>
#include <varve/failure.hpp>
#include <varve/stream_id.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using varve::errc;
using varve::expectation;
using varve::revision;

TEST(names, a_stream_name_splits_at_its_first_dash) {
    EXPECT_EQ(varve::category_of("account-7"), "account");
    EXPECT_EQ(varve::key_of("account-7"), "7");
    EXPECT_EQ(varve::category_of("account-7-b"), "account");
    EXPECT_EQ(varve::key_of("account-7-b"), "7-b");
    EXPECT_EQ(varve::category_of("settings"), "settings");
    EXPECT_EQ(varve::key_of("settings"), "");
    EXPECT_EQ((varve::stream_id{"account", "7"}), varve::stream_id{"account-7"});
}

// semantics.md §8
TEST(names, a_name_is_not_empty_and_bounded_and_not_the_stores_own) {
    EXPECT_EQ(varve::check_name("type", "", 255).error().code, errc::invalid_argument);
    EXPECT_EQ(varve::check_name("type", "$system", 255).error().code, errc::invalid_argument);
    const auto long_name = varve::check_name("tag", std::string(256, 'x'), 255);
    EXPECT_EQ(long_name.error().code, errc::too_large);
    EXPECT_EQ(long_name.error().message, "tag has 256 bytes, the limit is 255");
    EXPECT_TRUE(varve::check_name("stream", std::string(255, 'x'), 255));
    EXPECT_TRUE(varve::check_name("stream", std::string("\0\xff", 2), 255));
}

// semantics.md §4
TEST(names, an_expectation_is_met_by_exactly_the_revisions_it_means) {
    using namespace varve::expect;
    using enum varve::stream_state;
    const revision never{0}, first{1}, third{3};
    EXPECT_TRUE(any.met_by(never, unknown) && any.met_by(third, tombstoned));
    EXPECT_TRUE(none.met_by(never, unknown) && !none.met_by(first, varve::stream_state::exists));
    EXPECT_FALSE(none.met_by(third, deleted)) << "a stream that was deleted has been written";
    const auto& has_events = varve::expect::exists;
    EXPECT_TRUE(has_events.met_by(first, varve::stream_state::exists));
    for (const auto state : {unknown, empty, deleted, tombstoned})
        EXPECT_FALSE(has_events.met_by(state == unknown ? never : third, state));
    for (const auto state : {unknown, empty, varve::stream_state::exists, tombstoned})
        EXPECT_FALSE(soft_deleted.met_by(third, state));
    EXPECT_TRUE(soft_deleted.met_by(third, deleted));
    for (const auto state : {varve::stream_state::exists, deleted, tombstoned}) {
        EXPECT_TRUE(at(third).met_by(third, state));
        EXPECT_FALSE(at(third).met_by(first, state));
        EXPECT_FALSE(at(revision{0}).met_by(first, state) || none.met_by(first, state));
    }
    EXPECT_TRUE(at(revision{0}).met_by(never, unknown));
}

TEST(names, every_failure_code_has_a_word_of_its_own) {
    std::set<std::string_view> words;
    const auto last = static_cast<int>(errc::unsupported);
    for (int code = 1; code <= last; ++code) words.insert(to_string(static_cast<errc>(code)));
    EXPECT_EQ(words.size(), static_cast<std::size_t>(last));
    EXPECT_FALSE(words.contains("?"));
}

}  // namespace
