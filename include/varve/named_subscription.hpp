// A subscription under a name: it goes on where the name's last holder left off.
//
//     auto reader = varve::named_subscription<Store>::claim(store, "mailer").value();
//     while (reader.wait(1s)) {
//         reader.poll([](const recorded_event& event) { ...; return true; }).value();
//         reader.commit().value();  // what was polled has had its effects, durably
//     }
//
// Between the effect and `commit` a crash may come, and the event then comes again: once per life is
// what is promised here, exactly once needs the effect and the checkpoint in one transaction (a
// projection) or an effect that can be told apart (`event.id`).
#pragma once

#include <varve/assert.hpp>
#include <varve/checkpoint.hpp>
#include <varve/subscription.hpp>

#include <string>
#include <utility>

namespace varve::inline v0 {

/// What to do when the stored checkpoint is of another life of the store, as after a restore.
enum class other_epoch : std::uint8_t {
    refuse,      ///< Answer `corrupt`; somebody decides.
    start_over,  ///< Begin anew; for readers whose effects can be built again.
};

struct named_subscription_options {
    position start{};       ///< Where a name begins that has no checkpoint; exclusive.
    bool from_now = false;  ///< It begins at the durable head instead.
    other_epoch after_restore = other_epoch::refuse;
    type_filter wanted{};
};

/// One holder of a name. One thread at a time; the store outlives it.
template <class Store>
    requires event_store<Store> && checkpoint_store<Store>
class named_subscription {
public:
    /// Takes the name over; an earlier holder can no longer commit. Errors: `invalid_argument` (the
    /// name), `corrupt` if the log ends before the checkpoint (events were lost) or the checkpoint is
    /// of another epoch, and what storing says.
    static result<named_subscription> claim(Store& store, std::string name,
                                            named_subscription_options options = {}) {
        auto now = store.claim_reader(name);
        if (!now) return std::unexpected(now.error());
        if (now->store != store.identity()) {
            if (options.after_restore == other_epoch::refuse)
                return fail(errc::corrupt,
                            "reader '" + name + "' has a checkpoint of epoch " +
                                to_string(now->store.epoch) + ", the store is in epoch " +
                                to_string(store.identity().epoch) +
                                ": it was restored; start over or look what differs");
            if (auto reset = store.reset_checkpoint(name, now->holder); !reset)
                return std::unexpected(reset.error());
            now->reached = {};
        }
        const auto head = store.head();
        if (head < now->reached)
            return fail(errc::corrupt, "reader '" + name + "' has seen position " +
                                           to_string(now->reached) + ", the log ends at " +
                                           to_string(head) +
                                           ": events were lost; run `varve verify`");
        const bool fresh = now->reached == position{};
        const position start = !fresh ? now->reached : options.from_now ? head : options.start;
        return named_subscription{store, std::move(name), now->holder, start,
                                  std::move(options.wanted)};
    }

    /// As `subscription::poll`.
    result<bool> poll(const event_visitor& visit, poll_limits limits = {}) {
        return reader_.poll(visit, limits);
    }
    bool wait(std::chrono::nanoseconds timeout) { return reader_.wait(timeout); }

    /// Reads again from a position that was read before.
    void go_back_to(position where) {
        detail::ensure(where >= committed_ && where <= reader_.at(), "it was read before");
        reader_.seek(where);
    }

    /// The last position looked at.
    position at() const noexcept { return reader_.at(); }
    /// What the stored checkpoint says.
    position committed() const noexcept { return committed_; }
    fencing_token holder() const noexcept { return holder_; }

    /// Everything polled so far has had its effects, durably. Errors: `fenced`: stop; others: the
    /// checkpoint may or may not have moved, try again.
    result<void> commit() { return commit(reader_.at()); }

    /// The same up to a position that was polled.
    result<void> commit(position reached) {
        if (reached > reader_.at())
            return fail(errc::invalid_argument, "position " + to_string(reached) +
                                                    " was not read yet; the reader is at " +
                                                    to_string(reader_.at()));
        auto saved = store_->save_checkpoint(name_, reached, holder_);
        if (saved) committed_ = reached;
        return saved;
    }

private:
    named_subscription(Store& store, std::string name, fencing_token holder, position start,
                       type_filter wanted)
        : store_(&store),
          name_(std::move(name)),
          holder_(holder),
          committed_(start),
          reader_(store, start, std::move(wanted)) {}

    Store* store_;
    std::string name_;
    fencing_token holder_;
    position committed_;
    subscription<Store> reader_;
};

}  // namespace varve::inline v0
