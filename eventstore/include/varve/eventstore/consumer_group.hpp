// Several consumers that share one reader's work, inside the process that writes.
//
//     auto mailers = varve::consumer_group<Store>::open(store, "mailers").value();
//     // on each of some threads:
//     while (auto given = mailers.take(1s).value()) {
//         if (send_mail(given->event())) mailers.acknowledge(*given).value();
//         else                           mailers.reject(*given, "the server is away").value();
//     }
//
// Each event is given to one consumer at a time, under a lease: whoever has not answered when it runs
// out has lost the event to another, and its answer is refused. The checkpoint follows the first
// event that is not done, so after a crash what was answered beyond it may be given once more (tell
// it apart by `event().id`). An event that fails too often, or is parked by hand, is set aside
// durably with its reason; with `in_order`, so are the later events of its stream, until `replay`
// gives them again in their order. In memory are at most `window` events and a line per parked one.
#pragma once

#include <varve/environment.hpp>
#include <varve/eventstore/detail/bell.hpp>
#include <varve/eventstore/detail/consumer_window.hpp>
#include <varve/eventstore/format/parked.hpp>
#include <varve/named_subscription.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0 {

struct consumer_options {
    named_subscription_options from{};  ///< Where a new group begins, and what it wants.
    std::uint32_t window = 1024;        ///< Events taken from the log and not done.
    std::uint32_t attempts = 5;         ///< Deliveries of an event before it is parked.
    std::chrono::nanoseconds lease = std::chrono::seconds{30};  ///< On the monotonic clock.
    /// Before a rejected event is given again; doubles with each attempt, to a minute at most.
    std::chrono::nanoseconds retry_after = std::chrono::seconds{1};
    std::uint32_t checkpoint_every = 100;  ///< Answers between two checkpoints.
    bool in_order = true;                  ///< One event of a stream at a time, in its order.
};

/// What a group does at the moment.
struct consumer_status {
    position committed;       ///< The stored checkpoint.
    position read;            ///< The last position looked at.
    std::size_t waiting = 0;  ///< Read and neither leased nor done.
    std::size_t leased = 0;
    std::size_t parked = 0;  ///< Durable, also over the end of the process.
};

/// All functions may be called from any thread. The store outlives the group.
template <class Store>
class consumer_group {
public:
    using reader = named_subscription<Store>;

    /// Takes the group's name over; an object that held it before is fenced off. Errors: as
    /// `named_subscription::claim`, `corrupt` if a parked record is damaged.
    static result<consumer_group> open(Store& store, std::string name,
                                       consumer_options options = {}) {
        if (options.window == 0 || options.attempts == 0 || options.checkpoint_every == 0)
            return fail(errc::invalid_argument, "consumer group '" + name +
                                                    "': window, attempts and checkpoint_every "
                                                    "begin at 1");
        auto claimed = reader::claim(store, name, options.from);
        if (!claimed) return std::unexpected(claimed.error());
        auto parked = store.parked(name);
        if (!parked) return std::unexpected(parked.error());
        auto inner = std::make_unique<state>(store, std::move(name), options, std::move(*claimed));
        for (auto& event : *parked) inner->window.remember_parked(std::move(event));
        return consumer_group{std::move(inner)};
    }

    /// The next event that may be given, or nothing when `wait` is over. Errors: `fenced`: the group
    /// was opened again, stop; `poisoned`, `unknown`: reopen the store and go on; what reading says.
    result<std::optional<delivery>> take(std::chrono::nanoseconds wait = {});

    /// The event's effect is there, durably. Errors: `fenced` if its lease ran out since.
    result<void> acknowledge(const delivery& done);

    /// The event failed and is given again later, or parked if that was its last attempt.
    result<void> reject(const delivery& failed, std::string_view reason);

    /// Sets the event aside at once.
    result<void> park(const delivery& failed, std::string_view reason);

    /// What is set aside, in log order.
    result<std::vector<parked_event>> parked() {
        const std::lock_guard lock{inner_->mutex};
        return inner_->window.parked();
    }

    /// Gives the parked events of a stream again, in order, each when the one before is
    /// acknowledged; if one fails again it is parked as before, and the rest wait. Errors: `not_found` if nothing of it is parked.
    result<void> replay(std::string_view stream);

    /// Gives a parked event up: it is never given again. Errors: `not_found`.
    result<void> drop(position where);

