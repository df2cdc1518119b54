// The folded state of one stream at a revision, kept so that a load need not begin at its first event.
//
// A snapshot is derived data: it may be missing, dropped or damaged at any time, and nothing depends
// on it but time. It is only ever served to the code that would fold to the same state: the same
// aggregate, its author's fold version, the schema of the state; and only if it is proved to stand on
// the very events that the stream has now. Anything else is ignored and counted.
#pragma once

#include <varve/event.hpp>
#include <varve/failure.hpp>
#include <varve/ids.hpp>
#include <varve/time.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve::inline v0 {

/// How a state was folded and written. A snapshot of another form is of no use, and is replaced by the
/// next one that is saved.
struct snapshot_form {
    std::string_view aggregate;        ///< Whose state; a stream has one snapshot for each.
    std::uint32_t fold_version = 1;    ///< Given by the author: another one folds otherwise.
    std::uint32_t schema_version = 1;  ///< Of the state, given by its author.
    varve::encoding encoding = varve::encoding::opaque;
    bytes_view descriptor{};  ///< As in `type_description`: another layout is another schema.
};

/// A snapshot to be saved; everything in it is a view.
struct new_snapshot {
    std::string_view stream;
    snapshot_form form;
    revision at;         ///< Of the newest event that was folded; it must be durable.
    bytes_view state{};  ///< At most `limits::payload` bytes.
};

/// A snapshot that may be used, valid during the call that gives it.
struct stored_snapshot {
    std::string_view stream;
    std::string_view aggregate;
    std::uint32_t fold_version = 1;
    std::uint32_t schema_version = 1;
    revision at;
    position where;  ///< Of the event at that revision.
    timestamp saved_at{};
    bytes_view state{};
};

/// Called with the snapshot that was found; says whether it could be decoded.
using snapshot_user = std::function<bool(const stored_snapshot&)>;

/// What becomes of a stored snapshot.
enum class snapshot_fate : std::uint8_t {
    usable = 0,
    damaged,        ///< Its bytes fail their checksum, or are not a snapshot of this stream.
    other_life,     ///< Of another store, or of an epoch before this one.
    other_fold,     ///< The author folds otherwise now.
    other_schema,   ///< The state is written otherwise now.
    ahead,          ///< The stream does not reach so far: it was restored from an older copy.
    ended,          ///< From before the event that ended the stream.
    other_history,  ///< The log has another event in its place.
    undecodable,    ///< Whoever asked for it could not read it.
};

/// `other schema`: for people.
constexpr std::string_view to_string(snapshot_fate fate) noexcept {
    switch (fate) {
        case snapshot_fate::usable: return "usable";
        case snapshot_fate::damaged: return "damaged";
        case snapshot_fate::other_life: return "other life";
        case snapshot_fate::other_fold: return "other fold";
        case snapshot_fate::other_schema: return "other schema";
        case snapshot_fate::ahead: return "ahead";
        case snapshot_fate::ended: return "ended";
        case snapshot_fate::other_history: return "other history";
        case snapshot_fate::undecodable: return "undecodable";
    }
    return "unknown";
}
inline constexpr std::size_t snapshot_fates = 9;

/// What saving came to.
enum class snapshot_saving : std::uint8_t {
    stored,  ///< It is there, durably.
    kept,    ///< Nothing was written: one as new is there, or the stream was ended since.
};

/// One snapshot in a listing.
struct snapshot_entry {
    std::string stream;
    std::string aggregate;
    std::uint32_t fold_version = 0;
    std::uint32_t schema_version = 0;
    revision at;
    position where;
    timestamp saved_at{};
    std::size_t size = 0;  ///< Bytes of the state.
    /// Whether a reader of its own form would be given it; if it is damaged, only the names are known.
    snapshot_fate fate = snapshot_fate::usable;
};

/// Counted since the store was opened.
struct snapshot_stats {
    std::uint64_t served = 0;   ///< Found, proved and decoded.
    std::uint64_t missing = 0;  ///< Asked for when there was none.
    std::uint64_t damaged = 0;  ///< From here on: found and ignored, by reason.
    std::uint64_t other_life = 0;
    std::uint64_t other_fold = 0;
    std::uint64_t other_schema = 0;
    std::uint64_t ahead = 0;
    std::uint64_t ended = 0;
    std::uint64_t other_history = 0;
    std::uint64_t undecodable = 0;
    std::uint64_t stored = 0;  ///< Saved.
    std::uint64_t kept = 0;    ///< Not saved, because one as new was there.

    std::uint64_t ignored() const noexcept {
        return damaged + other_life + other_fold + other_schema + ahead + ended + other_history +
               undecodable;
    }
};

/// Keeps snapshots. All functions may be called from any thread.
template <class S>
concept snapshot_store = requires(S& store, std::string_view stream, const snapshot_form& form,
                                  const new_snapshot& made, const snapshot_user& use) {
    /// Calls `use` with the newest snapshot of this form, if there is one that may be used; true if
    /// `use` took it. One that may not is ignored and counted. Errors: `io`; a bad name.
    { store.load_snapshot(stream, form, use) } -> std::same_as<result<bool>>;
    /// Keeps it, durably, unless there is one as new of the same form. Errors: `invalid_argument` if
    /// the stream does not reach so far, `too_large`, and those of every write.
    { store.save_snapshot(made) } -> std::same_as<result<snapshot_saving>>;
    /// Forgets those of one stream, or all; says how many.
    { store.drop_snapshots(stream) } -> std::same_as<result<std::size_t>>;
    { store.drop_all_snapshots() } -> std::same_as<result<std::size_t>>;
    /// Those of all streams whose name begins so, by name.
    { store.snapshots(stream) } -> std::same_as<result<std::vector<snapshot_entry>>>;
    { store.snapshot_counts() } -> std::same_as<snapshot_stats>;
};

}  // namespace varve::inline v0
