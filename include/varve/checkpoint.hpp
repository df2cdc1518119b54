// Where a named reader's progress rests.
//
// A checkpoint belongs to one named reader and only ever moves forward. Whoever reads under the name
// claims it first and gets a fencing token; a later claim makes every earlier token stale, so that a
// holder that was paused for too long can no longer write.
#pragma once

#include <varve/failure.hpp>
#include <varve/ids.hpp>
#include <varve/store.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>

namespace varve::inline v0 {

/// Which claim of a reader's name this is; a later one is greater. Of a name that nobody claimed: 0.
struct fencing_token {
    std::uint64_t value = 0;

    friend constexpr auto operator<=>(fencing_token, fencing_token) = default;
};

/// How far a reader has come: every event up to `reached` has had its effects, durably.
struct checkpoint {
    store_identity
        store;         ///< Whose log it speaks of; of another epoch, it says nothing of this one.
    position reached;  ///< 0 for a new reader.
    fencing_token holder;  ///< The newest claim.

    friend bool operator==(const checkpoint&, const checkpoint&) = default;
};

/// Keeps checkpoints. All functions may be called from any thread. Names are as those of streams.
template <class S>
concept checkpoint_store = requires(S& store, std::string_view reader, position reached,
                                    fencing_token fence) {
    /// What is stored under the name, position 0 if nothing is. Errors: `corrupt`, `io`.
    { store.load_checkpoint(reader) } -> std::same_as<result<checkpoint>>;
    /// Takes the name over, durably: the answer carries the new token and where to go on.
    { store.claim_reader(reader) } -> std::same_as<result<checkpoint>>;
    /// Moves the checkpoint forward, durably. Errors: `fenced` if somebody claimed the name since,
    /// `invalid_argument` backward or beyond the head, `corrupt` if it is of another epoch.
    { store.save_checkpoint(reader, reached, fence) } -> std::same_as<result<void>>;
};

}  // namespace varve::inline v0
