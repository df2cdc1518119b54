// The three engines and the oracle are asked the same, and answer the same (semantics.md §1 to §25,
// §31, §35, §36, §38, §43, §64, §66).
#include "conformance/engines.hpp"
#include "conformance/lying_store.hpp"

#include <varve/eventstore/simulation/sqlite_vfs.hpp>
#include <varve/testing/differential.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>

namespace varve::tests {
namespace {

using namespace testkit;

/// Runs of 500 operations under one seed after the other: short logs keep the oracle quick, and every
/// run begins in an empty place.
differential_counts compare_engines(std::uint64_t operations, bool ids_expire = false) {
    differential_counts all;
    constexpr std::uint64_t each = 500;
    for (auto seed = chosen_seed(1); operations != 0; ++seed) {
        const auto some = std::min(each, operations);
        seed_sqlite(static_cast<std::uint32_t>(seed));
        differential<our_harness> run{seed};
        for (const char* engine : {"memory", "sqlite", "rocksdb"})
            run.add(engine, our_harness{engine});
        if (ids_expire) run.expire_append_ids();
        const auto difference = run.go(some);
        all += run.counts();
        EXPECT_EQ(difference, "");
        if (!difference.empty()) break;
        operations -= some;
    }
    return all;
}

TEST(differential,
     S01_S04_S11_S17_S24_S31_S36_S38_S43_S64_S66_three_engines_answer_as_the_oracle_does) {
    const auto operations = number_from_environment("VARVE_OPERATIONS", 6000);
    const auto counts = compare_engines(operations);
    std::printf("differential: %s\n", counts.text().c_str());
    if (operations < 6000) return;  // one run is repeated
    EXPECT_GT(counts.unknown, 0u);
    EXPECT_GT(counts.found_stored, 0u);
    EXPECT_GT(counts.found_absent, 0u);
    EXPECT_GT(counts.retried, 0u);
    for (const auto code :
         {errc::conflict, errc::exists, errc::id_reused, errc::tombstoned, errc::not_found,
          errc::invalid_argument, errc::too_large, errc::reserved, errc::cancelled})
        EXPECT_TRUE(counts.refused.contains(code)) << "never met: " << to_string(code);
}

TEST(differential, S14_three_engines_forget_append_ids_as_the_oracle_does) {
    const auto operations = number_from_environment("VARVE_OPERATIONS", 4000);
    const auto counts = compare_engines(operations, true);
    std::printf("differential, ids expire: %s\n", counts.text().c_str());
    if (operations < 4000) return;  // one run is repeated
    EXPECT_GT(counts.forgotten, 0u);
    EXPECT_GT(counts.retried, 0u);
    EXPECT_GT(counts.unknown, 0u);
}

TEST(differential, finds_every_lie_that_a_store_tells) {
    for (int what = 0; what < lies; ++what) {
        std::string found;
        for (std::uint64_t seed = 1; seed < 20 && found.empty(); ++seed) {
            differential<our_harness> run{seed};
            run.add("liar", our_harness{std::make_unique<lying_place>(static_cast<lie>(what))});
            if (what == static_cast<int>(lie::ids_for_ever)) run.expire_append_ids();
            found = run.go(500);
        }
        EXPECT_NE(found, "") << "lie " << what << " was not found";
    }
}

}  // namespace
}  // namespace varve::tests
