// How a chapter of the conformance suite is run over a harness.
#pragma once

#include <varve/testing/coverage.hpp>
#include <varve/testing/offers.hpp>

#include <gtest/gtest.h>

#include <type_traits>

namespace varve::inline v0::testkit::conformance {

/// GoogleTest ends its lists of types with this, and has no public name for a list that is empty.
struct no_harness {
    using type = ::testing::internal::None;
};

/// The harness as a list of one, or none.
template <bool Asked, class H>
using asked_if = std::conditional_t<Asked, ::testing::Types<H>, no_harness>;

}  // namespace varve::inline v0::testkit::conformance

template <>
struct testing::internal::is_proxy_type_list<varve::testkit::conformance::no_harness>
    : std::true_type {};

/// Says it in our words before the compiler says it in its own.
#define VARVE_CONFORMANCE_EXPECTS_HARNESS(...)                        \
    static_assert(::varve::testkit::conformance_harness<__VA_ARGS__>, \
                  "varve: this is no conformance_harness; harness.hpp says what it lacks")

/// Runs one chapter, whose header is included: `VARVE_CONFORMANCE_CHAPTER(mine, reads, ::my_harness)`.
#define VARVE_CONFORMANCE_CHAPTER(name, chapter, ...)                             \
    VARVE_CONFORMANCE_EXPECTS_HARNESS(__VA_ARGS__);                               \
    namespace varve::inline v0::testkit::conformance {                            \
    INSTANTIATE_TYPED_TEST_SUITE_P(name, chapter, ::testing::Types<__VA_ARGS__>); \
    }                                                                             \
    static_assert(true, "varve: a semicolon follows")

/// Runs one chapter if what it needs is there (`offers.hpp`); if not, the report says so.
#define VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, chapter, ...)                               \
    VARVE_CONFORMANCE_EXPECTS_HARNESS(__VA_ARGS__);                                            \
    namespace varve::inline v0::testkit::conformance {                                         \
    using name##_for_##chapter = asked_if<chapter##_need<__VA_ARGS__>.met, __VA_ARGS__>;       \
    INSTANTIATE_TYPED_TEST_SUITE_P(name, chapter, name##_for_##chapter);                       \
    [[maybe_unused]] static const bool name##_is_asked_##chapter = note_chapter(               \
        #name, #chapter, chapter##_need<__VA_ARGS__>.met, chapter##_need<__VA_ARGS__>.missing, \
        GTEST_REGISTERED_TEST_NAMES_(chapter));                                                \
    }                                                                                          \
    static_assert(true, "varve: a semicolon follows")
