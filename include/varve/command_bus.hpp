// Sends a command to the one handler that accepts it: load, decide, append.
//
//     using handlers = varve::commands<OpenHandler, WithdrawHandler>;
//     varve::command_bus<varve::memory_store, handlers> bus{store, env};
//     auto done = bus.send(Withdraw{"7", 2'000});   // result<receipt>
//
// The handler is found while compiling: a command without one, or with two, does not compile. A
// send reads the stream, folds it, decides, and appends at the revision it saw, so a writer in
// between is a `conflict`, never a lost update. Nothing here retries. May be called from any thread.
// After `unknown`, reopen the store and send again with the id that the failure carries.
#pragma once

#include <varve/append.hpp>
#include <varve/environment.hpp>
#include <varve/handlers.hpp>
#include <varve/load.hpp>
#include <varve/store.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// What goes along with a command. All views live until `send` returns.
struct send_options {
    /// The command's own id, which becomes the append id: a command sent again with it returns the
    /// first receipt. None: an id is made, and a repetition is not recognised.
    append_id id{};
    message_id correlation{};
    message_id causation{};
    std::optional<timestamp> occurred_at{};
    std::span<const header> headers{};
};

namespace detail {

/// The tags of some events, as texts that live until the append.
class encoded_tags {
public:
    template <class Event>
    void take(std::size_t index, const Event& event, std::span<const std::string> by_hand) {
        const std::size_t first = texts_.size();
        each_declared_tag(event, [this](std::string_view tag) { texts_.emplace_back(tag); });
        texts_.insert(texts_.end(), by_hand.begin(), by_hand.end());
        if (texts_.size() != first) parts_.push_back({index, first, texts_.size() - first});
    }

    /// No text is added any more.
    void attach(std::span<new_event> events) {
        views_.assign(texts_.begin(), texts_.end());
        for (const auto& [event, first, count] : parts_)
            events[event].tags = std::span{views_}.subspan(first, count);
    }

private:
    struct part {
        std::size_t event, first, count;
    };
    std::vector<std::string> texts_;
    std::vector<std::string_view> views_;
    std::vector<part> parts_;
};

/// Events encoded side by side in one buffer, ready for an append.
template <class State>
class encoded_events {
    using types = typename checked_aggregate<State>::event_types;

public:
    result<void> encode(const decision<State>& decided, std::string_view stream,
                        const send_options& options) {
        buffer_.reserve(256);
        const std::size_t size = decided.size();
        if (size > 1) {
            more_.resize(size);
            ends_.resize(size);
        }
        result<void> outcome;
        std::size_t i = 0;
        decided.each([&]<class Event>(const Event& event) {
            if (!outcome) return;
            outcome = try_encode(event, buffer_);
            fill(size > 1 ? more_[i] : one_, event, stream, options);
            tags_.take(i, event, decided.tags_of(i));
            (size > 1 ? ends_[i] : end_) = buffer_.size();
            ++i;
        });
        if (!outcome) return outcome;
        events_ = size > 1 ? std::span{more_} : std::span{&one_, size};
        const std::span<const std::size_t> ends = size > 1 ? std::span{ends_}
                                                           : std::span{&end_, size};
        for (std::size_t from = 0, e = 0; e < size; from = ends[e++])  // the buffer rests only now
            events_[e].payload = bytes_view{buffer_}.subspan(from, ends[e] - from);
        tags_.attach(events_);
        return {};
    }

    std::span<const new_event> events() const noexcept { return events_; }
    std::span<const type_description> types_used() const noexcept {
        return {described_.data(), count_};
    }

private:
    template <class Event>
    void fill(new_event& to, const Event&, std::string_view stream, const send_options& options) {
        to.stream = stream;
        to.type = wire_name<Event>;
        to.schema_version = schema_version<Event>;
        to.meta = {.correlation = options.correlation,
                   .causation = options.causation,
                   .occurred_at = options.occurred_at,
                   .headers = options.headers};
        bool& known = known_[place_in<Event, types>];
        if (!known) described_[count_++] = describe_type<Event>();
        known = true;
    }