    /// Stores the checkpoint now. Done by itself every `checkpoint_every` answers.
    result<void> commit() {
        const std::lock_guard lock{inner_->mutex};
        return inner_->commit();
    }

    consumer_status status() const {
        const std::lock_guard lock{inner_->mutex};
        const auto& window = inner_->window;
        return {inner_->from_log.committed(), inner_->from_log.at(), window.waiting(),
                window.leased(), window.parked_count()};
    }

private:
    struct state {
        state(Store& s, std::string n, const consumer_options& o, reader claimed)
            : store(s),
              name(std::move(n)),
              options(o),
              from_log(std::move(claimed)),
              window(o.in_order) {
            woken = store.on_durable([this] { changed.ring(); });
        }

        std::chrono::nanoseconds now() { return store.environment().clock().monotonic(); }

        result<bool> fill();
        result<void> expire();
        result<void> set_aside(position failed, std::string_view reason);
        result<void> give_up_or_again(position failed, std::string_view reason);
        result<void> finish(position done);
        result<void> replay_first(std::string_view stream);
        result<void> commit();

        Store& store;
        std::string name;
        consumer_options options;
        mutable std::mutex mutex;
        detail::bell changed;
        reader from_log;
        detail::consumer_window window;
        std::uint32_t since_commit = 0;
        registration woken;  // last: it ends first, and then nobody rings
    };

    explicit consumer_group(std::unique_ptr<state> inner) : inner_(std::move(inner)) {}

    /// Runs `change` on the entry that the delivery is of, if its lease still holds.
    template <class Change>
    result<void> answer(const delivery& given, Change&& change) {
        const std::lock_guard lock{inner_->mutex};
        if (!inner_->window.holds(given, inner_->now()))
            return fail(errc::fenced, "the lease on position " + to_string(given.event().position) +
                                          " ran out; another consumer has the event or will");
        auto done = change();
        inner_->changed.ring();
        return done;
    }

    std::unique_ptr<state> inner_;
};

template <class Store>
result<std::optional<delivery>> consumer_group<Store>::take(std::chrono::nanoseconds wait) {
    state& s = *inner_;
    const auto begun = s.now();
    for (;;) {
        const auto rung = s.changed.count();
        std::optional<std::chrono::nanoseconds> due;
        {
            const std::lock_guard lock{s.mutex};
            if (auto done = s.expire(); !done) return pass_on(std::move(done));
            auto more = s.fill();
            if (!more) return pass_on(std::move(more));
            if (auto given = s.window.give(s.now() + s.options.lease)) return given;
            if (*more) continue;
            if (auto done = s.commit(); !done) return pass_on(std::move(done));  // idle
            due = s.window.next_due();
        }
        const auto now = s.now();
        if (now - begun >= wait) return std::optional<delivery>{};
        const auto left = wait - (now - begun);
        const auto nap = due ? std::min(left, std::max(*due - now, std::chrono::nanoseconds{1}))
                             : left;
        // when all of it was slept, it is over, whatever a clock that a test holds still says
        if (!s.changed.wait_beyond(rung, nap) && nap == left) return std::optional<delivery>{};
    }
}

template <class Store>
result<void> consumer_group<Store>::acknowledge(const delivery& done) {
    return answer(done, [&] { return inner_->finish(done.event().position); });
}

template <class Store>
result<void> consumer_group<Store>::reject(const delivery& failed, std::string_view reason) {
    return answer(failed,
                  [&] { return inner_->give_up_or_again(failed.event().position, reason); });
}

template <class Store>
result<void> consumer_group<Store>::park(const delivery& failed, std::string_view reason) {
    return answer(failed, [&] { return inner_->set_aside(failed.event().position, reason); });
}

template <class Store>
result<void> consumer_group<Store>::replay(std::string_view stream) {
    const std::lock_guard lock{inner_->mutex};
    if (!inner_->window.first_parked(stream))
        return fail(errc::not_found, "consumer group '" + inner_->name +
                                         "' has parked nothing of stream '" + std::string{stream} +
                                         "'");
    auto done = inner_->replay_first(stream);
    inner_->changed.ring();
    return done;
}

template <class Store>
result<void> consumer_group<Store>::drop(position where) {
    state& s = *inner_;
    const std::lock_guard lock{s.mutex};
    if (!s.window.is_parked(where))
        return fail(errc::not_found,
                    "consumer group '" + s.name + "' has not parked position " + to_string(where));
    if (s.window.holds(where))
        return fail(errc::busy, "position " + to_string(where) +
                                    " is being replayed; answer its delivery instead");
    if (auto gone = s.store.unpark(s.name, where, s.from_log.holder()); !gone) return gone;
    s.window.forget_parked(where);
    s.changed.ring();
    return {};
}

