// The engines behind the harness, compiled once for all chapters.
#include "conformance/engines.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace varve::tests {
namespace {

std::unique_ptr<store_place> place_of(std::string_view engine) {
    if (engine == "memory") return memory_place();
    if (engine == "sqlite") return sqlite_place();
    if (engine == "rocksdb") return rocksdb_place();
    if (engine == "sqlite_file") return sqlite_file_place();
    if (engine == "rocksdb_file") return rocksdb_file_place();
    std::fprintf(stderr, "no engine is called '%s'\n", std::string{engine}.c_str());
    std::abort();
}

std::string_view engine_of_running_suite() {
    const std::string_view suite = testing::UnitTest::GetInstance()->current_test_suite()->name();
    return suite.substr(0, suite.find('/'));
}

}  // namespace

our_harness::our_harness() : our_harness(engine_of_running_suite()) {}
our_harness::our_harness(std::string_view engine) : our_harness(place_of(engine)) {}
our_harness::our_harness(std::unique_ptr<store_place> place)
    : on_simulated_disk(place->disk), place_(std::move(place)) {}

}  // namespace varve::tests
