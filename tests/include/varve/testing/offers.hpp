// What each chapter of the conformance suite needs of a store or harness, beyond the least.
//
// A chapter whose need is not met is left out for that store, and the report (`report.hpp`) says which
// numbers are not asked for that reason. `VARVE_CONFORMANCE_CHAPTER_IF_OFFERED(mine, snapshots, ...)`
// looks for `snapshots_need`.
#pragma once

#include <varve/append_async.hpp>
#include <varve/checkpoint.hpp>
#include <varve/eventstore/format/parked.hpp>
#include <varve/reservation.hpp>
#include <varve/snapshot.hpp>
#include <varve/testing/harness.hpp>

#include <concepts>
#include <span>
#include <string_view>
#include <vector>

namespace varve::inline v0::testkit {

/// After `unknown`: finds out what is durable, on the same object, and takes writes again.
template <class S>
concept reopenable_store = requires(S& store) {
    { store.reopen() } -> std::same_as<result<void>>;
};

/// Keeps the events that consumers set aside; `consumer_group` stands on it.
template <class S>
concept parking_store = checkpoint_store<S> &&
                        requires(S& store, std::string_view group, position where,
                                 std::span<const parked_event> events, fencing_token holder) {
                            { store.environment() } -> std::convertible_to<environment&>;
                            {
                                store.parked(group)
                            } -> std::same_as<result<std::vector<parked_event>>>;
                            { store.park(group, events, holder) } -> std::same_as<result<void>>;
                            { store.unpark(group, where, holder) } -> std::same_as<result<void>>;
                        };

/// What all chapters take for granted.
template <class S>
concept plain_store = S::traits.dense_positions && S::traits.several_streams &&
                      S::traits.read_your_write;

namespace conformance {

/// Whether a chapter can be asked, and what is missing if not.
struct need {
    bool met;
    std::string_view missing;
};

template <class H>
inline constexpr need subscriptions_need{H::store_type::traits.push,
                                         "its traits say that readers are not woken (`push`)"};
template <class H>
inline constexpr need groups_need{async_store<typename H::store_type>,
                                  "the store is no `async_store` (append_async, environment)"};
template <class H>
inline constexpr need checkpoints_need{
    checkpoint_store<typename H::store_type> && H::store_type::traits.push,
    "the store is no `checkpoint_store` (load_checkpoint, claim_reader, save_checkpoint) that "
    "wakes"};
template <class H>
inline constexpr need consumers_need{
    parking_store<typename H::store_type> && H::store_type::traits.push,
    "the store is no `parking_store` (checkpoints, parked, park, unpark) that wakes"};
template <class H>
inline constexpr need reservations_need{reserving_store<typename H::store_type>,
                                        "the store is no `reserving_store`"};
template <class H>
inline constexpr need snapshots_need{snapshot_store<typename H::store_type>,
                                     "the store is no `snapshot_store`"};

inline constexpr std::string_view no_faults =
    "the harness is no `faulty_harness`: it cannot cut the power, fail operations and flip bits";

template <class H>
inline constexpr need crash_need{faulty_harness<H>, no_faults};
template <class H>
inline constexpr need damage_need{faulty_harness<H>, no_faults};
template <class H>
inline constexpr need faults_need{
    faulty_harness<H> && reopenable_store<typename H::store_type>,
    faulty_harness<H> ? std::string_view{"the store has no reopen()"} : no_faults};
template <class H>
inline constexpr need checkpoint_faults_need{
    faulty_harness<H> && checkpoints_need<H>.met,
    faulty_harness<H> ? checkpoints_need<H>.missing : no_faults};
template <class H>
inline constexpr need reservation_faults_need{
    faults_need<H>.met && reservations_need<H>.met,
    faults_need<H>.met ? reservations_need<H>.missing : faults_need<H>.missing};
template <class H>
inline constexpr need snapshot_faults_need{
    faulty_harness<H> && snapshots_need<H>.met,
    faulty_harness<H> ? snapshots_need<H>.missing : no_faults};

}  // namespace conformance
}  // namespace varve::inline v0::testkit
