// The contract of an engine: named spaces with ordered keys, and nothing that knows of events.
//
// An engine gives atomic durable writes, range scans and consistent views. Everything that makes it
// an event store is written once, on top (`eventstore/`), so that two engines cannot disagree.
#pragma once

#include <varve/bytes.hpp>
#include <varve/failure.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <string_view>

namespace varve::inline v0 {

/// The keys of a space are numbers from 0 to 2^63-1 or byte strings, never both.
enum class key_kind : std::uint8_t { number, octets };

/// A named, ordered map from keys to values. Bytes are ordered as unsigned octets.
struct space {
    std::string_view name;
    key_kind keys;
    std::uint8_t index;  ///< Its place in the list the engine was opened with.
};

/// A key in a space of either kind; a view for bytes.
struct key {
    bytes_view octets{};
    std::uint64_t number = 0;

    key() = default;
    key(std::uint64_t n) noexcept : number(n) {}
    key(bytes_view b) noexcept : octets(b) {}
};

/// Which way a scan walks.
enum class direction : std::uint8_t { forward, backward };

/// What an engine can do; a constant of its type.
struct engine_traits {
    std::string_view name;         ///< As in `--store name:PATH`.
    bool durable = true;           ///< Survives the end of the process.
    bool shared = true;            ///< Other processes can read beside the writer.
    bool transaction_hook = true;  ///< `native()` of a transaction gives the engine's own handle.
};

/// Called with a key and a value, valid during the call; returns false to end the scan.
using entry_visitor = std::function<bool(const key&, bytes_view)>;

/// A consistent view: what is durable when it begins, and nothing later. One thread at a time.
/// Short-lived: an open view keeps old data from being reclaimed.
template <class V>
concept engine_view = requires(V& view, const space& in, const key& at, direction way,
                               const std::function<void(bytes_view)>& found,
                               const entry_visitor& visit) {
    /// Calls `found` with the value and returns true, or returns false. Errors: `io`, `corrupt`.
    { view.get(in, at, found) } -> std::same_as<result<bool>>;
    /// Visits the entries from `low` to `high`, both included, in key order or against it.
    { view.scan(in, at, at, way, visit) } -> std::same_as<result<void>>;
};

/// Writes that become durable together. Used inside `transact` only.
template <class T>
concept engine_transaction = requires(T& transaction, const space& in, const key& at,
                                      bytes_view value) {
    { transaction.put(in, at, value) } -> std::same_as<result<void>>;
    { transaction.remove(in, at) } -> std::same_as<result<void>>;
    /// Marks a place to roll back to, for one append among those of a group.
    { transaction.savepoint() } -> std::same_as<result<std::uint64_t>>;
    { transaction.rollback_to(std::uint64_t{}) } -> std::same_as<result<void>>;
};

/// An engine. `transact`, `reopen` are called by one thread at a time, `view` by any.
///
/// `transact(f)` calls `f(transaction)`; if that fails, nothing is written and its failure comes back.
/// When `transact` returns, everything in it survives a power cut. If the engine itself fails, the
/// failure is `unknown`, and only `reopen()` says what is there: afterwards either all of the
/// transaction is there, and stays, or nothing of it will ever appear.
template <class E>
concept engine = requires(E& e, std::function<result<void>(typename E::transaction&)> f) {
    requires engine_transaction<typename E::transaction>;
    requires engine_view<typename E::view_type>;
    { E::traits } -> std::convertible_to<const engine_traits&>;
    { e.transact(f) } -> std::same_as<result<void>>;
    { e.view() } -> std::same_as<result<typename E::view_type>>;
    { e.reopen() } -> std::same_as<result<void>>;
    { e.read_only() } -> std::same_as<bool>;
    { e.place() } -> std::convertible_to<std::string>;  // for messages: path or name
};

}  // namespace varve::inline v0
