// What a projection is, and how an event finds its `apply` through a table made at compile time.
//
//     struct Balances {
//         static constexpr std::string_view name = "balances";
//         static constexpr std::uint32_t version = 1;
//         using events = varve::events<Opened, Deposited, Withdrawn>;
//         using ignores = varve::events<Withdrawn>;                // optional
//         void apply(varve::row_writer& rows, const Opened& event) const;
//         void apply(varve::row_writer& rows, const Deposited& event,
//                    const varve::recorded_event& recorded) const;
//     };
//
// `apply` may return `result<void>`; a failure stops the worker at that event. It must depend on
// nothing but its arguments and its own rows, or a rebuild gives other rows.
#pragma once

#include <varve/aggregate.hpp>
#include <varve/codec.hpp>
#include <varve/dispatch.hpp>
#include <varve/event.hpp>
#include <varve/failure.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>

namespace varve::inline v0 {

/// A name for its rows, a number that its author raises when they are to be folded anew, and events.
template <class P>
concept projection = requires {
    { P::name } -> std::convertible_to<std::string_view>;
    { P::version } -> std::convertible_to<std::uint32_t>;
} && detail::names_events<P>;

namespace detail {

template <class E, class List>
inline constexpr bool stands_in = false;
template <class E, class... Each>
inline constexpr bool stands_in<E, events<Each...>> = (std::same_as<E, Each> || ...);

template <class P, class E>
inline constexpr bool ignores = false;
template <class P, class E>
    requires requires { typename P::ignores; }
inline constexpr bool ignores<P, E> = stands_in<E, typename P::ignores>;

/// `apply` takes what the read model hands in (`In...`), the event and, if it likes, its record.
template <class P, class E, class... In>
concept folds_with_record = requires(P& p, In&... in, const E& event,
                                     const recorded_event& recorded) {
    p.apply(in..., event, recorded);
};
template <class P, class E, class... In>
concept folds = folds_with_record<P, E, In...> ||
                requires(P& p, In&... in, const E& event) { p.apply(in..., event); };

/// Runs `f`, and makes a failure of what it throws.
template <class F>
result<void> guarded(F&& f) {
#if defined(__cpp_exceptions)
    try {
        return f();
    } catch (const std::exception& thrown) {
        return fail(errc::rejected, std::string{"apply threw: "} + thrown.what());
    } catch (...) {
        return fail(errc::rejected, "apply threw something that is no std::exception");
    }
#else
    return f();
#endif
}

/// Decodes an event as `E` and applies it.
template <class P, class E, class... In>
result<void> fold_one(P& p, const recorded_event& recorded, In&... in) {
    return guarded([&]() -> result<void> {
        const auto event = decode<E>(recorded.payload, recorded.schema_version);
        if (!event) return std::unexpected(event.error());
        const auto call = [&]() -> decltype(auto) {
            if constexpr (folds_with_record<P, E, In...>)
                return p.apply(in..., *event, recorded);
            else
                return p.apply(in..., *event);
        };
        if constexpr (std::is_void_v<decltype(call())>) {
            call();
            return {};
        } else {
            return call();
        }
    });
}

template <class P, class E, class... In>
struct check_fold {
    static_assert(
        folds<P, E, In...> || ignores<P, E>,
        "varve: this projection subscribes to an event that it neither handles nor ignores");
    static_assert(!(folds<P, E, In...> && ignores<P, E>),
                  "varve: this projection both handles and ignores an event");
    static constexpr bool good = true;
};

/// The events of a projection over a read model that hands `In...` to `apply`. Forming it checks.
template <class P, class... In>
struct folding {
    using listed = as_type_list<typename P::events>;
    using names = wire_names<listed>;

    template <class... E>
    static consteval bool check(type_list<E...>) {
        static_assert(sizeof...(E) != 0, "varve: this projection lists no events");
        static_assert(!names::doubled, "varve: two events of this projection share a wire name");
        return (check_fold<P, E, In...>::good && ...);
    }
    static_assert(check(listed{}));

    /// Applies an event that `apply` was written for; any other is passed over, its payload unread.
    static result<void> apply(P& p, const recorded_event& recorded, In&... in) {
        const auto place = names::find(recorded.type);
        if (place == not_listed) return {};
        return call_at<result<void>>(listed{}, place, [&]<class E>() -> result<void> {
            if constexpr (ignores<P, E>)
                return {};
            else
                return fold_one<P, E, In...>(p, recorded, in...);
        });
    }
};

}  // namespace detail
}  // namespace varve::inline v0
