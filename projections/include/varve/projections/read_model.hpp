// The contract between a worker and the place where a projection's rows live.
#pragma once

#include <varve/event.hpp>
#include <varve/failure.hpp>
#include <varve/ids.hpp>
#include <varve/store.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>

namespace varve::inline v0 {

/// A read model. One thread at a time, save for its readers, which are its own affair.
///
/// What `apply` did between `begin` and `commit` becomes visible and durable together with the
/// position, or not at all.
template <class M>
concept read_model = requires(M& model, const store_identity& store, position where,
                              const recorded_event& event) {
    typename M::projection;
    /// What a query is handed.
    typename M::view;
    /// Says whose log it follows and where that log ends, and learns after which position to go on.
    /// Also after a failure: brings the model back to what is stored. Errors: `foreign` (of another
    /// store), `corrupt` (it is ahead of the log, so events were lost), `io`.
    { model.attach(store, where) } -> std::same_as<result<position>>;
    { model.begin() } -> std::same_as<result<void>>;
    /// Folds one event; one of a type that the projection does not handle is passed over unread.
    { model.apply(event) } -> std::same_as<result<void>>;
    /// Every event up to `where` is in.
    { model.commit(where) } -> std::same_as<result<void>>;
    /// Undoes what was done since `begin`; says after which position to go on.
    { model.rollback() } -> std::same_as<result<position>>;
    /// Empties rows and checkpoint at once, also when they are ahead of the log.
    { model.clear(store) } -> std::same_as<result<void>>;
};

namespace detail {

/// Whose rows these are, and how far they came.
struct read_model_mark {
    std::string projection;
    std::uint32_t version = 0;
    std::string layout;  ///< How the rows are laid out, as the projection wrote it.
    store_identity store;
    position reached;
};

/// Where a worker goes on.
enum class read_model_start : std::uint8_t {
    go_on,       ///< After the stored position.
    begin_anew,  ///< From zero: nothing is stored, or it is of another epoch, version or layout.
};

/// Refuses rows of another projection or another store. Errors: `foreign`.
inline result<void> check_owner(const read_model_mark& stored, const read_model_mark& wanted) {
    if (stored.projection != wanted.projection)
        return fail(errc::foreign, "the read model is of projection '" + stored.projection +
                                       "', not of '" + wanted.projection + "'; name another file");
    if (stored.store.id != wanted.store.id)
        return fail(errc::foreign, "read model '" + wanted.projection + "' follows store " +
                                       to_string(stored.store.id) + ", this store is " +
                                       to_string(wanted.store.id) +
                                       "; name another file, or delete this one");
    return {};
}

/// Judges what is stored by what is wanted (`projections/README.md` has it as a table).
inline result<read_model_start> judge_mark(const std::optional<read_model_mark>& stored,
                                           const read_model_mark& wanted, position head) {
    if (!stored) return read_model_start::begin_anew;
    if (auto owner = check_owner(*stored, wanted); !owner) return std::unexpected(owner.error());
    if (stored->store.epoch != wanted.store.epoch || stored->version != wanted.version ||
        stored->layout != wanted.layout)
        return read_model_start::begin_anew;
    if (stored->reached > head)
        return fail(errc::corrupt, "read model '" + wanted.projection + "' has applied position " +
                                       to_string(stored->reached) +
                                       ", but the log of the same epoch ends at " +
                                       to_string(head) +
                                       ": the log lost events; run `varve verify` on the store "
                                       "before you rebuild");
    return read_model_start::go_on;
}

}  // namespace detail
}  // namespace varve::inline v0
