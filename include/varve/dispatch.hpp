// Finding a type in a list: by type while compiling, by wire name through a table built then.
#pragma once

#include <varve/members.hpp>
#include <varve/wire_name.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#include <utility>

namespace varve::inline v0::detail {

inline constexpr std::size_t not_listed = static_cast<std::size_t>(-1);

/// The types of `List<T...>`, whatever list it is.
template <class List>
struct types_of;
template <template <class...> class List, class... T>
struct types_of<List<T...>> {
    using type = type_list<T...>;
};
template <class List>
using as_type_list = typename types_of<List>::type;

/// Stands for a type in constant expressions: equal addresses, equal types.
template <class T>
inline constexpr char type_mark = 0;

/// True if all are; not a fold over `&&`, which clang nests no deeper than 256.
constexpr bool all_true(std::initializer_list<bool> each) noexcept {
    for (const bool one : each)
        if (!one) return false;
    return true;
}

// ---- by type ----

template <std::size_t I, class T>
struct listed {};

template <class Indices, class... T>
struct all_listed;
template <std::size_t... I, class... T>
struct all_listed<std::index_sequence<I...>, T...> : listed<I, T>... {};

template <class T, std::size_t I>
constexpr std::integral_constant<std::size_t, I> find_listed(const listed<I, T>*) noexcept {
    return {};
}

template <class List>
struct index_of_list;
template <class... T>
struct index_of_list<type_list<T...>> : all_listed<std::index_sequence_for<T...>, T...> {};

/// True if `T` stands exactly once in the list.
template <class T, class List>
concept listed_once = requires(const index_of_list<List>* list) {
    find_listed<std::remove_cv_t<T>>(list);
};

/// The place of `T` in a list that holds it once.
template <class T, class List>
inline constexpr std::size_t place_in = decltype(find_listed<std::remove_cv_t<T>>(
    std::declval<const index_of_list<List>*>()))::value;

/// The type at a place of a list.
template <std::size_t I, class T>
std::type_identity<T> type_listed_at(const listed<I, T>*);
template <std::size_t I, class List>
using type_at = typename decltype(type_listed_at<I>(
    std::declval<const index_of_list<List>*>()))::type;

/// Several lists as one.
template <class... List>
struct join_lists {
    using type = type_list<>;
};
template <class... T>
struct join_lists<type_list<T...>> {
    using type = type_list<T...>;
};
template <class... A, class... B, class... List>
struct join_lists<type_list<A...>, type_list<B...>, List...>
    : join_lists<type_list<A..., B...>, List...> {};
// Eight at a step: templates nest some hundred deep at most.
template <class... A, class... B, class... C, class... D, class... E, class... F, class... G,
          class... H, class... List>
struct join_lists<type_list<A...>, type_list<B...>, type_list<C...>, type_list<D...>,
                  type_list<E...>, type_list<F...>, type_list<G...>, type_list<H...>, List...>
    : join_lists<type_list<A..., B..., C..., D..., E..., F..., G..., H...>, List...> {};
template <class... List>
using joined = typename join_lists<List...>::type;

/// True if the type at a place of the list stands before it too.
template <std::size_t I, class... T>
consteval bool stands_before(type_list<T...>) {
    constexpr std::array<const char*, sizeof...(T)> marks{&type_mark<T>...};
    if (I > 0 && marks[I - 1] == marks[I]) return true;
    for (std::size_t i = 0; i < I; ++i)
        if (marks[i] == marks[I]) return true;
    return false;
}

template <class List, std::size_t... I>
consteval auto without_repeats(std::index_sequence<I...>) {
    return joined<std::conditional_t<stands_before<I>(List{}), type_list<>,
                                     type_list<type_at<I, List>>>...>{};
}

/// Each type of the list once, in order of first use.
template <class List>
using distinct = decltype(without_repeats<List>(std::make_index_sequence<List::size>{}));

/// One value of each type of a list; unlike std::tuple not nested, so that lists may be long.
template <std::size_t I, class T>
struct held {
    [[no_unique_address]] T value;
};
template <class Indices, class... T>
struct all_held;
template <std::size_t... I, class... T>
struct all_held<std::index_sequence<I...>, T...> : held<I, T>... {};

template <class List>
struct values_of;
template <class... T>
struct values_of<type_list<T...>> : all_held<std::index_sequence_for<T...>, T...> {
    template <std::size_t I>
    const auto& at() const noexcept {
        return static_cast<const held<I, type_at<I, type_list<T...>>>&>(*this).value;
    }
};

// ---- by wire name ----

struct named_type {
    std::string_view name;
    const char* mark;
    std::size_t place;

    /// Shorter names first: most comparisons then end at the length.
    friend constexpr bool operator<(const named_type& a, const named_type& b) noexcept {
        return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
    }
};

template <class List>
struct wire_names;

template <class... E>
struct wire_names<type_list<E...>> {
    static constexpr auto sorted = [] {
        std::array<named_type, sizeof...(E)> all{named_type{wire_name<E>, &type_mark<E>, 0}...};
        for (std::size_t i = 0; i < all.size(); ++i) all[i].place = i;
        std::sort(all.begin(), all.end());
        return all;
    }();

    /// True if one name stands for two places: for two types, or for one that is listed twice.
    static constexpr bool doubled = [] {
        for (std::size_t i = 1; i < sorted.size(); ++i)
            if (sorted[i].name == sorted[i - 1].name) return true;
        return false;
    }();

    /// True if one name stands for two different types.
    static constexpr bool ambiguous = [] {
        for (std::size_t i = 1; i < sorted.size(); ++i)
            for (std::size_t j = i; j > 0 && sorted[j - 1].name == sorted[i].name; --j)
                if (sorted[j - 1].mark != sorted[i].mark) return true;
        return false;
    }();

    /// The place of the type with this name, or `not_listed`.
    static constexpr std::size_t find(std::string_view name) noexcept {
        if constexpr (sizeof...(E) <= 8) {
            std::size_t at = 0;
            const bool found = ((name == wire_name<E> || (++at, false)) || ...);
            return found ? at : not_listed;
        } else {
            const auto at = std::lower_bound(sorted.begin(), sorted.end(),
                                             named_type{name, nullptr, 0});
            return at != sorted.end() && at->name == name ? at->place : not_listed;
        }
    }
};

/// Calls `f.template operator()<E>()` for the type at `place` of the list, and gives what it gives.
template <class Result, class... E, class F>
constexpr Result call_at(type_list<E...>, std::size_t place, F&& f) {
    using function = Result (*)(F&);
    constexpr std::array<function, sizeof...(E)> table{
        +[](F& with) -> Result { return with.template operator()<E>(); }...};
    return table[place](f);
}

}  // namespace varve::inline v0::detail
