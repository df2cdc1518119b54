// The conformance suite: everything `semantics.md` promises of a store, asked of yours.
//
// Give it a harness (`harness.hpp` says what that is) and link with gtest_main:
//
//     struct my_harness {
//         using store_type = my::store;
//         static constexpr std::string_view name = "mine";
//         varve::result<my::store> open(varve::environment& env) { return my::store::open(dir_, env); }
//         my::scratch_directory dir_;
//     };
//     VARVE_CONFORMANCE(mine, ::my_harness);
//
// The name becomes the first part of each test's name, and the type is written as it is found from
// the global namespace. Chapters about what a store need not offer (checkpoints, consumers, snapshots,
// reservations, appends that are not waited for) are run over those that offer it, and those that cut
// the power, fail operations and flip bits over harnesses that can (`faulty_harness`). The test
// `mine/report/0.every_number_is_asked_or_there_is_a_reason` prints what was asked and what was not,
// with the reasons, and fails if a number has none.
//
// Each test is called after the number of the guarantee that it attacks: `S11_...` is about §11.
// Compiling everything takes half a minute; chapters can also be included and run one by one, in sources
// of their own, with `VARVE_CONFORMANCE_CHAPTER`.
#pragma once

#include <varve/testing/conformance/append.hpp>
#include <varve/testing/conformance/checkpoints.hpp>
#include <varve/testing/conformance/concurrency.hpp>
#include <varve/testing/conformance/conditions.hpp>
#include <varve/testing/conformance/consumers.hpp>
#include <varve/testing/conformance/content.hpp>
#include <varve/testing/conformance/crash.hpp>
#include <varve/testing/conformance/damage.hpp>
#include <varve/testing/conformance/durability.hpp>
#include <varve/testing/conformance/endings.hpp>
#include <varve/testing/conformance/faults.hpp>
#include <varve/testing/conformance/groups.hpp>
#include <varve/testing/conformance/idempotency.hpp>
#include <varve/testing/conformance/limits.hpp>
#include <varve/testing/conformance/queries.hpp>
#include <varve/testing/conformance/reads.hpp>
#include <varve/testing/conformance/reservation_faults.hpp>
#include <varve/testing/conformance/reservations.hpp>
#include <varve/testing/conformance/snapshot_faults.hpp>
#include <varve/testing/conformance/snapshots.hpp>
#include <varve/testing/conformance/subscriptions.hpp>
#include <varve/testing/instantiate.hpp>
#include <varve/testing/report.hpp>

/// Runs all chapters over a harness that its store and it offer something for.
#define VARVE_CONFORMANCE(name, ...)                                        \
    VARVE_CONFORMANCE_OF_PLAIN_STORES(name, __VA_ARGS__);                   \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, groups, __VA_ARGS__);        \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, subscriptions, __VA_ARGS__); \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, checkpoints, __VA_ARGS__);   \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, consumers, __VA_ARGS__);     \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, reservations, __VA_ARGS__);  \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, snapshots, __VA_ARGS__);     \
    VARVE_CONFORMANCE_FAULT_CHAPTERS(name, __VA_ARGS__);                    \
    VARVE_CONFORMANCE_CHAPTER(name, report, __VA_ARGS__)

/// Runs only the chapters that cut the power, fail operations and flip bits.
#define VARVE_CONFORMANCE_UNDER_FAULTS(name, ...)                                               \
    static_assert(::varve::testkit::faulty_harness<__VA_ARGS__>,                                \
                  "varve: this is no faulty_harness; harness.hpp says what such a one can do"); \
    VARVE_CONFORMANCE_FAULT_CHAPTERS(name, __VA_ARGS__)

#define VARVE_CONFORMANCE_FAULT_CHAPTERS(name, ...)                              \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, crash, __VA_ARGS__);              \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, faults, __VA_ARGS__);             \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, damage, __VA_ARGS__);             \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, checkpoint_faults, __VA_ARGS__);  \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, reservation_faults, __VA_ARGS__); \
    VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(name, snapshot_faults, __VA_ARGS__)

/// Runs the chapters that every store is asked.
#define VARVE_CONFORMANCE_OF_PLAIN_STORES(name, ...)                                               \
    VARVE_CONFORMANCE_EXPECTS_HARNESS(__VA_ARGS__);                                                \
    static_assert(::varve::testkit::plain_store<__VA_ARGS__::store_type>,                          \
                  "varve: the suite asks stores with dense positions, several streams in "         \
                  "an append, and reads that see a write at once; the traits of this one say no"); \
    VARVE_CONFORMANCE_CHAPTER(name, append, __VA_ARGS__);                                          \
    VARVE_CONFORMANCE_CHAPTER(name, content, __VA_ARGS__);                                         \
    VARVE_CONFORMANCE_CHAPTER(name, size_limits, __VA_ARGS__);                                     \
    VARVE_CONFORMANCE_CHAPTER(name, idempotency, __VA_ARGS__);                                     \
    VARVE_CONFORMANCE_CHAPTER(name, concurrency, __VA_ARGS__);                                     \
    VARVE_CONFORMANCE_CHAPTER(name, reads, __VA_ARGS__);                                           \
    VARVE_CONFORMANCE_CHAPTER(name, queries, __VA_ARGS__);                                         \
    VARVE_CONFORMANCE_CHAPTER(name, conditions, __VA_ARGS__);                                      \
    VARVE_CONFORMANCE_CHAPTER(name, endings, __VA_ARGS__);                                         \
    VARVE_CONFORMANCE_CHAPTER(name, durability, __VA_ARGS__)
