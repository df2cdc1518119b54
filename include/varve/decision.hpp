// What a command comes to: nothing, events, or a refusal.
//
//     varve::decision<Account> operator()(const Account& account, const Withdraw& command) const {
//         if (command.cents == 0) return varve::nothing;
//         if (account.cents < command.cents) return varve::reject("insufficient funds");
//         return Withdrawn{command.cents};                        // or {Withdrawn{...}, Emptied{}}
//     }
//
// An event may be given tags here, beside those that its type declares: `tagged(Withdrawn{...}, "x")`.
#pragma once

#include <varve/aggregate.hpp>
#include <varve/event_tags.hpp>

#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace varve::inline v0 {

/// A refusal by the domain.
struct rejection {
    std::string code;    ///< A word for programs, chosen by the domain; may be empty.
    std::string reason;  ///< A sentence for people.

    /// `code: reason`, or the reason alone.
    std::string message() const { return code.empty() ? reason : code + ": " + reason; }

    friend bool operator==(const rejection&, const rejection&) = default;
};

/// Refuses a command.
inline rejection reject(std::string reason) { return {.code = {}, .reason = std::move(reason)}; }
inline rejection reject(std::string code, std::string reason) {
    return {.code = std::move(code), .reason = std::move(reason)};
}

/// Says that a command changes nothing.
struct nothing_t {
    friend bool operator==(nothing_t, nothing_t) = default;
};
inline constexpr nothing_t nothing{};

/// Several events as one value; see `emit`.
template <class... Event>
struct emitted {
    std::tuple<Event...> events;
};

/// Several events, in this order.
template <class... Event>
emitted<std::decay_t<Event>...> emit(Event&&... event) {
    return {{std::forward<Event>(event)...}};
}

namespace detail {

template <class List>
struct variant_of;
template <class... E>
struct variant_of<type_list<E...>> {
    using type = std::variant<E...>;
};

}  // namespace detail

/// The outcome of deciding a command over `State`. One event is held in place, without allocation.
template <class State>
class decision {
    using checked = detail::checked_aggregate<State>;

public:
    using event_types = typename checked::event_types;
    using event = typename detail::variant_of<event_types>::type;

    decision() = default;
    decision(nothing_t) noexcept {}
    decision(rejection refusal) : outcome_(std::move(refusal)) {}

    template <class Event>
        requires(!std::is_base_of_v<decision, std::remove_cvref_t<Event>> &&
                 !detail::is_tagged<std::remove_cvref_t<Event>>)
    decision(Event&& one) : outcome_(make(std::forward<Event>(one))) {}

    template <class Event>
    decision(tagged_event<Event> one) {
        add(std::move(one));
    }

    template <class... Event>
    decision(emitted<Event...> several) {
        std::apply([this](auto&... each) { (this->add(std::move(each)), ...); }, several.events);
    }

    /// `return {Withdrawn{...}, Emptied{}};`
    template <class First, class Second, class... Event>
    decision(First&& first, Second&& second, Event&&... rest) {
        several().reserve(2 + sizeof...(rest));
        add(std::forward<First>(first));
        add(std::forward<Second>(second));
        (add(std::forward<Event>(rest)), ...);
    }

    /// One more event, for decisions made in a loop. Ends a refusal.
    template <class Event>
    decision& add(Event&& one) {
        if constexpr (detail::is_tagged<std::remove_cvref_t<Event>>)
            return add_tagged(std::forward<Event>(one));
        else if (std::holds_alternative<nothing_t>(outcome_))
            outcome_.template emplace<event>(make(std::forward<Event>(one)));
        else
            several().push_back(make(std::forward<Event>(one)));
        return *this;
    }

    bool is_rejected() const noexcept { return std::holds_alternative<rejection>(outcome_); }

    /// The refusal, or null.
    const rejection* refusal() const noexcept { return std::get_if<rejection>(&outcome_); }

    /// How many events; 0 for nothing and for a refusal.
    std::size_t size() const noexcept {
        if (const auto* list = std::get_if<std::vector<event>>(&outcome_)) return list->size();
        return std::holds_alternative<event>(outcome_) ? 1 : 0;
    }
    bool empty() const noexcept { return size() == 0; }

    /// The tags that were given by hand to an event, counted from 0.
    std::span<const std::string> tags_of(std::size_t index) const noexcept {
        for (const auto& each : tags_)
            if (each.event == index) return each.tags;
        return {};
    }

    /// Calls `f(event)` with each event in order, as its own type.
    template <class F>
    void each(F&& f) const {
        if (const auto* one = std::get_if<event>(&outcome_)) return std::visit(f, *one);
        if (const auto* list = std::get_if<std::vector<event>>(&outcome_))
            for (const auto& one : *list) std::visit(f, one);
    }

private:
    template <class Event>
    static event make(Event&& one) {
        using type = std::remove_cvref_t<Event>;
        constexpr bool listed = detail::listed_once<type, event_types>;
        static_assert(listed,
                      "varve: this is not one of the aggregate's `events`, `varve::nothing` or "
                      "`varve::reject(...)`");
        if constexpr (listed)
            return event{std::in_place_type<type>, std::forward<Event>(one)};
        else
            std::abort();
    }

    template <class Event>
    decision& add_tagged(tagged_event<Event> one) {
        add(std::move(one.event));
        tags_.push_back({size() - 1, std::move(one.tags)});
        return *this;
    }

    /// The events as a list, whatever was there before.
    std::vector<event>& several() {
        if (auto* list = std::get_if<std::vector<event>>(&outcome_)) return *list;
        std::vector<event> list;
        if (auto* one = std::get_if<event>(&outcome_)) list.push_back(std::move(*one));
        return outcome_.template emplace<std::vector<event>>(std::move(list));
    }

    struct tags_by_hand {
        std::size_t event;
        std::vector<std::string> tags;
    };

    std::variant<nothing_t, event, std::vector<event>, rejection> outcome_;
    std::vector<tags_by_hand> tags_;
};

}  // namespace varve::inline v0
