// Says how many operations of the disk a sweep has failed, one after the other.
#pragma once

#include <varve/eventstore/simulation/disk.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>

namespace varve::inline v0::testkit {

/// Prints one line: the suite that runs, and at how many places it made the disk fail.
inline void tell_sweep(const disk_fault& fault, std::uint64_t places) {
    const auto* running = ::testing::UnitTest::GetInstance()->current_test_suite();
    const char* kind = fault.kind == disk_operation::sync    ? "a sync"
                       : fault.kind == disk_operation::write ? "a write"
                                                             : "any operation";
    std::printf("faults, %s: %s failed%s at each of %llu places\n",
                running == nullptr ? "?" : running->name(), kind,
                fault.for_ever ? " for ever" : " once", static_cast<unsigned long long>(places));
}

}  // namespace varve::inline v0::testkit
