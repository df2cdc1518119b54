// The engines behind the harness, compiled once for all chapters.
#include "conformance/engines.hpp"

#include <varve/testing/random.hpp>

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
our_harness::our_harness(std::string_view engine) : place_(place_of(engine)) {}

bool our_harness::flip_in(bytes_view needle, std::uint64_t seed) {
    for (const auto& file : disk().names()) {
        const auto all = content(file);
        const auto at = as_text(all).find(as_text(needle));
        if (at == std::string_view::npos) continue;
        flip_at(file, all, at + testkit::scramble(seed) % needle.size(), seed);
        return true;
    }
    return false;
}

void our_harness::flip(std::uint64_t seed) {
    std::uint64_t at = testkit::scramble(seed) % size();
    for (const auto& file : disk().names()) {
        const auto all = content(file);
        if (at < all.size()) return flip_at(file, all, at, seed);
        at -= all.size();
    }
}

std::uint64_t our_harness::size() const {
    std::uint64_t sum = 0;
    for (const auto& file : disk().names()) sum += content(file).size();
    return sum;
}

bytes our_harness::content(const std::string& file) const {
    auto opened = disk().open(file, disk_open::existing).value();
    bytes all(opened.size().value());
    opened.read(0, all).value();
    return all;
}

void our_harness::flip_at(const std::string& file, bytes_view all, std::uint64_t at,
                          std::uint64_t seed) {
    flipped_ = {file, at, all[at]};
    const std::byte flipped = all[at] ^ static_cast<std::byte>(1u << (seed % 8));
    disk().damage(file, at, {&flipped, 1}).value();
}

}  // namespace varve::tests