    bytes buffer_;
    encoded_tags tags_;
    new_event one_;
    std::size_t end_ = 0;
    std::vector<new_event> more_;
    std::vector<std::size_t> ends_;
    std::span<new_event> events_;
    std::array<type_description, types::size> described_;
    std::array<bool, types::size> known_{};
    std::size_t count_ = 0;
};

}  // namespace detail

template <event_store Store, class Handlers>
class command_bus;

/// A command bus over a store, which outlives it.
template <event_store Store, class... H>
class command_bus<Store, commands<H...>> {
    using table = detail::command_table<detail::type_list<H...>>;

    static_assert(table::unique);  // looked at when the bus is formed, not at its first use
    static_assert(!detail::wire_names<typename table::events>::ambiguous,
                  "varve: a wire name stands for two different events on this bus");

public:
    explicit command_bus(Store& store, environment& env, H... handlers)
        requires(sizeof...(H) != 0)
        : store_(&store), env_(&env), handlers_{{{std::move(handlers)}...}} {}
    explicit command_bus(Store& store, environment& env)
        : store_(&store), env_(&env), handlers_{} {}

    /// True if one handler accepts this command.
    template <class Command>
    static constexpr bool accepts = table::template accepts<Command>;

    /// Loads, decides and appends. If the handler decided `nothing`, nothing is stored: the receipt's
    /// `first` is 0 and its `last` the head of the log that was decided upon, so that waiting for it
    /// shows what the decision saw. Such a command, like a refused one, is decided again when it is
    /// sent again.
    /// Errors: `rejected` with the domain's words; `conflict` if the stream moved on meanwhile;
    /// `invalid_argument`, `too_large` for a bad key or event; what the store says.
    template <class Command>
    result<receipt> send(const Command& command, const send_options& options = {}) {
        static_assert(accepts<Command>, "varve: no handler on this bus accepts this command");
        if constexpr (accepts<Command>) {
            using handler = typename table::template handler_of<Command>;
            using state = typename detail::command_handler<handler>::state;
            const auto stream = detail::stream_name::make(state::category, handler::key(command));
            if (!stream) return std::unexpected(stream.error());
            if (!options.id.is_none())
                if (auto first = store_->find(options.id); !first || *first)
                    return known(std::move(first));
            const auto now = load<state>(*store_, stream->view());
            if (!now) return std::unexpected(now.error());
            auto decided = decide(now->state, command);
            return store(decided, stream->view(), *now, options);
        } else {
            return fail(errc::unsupported, {});
        }
    }

    /// The handler's own answer, by a direct call; no store, no clock.
    template <class State, class Command>
    auto decide(const State& state, const Command& command) const {
        static_assert(accepts<Command>, "varve: no handler on this bus accepts this command");
        if constexpr (accepts<Command>)
            return handlers_.template at<table::template place<Command>>()(state, command);
    }

private:
    static result<receipt> known(result<std::optional<receipt>>&& first) {
        if (!first) return pass_on(std::move(first));
        return *std::move(*first);
    }

    template <class State>
    result<receipt> store(const decision<State>& decided, std::string_view stream,
                          const loaded<State>& seen, const send_options& options) {
        if (const auto* refusal = decided.refusal())
            return fail(errc::rejected, refusal->message());
        const auto id = options.id.is_none() ? env_->ids().template next<append_id>() : options.id;
        if (decided.empty())
            return receipt{.id = id, .first = {}, .last = seen.head, .streams = {}};

        detail::encoded_events<State> encoded;
        if (auto done = encoded.encode(decided, stream, options); !done)
            return pass_on(std::move(done));
        const stream_check unmoved{
            stream, seen.revision == revision{} ? expect::none : expect::at(seen.revision)};
        auto stored = store_->append({.id = id,
                                      .events = encoded.events(),
                                      .checks = {&unmoved, 1},
                                      .types = encoded.types_used()});
        if (stored || stored.error().code != errc::id_reused || options.id.is_none()) return stored;
        // The same command, sent twice at once, was decided on two states: the first one counts.
        auto first = store_->find(id);
        if (first && !*first) return stored;
        return known(std::move(first));
    }

    Store* store_;
    environment* env_;
    detail::values_of<detail::type_list<H...>> handlers_;
};

}  // namespace varve::inline v0
