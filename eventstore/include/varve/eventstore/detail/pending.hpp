// What waits for the leader: an append, or a side write that rides along with a group.
#pragma once

#include <varve/append.hpp>
#include <varve/eventstore/detail/side_transaction.hpp>
#include <varve/eventstore/format/batch_builder.hpp>
#include <varve/eventstore/format/reservations.hpp>
#include <varve/failure.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

namespace varve::inline v0::detail {

/// Work on its way to the engine. A blocking caller keeps it on its stack, an asynchronous one on
/// the heap.
struct pending_work {
    enum class kind : std::uint8_t { append, side };
    enum state : int { waiting, leads, answered };

    explicit pending_work(kind k) noexcept : what(k) {}
    pending_work(const pending_work&) = delete;
    pending_work& operator=(const pending_work&) = delete;

    const kind what;
    std::size_t size = 0;  ///< Bytes that it adds to its group.
    std::atomic<int> now = waiting;
    std::move_only_function<void()> done{};  ///< Empty: somebody blocks on `now`.

    /// The answer, when it is not the group's outcome. Nothing of it was tried.
    void refuse(failure why);

protected:
    ~pending_work() = default;
};

struct pending_append final : pending_work {
    /// What is asked for: an append, or something about one that is promised.
    enum class purpose : std::uint8_t { store, reserve, confirm, release, forget };

    pending_append(batch_builder built, std::span<const stream_check> believed,
                   std::span<const type_description> described,
                   std::span<const condition> conditioned = {},
                   std::span<const event_query> forbidden = {})
        : pending_work(kind::append),
          batch(std::move(built)),
          checks(believed),
          types(described),
          conditions(conditioned),
          fail_if_exists(forbidden) {
        size = batch.raw().size();
    }
    pending_append() : pending_append(batch_builder{}, {}, {}) {}
    /// What is to be reserved.
    pending_append(std::shared_ptr<const promise> made, bytes stored, batch_builder built,
                   std::span<const type_description> described)
        : pending_append(std::move(built), {}, described) {
        aim = purpose::reserve;
        reservation = std::move(stored);
        size = reservation.size();
        promised = std::move(made);
        checks = promised->beliefs.checks();
        conditions = promised->beliefs.conditions();
        fail_if_exists = promised->beliefs.fail_if_exists();
    }

    batch_builder batch;
    purpose aim = purpose::store;
    std::shared_ptr<const promise>
        promised{};       ///< What is to be reserved, or was and is confirmed.
    bytes reservation{};  ///< What is to be reserved, as it is stored.
    std::span<const stream_check> checks;
    std::span<const type_description> types;
    std::span<const condition> conditions;
    std::span<const event_query> fail_if_exists;
    result<receipt> answer = fail(errc::closed, {});  ///< Until it is looked at.
};

/// Small writes beside the log: checkpoints, snapshots, reservations.
struct side_write final : pending_work {
    /// What to write, decided by the leader from what is stored and staged before. If it fails,
    /// nothing of it is written and its failure is the answer.
    using decision = std::move_only_function<result<void>(side_transaction&)>;

    explicit side_write(decision what_to_write, std::size_t bytes = 0)
        : pending_work(kind::side), decide(std::move(what_to_write)) {
        size = bytes;
    }

    decision decide;
    result<void> answer{};
};

inline void pending_work::refuse(failure why) {
    if (what == kind::append)
        static_cast<pending_append*>(this)->answer = std::unexpected(std::move(why));
    else
        static_cast<side_write*>(this)->answer = std::unexpected(std::move(why));
}

}  // namespace varve::inline v0::detail
