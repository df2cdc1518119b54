// How a chapter of the conformance suite is run over a harness.
#pragma once

#include <gtest/gtest.h>

/// Runs one chapter, whose header is included: `VARVE_CONFORMANCE_CHAPTER(mine, reads, ::my_harness)`.
#define VARVE_CONFORMANCE_CHAPTER(name, chapter, ...)                             \
    namespace varve::inline v0::testkit::conformance {                            \
    INSTANTIATE_TYPED_TEST_SUITE_P(name, chapter, ::testing::Types<__VA_ARGS__>); \
    }                                                                             \
    static_assert(true, "varve: a semicolon follows")
