// Counts the guarantees that have a test, and lists those that have none yet.
//
// What the suite covers is read from the registered tests. What other areas cover is named here, by
// file and test, and must be there. A number that was covered once may not lose its last test.
#include <varve/testing/coverage.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace varve::testkit;

/// A guarantee that another area attacks.
struct elsewhere {
    unsigned number;
    const char* file;  ///< Below tests/.
    const char* test;  ///< Its name there.
};

constexpr elsewhere others[]{
    {15, "app/command_bus_test.cpp",
     "a_duplicate_command_returns_the_first_receipt_whatever_happened_since"},
    {31, "projections/read_model_test.cpp",
     "refuses_the_batch_of_a_worker_whose_checkpoint_somebody_moved"},
    {34, "projections/worker_turns_test.cpp",
     "stopped_in_the_middle_of_a_batch_leaves_the_checkpoint_at_the_event_at_hand"},
    {40, "tool/live_test.cpp", "append_is_refused_and_names_who_holds_the_store"},
    {40, "tool/damage_test.cpp", "that_is_no_store_is_refused_and_left_as_it_was"},
    {40, "eventstore/golden_store_test.cpp",
     "written_by_an_earlier_build_opens_and_reads_the_same"},
    {52, "projections/crash_test.cpp",
     "any_operation_of_the_disk_may_fail_and_then_the_power_is_cut"},
    {52, "projections/crash_test.cpp",
     "power_cuts_at_random_points_lose_nothing_and_repeat_nothing"},
    {53, "projections/rebuild_test.cpp", "twice_equals_once_equals_the_incremental_result"},
    {56, "projections/worker_turns_test.cpp",
     "stops_at_an_event_that_apply_refuses_or_throws_at_and_tries_again_when_started"},
    {57, "projections/worker_test.cpp",
     "wait_returns_only_when_the_event_is_applied_with_its_checkpoint"},
    {69, "app/command_bus_threads_test.cpp",
     "threads_that_send_again_after_a_conflict_lose_no_update"},
};

/// Numbers that have a test for the parts that exist, and what is missing of them.
constexpr struct {
    unsigned number;
    const char* missing;
} in_part[]{
    {14, "events removed meanwhile"},
    {24, "seams of sealing, truncation and archive"},
    {25, "streams whose events were all removed"},
    {39, "sealed indexes, caches"},
    {41, "a real disk that is full"},
    {56, "parking"},
    {64, "a coordinator"},
    {66, "messages of another transaction or epoch"},
};

/// The list may only grow. A number is added with its first test.
const numbers required{1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18,
                       19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36,
                       37, 38, 39, 40, 41, 43, 49, 50, 51, 52, 53, 56, 57, 64, 66, 69};

bool exists(const elsewhere& other) {
    std::ifstream file{std::string{VARVE_SOURCE_DIR "/tests/"} + other.file};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    return text.contains(other.test);
}

TEST(coverage, no_guarantee_that_had_a_test_has_lost_it) {
    const auto by_harness = covered_by_harness();
    const auto of = [&](const char* harness) {
        const auto found = by_harness.find(harness);
        return found == by_harness.end() ? numbers{} : found->second;
    };
    const numbers suite = both(both(of("memory"), of("sqlite")), of("rocksdb"));
    numbers outside;
    for (const auto& other : others) {
        EXPECT_TRUE(exists(other)) << "tests/" << other.file << " has no test " << other.test;
        outside.insert(other.number);
    }
    numbers covered = suite;
    covered.insert(outside.begin(), outside.end());
    const numbers missing = without(all_guarantees(), covered);

    std::printf("conformance: %zu of %u covered on memory, sqlite, rocksdb; not yet (%zu): %s\n",
                covered.size(), guarantees, missing.size(), listed(missing).c_str());
    for (const char* harness : {"memory", "sqlite", "sqlite_file", "rocksdb", "rocksdb_file"})
        std::printf("  %s: %s\n", harness, listed(of(harness)).c_str());
    std::printf("  in other areas: %s\n", listed(without(outside, suite)).c_str());
    for (const auto& part : in_part)
        std::printf("  in part: %u, without %s\n", part.number, part.missing);

    EXPECT_EQ(listed(without(required, covered)), "none") << "had a test, and has it no more";
}

TEST(coverage, a_number_is_read_from_the_name_of_a_test) {
    EXPECT_EQ(numbers_in("S01_something"), numbers{1});
    EXPECT_EQ(numbers_in("S35_S36_something"), (numbers{35, 36}));
    EXPECT_EQ(numbers_in("something_S01_"), numbers{});
    EXPECT_EQ(numbers_in("S1_"), numbers{});
    EXPECT_EQ(numbers_in("S"), numbers{});
    EXPECT_EQ(listed({1, 2, 3, 5, 7, 8}), "1-3, 5, 7, 8");
    EXPECT_EQ(listed({}), "none");
}

}  // namespace
