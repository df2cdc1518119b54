// A store held against its anchor: what the anchor knows and the store does not is lost.
#pragma once

#include <varve/eventstore/anchor/record.hpp>
#include <varve/failure.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace varve::inline v0::detail {

/// Whether the store that was found, if one was, is the anchor's. Errors: `corrupt`.
inline result<void> compare_with_anchor(const anchor_record& known,
                                        const std::optional<store_identity>& found,
                                        const std::string& place) {
    if (!found)
        return fail(errc::corrupt,
                    "there is no store in " + place + ", but the anchor of one (" +
                        to_string(known.store.id) + ", durable up to position " +
                        to_string(known.head) +
                        "); bring the store back, or remove the anchor to begin a new one");
    if (known.store.id == found->id) return {};
    return fail(errc::corrupt, place + " holds the store " + to_string(found->id) +
                                   ", and the anchor beside it is of the store " +
                                   to_string(known.store.id) +
                                   "; bring together what belongs together");
}

/// What there is of a log.
struct found_log {
    store_identity store;
    position head;
    /// The batch that ends at the anchor's position, if the log goes that far, has its hash.
    bool same_history = true;
    std::optional<std::uint64_t> promises{};  ///< Nothing: nobody looked.
};

/// Whether it is the one the anchor knows. Errors: `corrupt`.
inline result<void> compare_with_anchor(const anchor_record& known, const found_log& found,
                                        const std::string& place) {
    const position head = found.head;
    const epoch life = found.store.epoch;
    if (known.store.epoch < life) return {};
    const auto refuse = [&](const std::string& what) {
        return fail(errc::corrupt, "the log in " + place + " ends at position " + to_string(head) +
                                       ", but " + what +
                                       "; restore a backup, or take what is there with `varve "
                                       "repair --accept-loss-after " +
                                       to_string(head) + "`");
    };
    if (known.store.epoch > life)
        return refuse("its anchor is of a later life (epoch " + to_string(known.store.epoch) +
                      ", the store's is " + to_string(life) + ")");
    if (head < known.head)
        return refuse("its anchor says that it was durable up to " + to_string(known.head) +
                      ": events are lost");
    if (found.promises && *found.promises < known.promises)
        return refuse("its anchor knows " + std::to_string(known.promises) +
                      " changes of reservations, and " + std::to_string(*found.promises) +
                      " are there: a promise is lost");
    if (found.same_history) return {};
    return refuse("its anchor knows another history up to " + to_string(known.head));
}

}  // namespace varve::inline v0::detail
