// What the conformance suite needs to know of the store it is run over.
//
// The least is how to open it:
//
//     struct my_harness {
//         using store_type = my::store;
//         static constexpr std::string_view name = "mine";
//         varve::result<my::store> open(varve::environment& env) { return my::store::open(dir, env); }
//         my::scratch_directory dir;
//     };
//
// A harness is one place where a store may lie, empty at first: it is made anew for every test, and
// `open` opens what lies there, or creates it. Whoever can cut the power, fail single operations and
// flip bits gives the functions of `faulty_harness` too, and gets the chapters that use them. A
// process may end at any time: what `open` finds after a store was destroyed is what lies there, also
// if that is the memory of the harness.
#pragma once

#include <varve/environment.hpp>
#include <varve/eventstore/simulation/disk.hpp>
#include <varve/store.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>

namespace varve::inline v0::testkit {

/// A store that can be asked: whatever models `event_store`. What else it offers (checkpoints, say) is
/// found out, and `offers.hpp` says what is asked of it then.
template <class S>
concept testable_store = event_store<S> && std::move_constructible<S>;

/// How to open a store, again and again, at the same place.
template <class H>
concept conformance_harness = std::default_initializable<H> &&
                              requires(H& harness, environment& env) {
                                  requires testable_store<typename H::store_type>;
                                  { H::name } -> std::convertible_to<std::string_view>;
                                  {
                                      harness.open(env)
                                  } -> std::same_as<result<typename H::store_type>>;
                              };

/// A harness over storage that fails on demand.
template <class H>
concept faulty_harness = conformance_harness<H> &&
                         requires(H& harness, const disk_fault& fault, disk_operation kind,
                                  std::uint64_t seed, bytes_view needle, environment& env) {
                             /// Loses what was not synced, as `seed` decides. An open store's later operations fail.
                             { harness.power_cut(seed) } -> std::same_as<void>;
                             { harness.plan(fault) } -> std::same_as<void>;
                             { harness.clear_faults() } -> std::same_as<void>;
                             /// The disk has no room for one byte more, or as much as one likes.
                             { harness.fill_up() } -> std::same_as<void>;
                             { harness.make_room() } -> std::same_as<void>;
                             /// Opens what lies there, for reading at least: what is still possible on a full disk.
                             {
                                 harness.open_to_read(env)
                             } -> std::same_as<result<typename H::store_type>>;
                             /// Operations asked for so far, to know whether a planned fault has been met.
                             { harness.count(kind) } -> std::same_as<std::uint64_t>;
                             /// Flips one bit inside stored bytes equal to `needle`; false if there are none. While no
                             /// store is open.
                             { harness.flip_in(needle, seed) } -> std::same_as<bool>;
                             /// Flips one bit anywhere. While no store is open.
                             { harness.flip(seed) } -> std::same_as<void>;
                             /// Undoes the last flip.
                             { harness.mend() } -> std::same_as<void>;
                         };

}  // namespace varve::inline v0::testkit
