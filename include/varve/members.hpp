// The members of a struct, counted and taken apart by the compiler.
//
// A struct that names its `fields` is taken by them. Any other aggregate is counted by how many
// values fit between its braces, and bound by structured bindings, up to 16. Nothing here is
// evaluated or costs anything at run time.
#pragma once

#include <varve/fields.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace varve::inline v0::detail {

template <class... T>
struct type_list {
    static constexpr std::size_t size = sizeof...(T);
};

/// Stands for a value of any type, in expressions that are never evaluated.
template <std::size_t>
struct anything {
    template <class T>
    constexpr operator T() const noexcept;
};

template <class T, std::size_t... I>
consteval bool takes(std::index_sequence<I...>) {
    return requires { T{anything<I>{}...}; };
}

/// As many values as can stand between the braces of `T`; an array counts once per element.
template <class T, std::size_t N = 0, bool Seen = false>
consteval std::size_t braces() {
    constexpr std::size_t most = sizeof(T) < 256 ? sizeof(T) : 256;
    constexpr bool fits = takes<T>(std::make_index_sequence<N>{});
    if constexpr (!fits && Seen)
        return N - 1;
    else if constexpr (N > most)
        return fits ? N : 0;
    else
        return braces<T, N + 1, fits || Seen>();
}

template <class T, std::size_t... Before, std::size_t... Inside, std::size_t... After>
consteval bool takes_nested(std::index_sequence<Before...>, std::index_sequence<Inside...>,
                            std::index_sequence<After...>) {
    return requires { T{anything<Before>{}..., {anything<Inside>{}...}, anything<After>{}...}; };
}

/// How many of the values between the braces belong to the member that begins at value `At`: one,
/// unless it is a built-in array, whose own braces may be left out.
template <class T, std::size_t At, std::size_t Total, std::size_t N = Total - At>
consteval std::size_t values_of_member() {
    if constexpr (N < 2) {
        return 1;
    } else {
        constexpr std::make_index_sequence<At> before;
        constexpr std::make_index_sequence<N> inside;
        if constexpr (!takes_nested<T>(before, inside, std::make_index_sequence<Total - At - N>{}))
            return values_of_member<T, At, Total, N - 1>();
        else if constexpr (takes_nested<T>(before, inside,
                                           std::make_index_sequence<Total - At - 1>{}))
            return 1;  // a struct with N members
        else
            return N;
    }
}

template <class T, std::size_t At = 0, std::size_t Total = braces<T>()>
consteval std::size_t member_count() {
    if constexpr (At >= Total)
        return 0;
    else
        return 1 + member_count<T, At + values_of_member<T, At, Total>(), Total>();
}

inline constexpr std::size_t most_members = 16;

/// Calls `f(member...)` with the members of an aggregate that has `N`.
template <std::size_t N, class T, class F>
constexpr decltype(auto) with_members(T& value, F&& f) {
    // clang-format off
    if constexpr (N == 1) { auto& [a] = value; return f(a); }
    else if constexpr (N == 2) { auto& [a, b] = value; return f(a, b); }
    else if constexpr (N == 3) { auto& [a, b, c] = value; return f(a, b, c); }
    else if constexpr (N == 4) { auto& [a, b, c, d] = value; return f(a, b, c, d); }
    else if constexpr (N == 5) { auto& [a, b, c, d, e] = value; return f(a, b, c, d, e); }
    else if constexpr (N == 6) { auto& [a, b, c, d, e, g] = value; return f(a, b, c, d, e, g); }
    else if constexpr (N == 7) { auto& [a, b, c, d, e, g, h] = value; return f(a, b, c, d, e, g, h); }
    else if constexpr (N == 8) { auto& [a, b, c, d, e, g, h, i] = value; return f(a, b, c, d, e, g, h, i); }
    else if constexpr (N == 9) { auto& [a, b, c, d, e, g, h, i, j] = value; return f(a, b, c, d, e, g, h, i, j); }
    else if constexpr (N == 10) { auto& [a, b, c, d, e, g, h, i, j, k] = value; return f(a, b, c, d, e, g, h, i, j, k); }
    else if constexpr (N == 11) { auto& [a, b, c, d, e, g, h, i, j, k, l] = value; return f(a, b, c, d, e, g, h, i, j, k, l); }
    else if constexpr (N == 12) { auto& [a, b, c, d, e, g, h, i, j, k, l, m] = value; return f(a, b, c, d, e, g, h, i, j, k, l, m); }
    else if constexpr (N == 13) { auto& [a, b, c, d, e, g, h, i, j, k, l, m, n] = value; return f(a, b, c, d, e, g, h, i, j, k, l, m, n); }
    else if constexpr (N == 14) { auto& [a, b, c, d, e, g, h, i, j, k, l, m, n, o] = value; return f(a, b, c, d, e, g, h, i, j, k, l, m, n, o); }
    else if constexpr (N == 15) { auto& [a, b, c, d, e, g, h, i, j, k, l, m, n, o, p] = value; return f(a, b, c, d, e, g, h, i, j, k, l, m, n, o, p); }
    else if constexpr (N == 16) { auto& [a, b, c, d, e, g, h, i, j, k, l, m, n, o, p, q] = value; return f(a, b, c, d, e, g, h, i, j, k, l, m, n, o, p, q); }
    else { return f(); }
    // clang-format on
}

struct list_members {
    template <class... M>
    constexpr type_list<M...> operator()(M&...) const noexcept {
        return {};
    }
};

/// Calls `f(member...)` with the members of a struct, by its `fields` or by taking it apart.
template <class T, class F>
constexpr decltype(auto) with_each_member(T& value, F&& f) {
    using plain = std::remove_const_t<T>;
    if constexpr (has_fields<plain>) {
        static_assert(field_names_differ<plain>(), "varve: two fields of this struct share a name");
        return std::apply(
            [&](const auto&... each) -> decltype(auto) { return f(value.*each.at...); },
            plain::fields.all);
    } else if constexpr (std::is_aggregate_v<plain>) {
        return with_members<member_count<plain>()>(value, f);
    } else {
        return f();
    }
}

template <class T>
using members_of = decltype(with_each_member(std::declval<T&>(), list_members{}));

/// What the descriptor calls the member at a place: its field's name, or `f0`, `f1`, ...
template <class T>
std::string member_name(std::size_t at) {
    if constexpr (has_fields<T>)
        return std::apply(
            [at](const auto&... each) {
                return std::string{std::array<std::string_view, sizeof...(each)>{each.name...}[at]};
            },
            T::fields.all);
    else
        return std::string{'f'}.append(std::to_string(at));  // g++ 12 warns falsely of `"f" + ...`
}

}  // namespace varve::inline v0::detail