/// Reads on while there is room. True if events may wait beyond.
template <class Store>
result<bool> consumer_group<Store>::state::fill() {
    if (window.size() >= options.window) return false;
    const auto before = from_log.at();
    std::vector<std::shared_ptr<const event_page>> fresh;
    std::vector<parked_event> behind;
    const auto room = static_cast<std::uint32_t>(options.window - window.size());
    auto more = from_log.poll(
        [&](const recorded_event& event) {
            if (window.is_parked(event.position)) return true;  // in an earlier life
            if (window.is_blocked(event.stream)) {
                behind.push_back(detail::consumer_window::behind(
                    event.position, std::string{event.stream}, store.environment().now()));
                return true;
            }
            auto page = std::make_shared<event_page>();
            page->add(event);
            fresh.push_back(std::move(page));
            return true;
        },
        {.events = room});
    if (!more) return more;
    if (!behind.empty()) {
        if (auto kept = store.park(name, behind, from_log.holder()); !kept) {
            from_log.go_back_to(before);
            return pass_on(std::move(kept));
        }
        for (auto& event : behind) window.remember_parked(std::move(event));
    }
    for (auto& page : fresh) window.add(std::move(page));
    return *more || !fresh.empty();
}

template <class Store>
result<void> consumer_group<Store>::state::expire() {
    for (;;) {  // what is to come again at once is due at once
        const auto lost = window.expire(now());
        if (lost.empty()) return {};
        result<void> done;
        for (const position at : lost) {
            if (done) done = give_up_or_again(at, "its lease ran out");
            if (!done) window.give_again(at, now());  // it could not be parked: once more, then
        }
        if (!done) return done;
    }
}

template <class Store>
result<void> consumer_group<Store>::state::give_up_or_again(position failed,
                                                            std::string_view reason) {
    const auto attempt = window.attempts(failed);
    if (attempt >= options.attempts) return set_aside(failed, reason);
    const auto longest = std::max<std::chrono::nanoseconds>(std::chrono::minutes{1},
                                                            options.retry_after);
    auto pause = options.retry_after;
    for (std::uint32_t i = 1; i < attempt && pause < longest; ++i) pause *= 2;
    window.give_again(failed, now() + std::min(pause, longest));
    return {};
}

/// Durable first: if it fails, the lease runs on and the event comes again.
template <class Store>
result<void> consumer_group<Store>::state::set_aside(position failed, std::string_view reason) {
    auto events = window.with_followers(failed, store.environment().now(), reason);
    if (auto kept = store.park(name, events, from_log.holder()); !kept) return kept;
    for (auto& event : events) {
        window.remove(event.where);
        window.remember_parked(std::move(event));
    }
    return {};
}

template <class Store>
result<void> consumer_group<Store>::state::finish(position done) {
    if (window.replayed(done)) {
        const std::string stream = window.with_followers(done, {}, {}).front().key;
        if (auto gone = store.unpark(name, done, from_log.holder()); !gone) return gone;
        window.remove(done);
        window.forget_parked(done);
        return window.first_parked(stream) ? replay_first(stream) : result<void>{};
    }
    window.remove(done);
    if (++since_commit < options.checkpoint_every) return {};
    return commit();
}

/// Reads the first parked event of a stream again; the others follow it.
template <class Store>
result<void> consumer_group<Store>::state::replay_first(std::string_view stream) {
    const position where = *window.first_parked(stream);
    if (window.holds(where)) return {};
    auto page = store.read_log({.after = position{where.value - 1}, .limit = 1});
    if (!page) return pass_on(std::move(page));
    if (page->empty() || (*page)[0].position != where)
        return fail(errc::corrupt, "position " + to_string(where) +
                                       " is parked and not in the log; run `varve verify`");
    window.add(std::make_shared<event_page>(std::move(*page)), true);
    return {};
}

template <class Store>
result<void> consumer_group<Store>::state::commit() {
    const auto undone = window.first_undone();
    const position reached = undone ? position{undone->value - 1} : from_log.at();
    if (reached <= from_log.committed()) return {};
    auto done = from_log.commit(reached);
    if (done) since_commit = 0;
    return done;
}

}  // namespace varve::inline v0
