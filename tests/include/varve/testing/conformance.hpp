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
// the global namespace. If the harness can cut the power and fail operations (`faulty_harness`), add
//
//     VARVE_CONFORMANCE_UNDER_FAULTS(mine, ::my_harness);
//
// Each test is called after the number of the guarantee that it attacks: `S11_...` is about §11.
// `coverage.hpp` counts them. Compiling everything at once takes a while; the chapters can also be
// included and instantiated one by one.
#pragma once

#include <varve/testing/conformance/append.hpp>
#include <varve/testing/conformance/concurrency.hpp>
#include <varve/testing/conformance/conditions.hpp>
#include <varve/testing/conformance/content.hpp>
#include <varve/testing/conformance/crash.hpp>
#include <varve/testing/conformance/damage.hpp>
#include <varve/testing/conformance/durability.hpp>
#include <varve/testing/conformance/endings.hpp>
#include <varve/testing/conformance/faults.hpp>
#include <varve/testing/conformance/idempotency.hpp>
#include <varve/testing/conformance/limits.hpp>
#include <varve/testing/conformance/queries.hpp>
#include <varve/testing/conformance/reads.hpp>
#include <varve/testing/conformance/snapshot_faults.hpp>
#include <varve/testing/conformance/snapshots.hpp>
#include <varve/testing/conformance/subscriptions.hpp>
#include <varve/testing/instantiate.hpp>

/// Runs all chapters that need no faults over a harness.
#define VARVE_CONFORMANCE(name, ...)                             \
    VARVE_CONFORMANCE_CHAPTER(name, append, __VA_ARGS__);        \
    VARVE_CONFORMANCE_CHAPTER(name, content, __VA_ARGS__);       \
    VARVE_CONFORMANCE_CHAPTER(name, size_limits, __VA_ARGS__);   \
    VARVE_CONFORMANCE_CHAPTER(name, idempotency, __VA_ARGS__);   \
    VARVE_CONFORMANCE_CHAPTER(name, concurrency, __VA_ARGS__);   \
    VARVE_CONFORMANCE_CHAPTER(name, reads, __VA_ARGS__);         \
    VARVE_CONFORMANCE_CHAPTER(name, queries, __VA_ARGS__);       \
    VARVE_CONFORMANCE_CHAPTER(name, conditions, __VA_ARGS__);    \
    VARVE_CONFORMANCE_CHAPTER(name, endings, __VA_ARGS__);       \
    VARVE_CONFORMANCE_CHAPTER(name, subscriptions, __VA_ARGS__); \
    VARVE_CONFORMANCE_CHAPTER(name, snapshots, __VA_ARGS__);     \
    VARVE_CONFORMANCE_CHAPTER(name, durability, __VA_ARGS__)

/// Runs the chapters that cut the power, fail operations and flip bits.
#define VARVE_CONFORMANCE_UNDER_FAULTS(name, ...)                  \
    VARVE_CONFORMANCE_CHAPTER(name, crash, __VA_ARGS__);           \
    VARVE_CONFORMANCE_CHAPTER(name, faults, __VA_ARGS__);          \
    VARVE_CONFORMANCE_CHAPTER(name, snapshot_faults, __VA_ARGS__); \
    VARVE_CONFORMANCE_CHAPTER(name, damage, __VA_ARGS__)
