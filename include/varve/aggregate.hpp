// An aggregate: a state folded from its events, and nothing else.
//
//     struct Account {
//         static constexpr std::string_view category = "account";       // streams account-<key>
//         using events = varve::events<Opened, Deposited, Withdrawn>;   // all it can meet
//         std::int64_t cents = 0;
//         void evolve(const Opened&) noexcept {}
//         void evolve(const Deposited& e) noexcept { cents += e.cents; }
//         void evolve(const Withdrawn& e) noexcept { cents -= e.cents; }
//     };
//
// `evolve` never refuses: what has happened has happened.
#pragma once

#include <varve/codec.hpp>
#include <varve/dispatch.hpp>
#include <varve/event.hpp>
#include <varve/failure.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace varve::inline v0 {

/// A list of event types.
template <class... Event>
struct events {
    static constexpr std::size_t size = sizeof...(Event);
};

namespace detail {

template <class T>
inline constexpr bool is_events = false;
template <class... E>
inline constexpr bool is_events<events<E...>> = true;

template <class State, class Event>
concept evolves = requires(State& state, const Event& event) { state.evolve(event); };

template <class State, class List>
inline constexpr bool evolves_all = false;
template <class State, class... E>
inline constexpr bool evolves_all<State, events<E...>> = all_true({evolves<State, E>...});

constexpr bool good_category(std::string_view category) noexcept {
    return !category.empty() && category.size() < limits::stream_name - 1 &&
           !category.starts_with(limits::reserved_prefix) &&
           category.find('-') == std::string_view::npos;
}

template <class State>
concept names_events = requires { typename State::events; } && is_events<typename State::events>;
template <class State>
concept names_category = requires {
    { State::category } -> std::convertible_to<std::string_view>;
};

}  // namespace detail

/// A state with a category, a list of events, and an `evolve` for each.
template <class State>
concept aggregate = std::default_initializable<State> && detail::names_category<State> &&
                    detail::names_events<State> &&
                    detail::evolves_all<State, typename State::events>;

namespace detail {

template <class State, class Event>
struct event_check {
    static_assert(evolves<State, Event>, "varve: this aggregate has an event without an `evolve`");
    static constexpr bool good = true;
};

template <class State, class... E>
consteval bool check_event_list(events<E...>) {
    static_assert(sizeof...(E) != 0, "varve: this aggregate lists no events");
    static_assert(!wire_names<type_list<E...>>::doubled,
                  "varve: two events of this aggregate share a wire name");
    return all_true({event_check<State, E>::good...});
}

/// The concept `aggregate` again, as sentences. Forming it checks.
template <class State>
struct checked_aggregate {
    static_assert(std::default_initializable<State>,
                  "varve: this aggregate cannot be made from nothing; before its first event it is "
                  "`State{}`");
    static_assert(
        names_category<State>,
        "varve: this aggregate has no category; give it `static constexpr std::string_view "
        "category = \"...\"`");
    static_assert(names_events<State>,
                  "varve: this aggregate has no list of events; give it `using events = "
                  "varve::events<...>`");
    static_assert(good_category(State::category),
                  "varve: this category is empty, too long, begins with `$` or holds a `-`");
    static_assert(check_event_list<State>(typename State::events{}));

    using event_types = as_type_list<typename State::events>;
    using names = wire_names<event_types>;
};

inline std::string place_of(const recorded_event& event) {
    return "stream " + std::string{event.stream} + ", revision " + to_string(event.revision) +
           ", position " + to_string(event.position);
}

}  // namespace detail

/// Decodes a stored event and evolves the state by it; `state` is as before if that fails. Does not
/// allocate for flat events. Errors: `undecodable`, naming stream, position and type.
template <class State>
result<void> apply(State& state, const recorded_event& event) {
    using checked = detail::checked_aggregate<State>;
    const auto place = checked::names::find(event.type);
    if (place == detail::not_listed)
        return fail(errc::undecodable, detail::place_of(event) + ": the type '" +
                                           std::string{event.type} +
                                           "' is not among the events of this aggregate");
    return detail::call_at<result<void>>(
        typename checked::event_types{}, place, [&]<class Event>() -> result<void> {
            const auto decoded = decode<Event>(event.payload, event.schema_version);
            if (!decoded)
                return fail(decoded.error().code,
                            detail::place_of(event) + ": " + decoded.error().message);
            state.evolve(*decoded);
            return {};
        });
}

/// The state after some stored events, from nothing or from a state before them.
template <class State, class Events>
result<State> fold(const Events& stored, State from = {}) {
    for (const recorded_event& event : stored)
        if (auto applied = apply(from, event); !applied) return pass_on(std::move(applied));
    return from;
}

}  // namespace varve::inline v0
