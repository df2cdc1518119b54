// What a store is opened with, and what it says of itself.
#pragma once

#include <varve/environment.hpp>
#include <varve/eventstore/anchor/storage.hpp>
#include <varve/eventstore/format/batch.hpp>
#include <varve/limits.hpp>
#include <varve/store.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace varve::inline v0 {

struct store_options {
    varve::environment* environment = &varve::environment::system();  ///< Clock, chance, executor.
    varve::chain chain = varve::chain::blake2b;                       ///< Hashes of new batches.
    std::uint32_t tenant = 0;           ///< Whose log; below `limits::tenants`.
    std::size_t queue = limits::queue;  ///< Appends waiting, before `overloaded`.
    /// For how long an append is recognised by its id: what was recorded longer than this before the
    /// newest event is forgotten, which bounds the memory that ids take. None: for ever.
    ///
    /// `find` gives nothing for a forgotten id, and a retry under it is a **new append**: the same
    /// append id, and the event ids derived from it, are then in the log twice. So choose much more
    /// than the longest time after which anybody retries. Time is that of the log (`recorded at`), so
    /// an id outlives any idle time, and a clock that jumps ahead ages all ids at once. The next open
    /// may choose otherwise: a longer one brings back the ids that are young enough for it, and of
    /// those that are there twice the newer append. That a reservation was confirmed is known by its id
    /// too, and forgotten with it. Refused unless positive.
    std::optional<std::chrono::nanoseconds> append_id_expiry{};
    /// Where the anchor is kept, which tells a log that lost its end. None: such a loss goes unnoticed.
    std::shared_ptr<anchor_storage> anchor{};
    /// Opens a log that ends before its anchor, if it ends exactly here: the loss is accepted, and a new
    /// epoch begins. `varve repair --accept-loss-after` sets it.
    std::optional<position> accept_loss_after{};
    /// Removes reservations that cannot be read, so that the store opens; what they promised is lost, and
    /// what they held is free. `varve repair --drop-damaged-reservations` sets it.
    bool drop_damaged_reservations = false;
    /// For a reader beside a writer in another process: returns when the log may have grown beyond a
    /// position, or after a while. Empty: only what happens in this process wakes.
    std::function<void(position, std::chrono::nanoseconds)> wait_outside{};
};

/// One stream in a listing.
struct stream_entry {
    std::string name;
    revision newest;
    position last;       ///< Of its newest event.
    stream_state state;  ///< Whether it was ended.
};

/// A type description as it was stored.
struct stored_type {
    std::string type;
    std::uint32_t schema_version;
    varve::encoding encoding;
    bytes descriptor;
};

/// What a store is, for people.
struct store_summary {
    store_identity identity;
    timestamp created_at;
    position head;
    std::uint64_t streams;
    std::uint64_t appends;
    std::uint64_t records;
    timestamp last_recorded;  ///< Meaningless while head is 0.
    hash256 chain_head;
};

}  // namespace varve::inline v0
