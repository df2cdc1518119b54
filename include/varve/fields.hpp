// The fields of a struct, named by its author; what JSON, printing and descriptors go by.
//
//     struct Opened {
//         std::string owner;
//         std::optional<std::int64_t> limit;
//         static constexpr auto fields =
//             varve::fields(varve::field("owner", &Opened::owner),
//                           varve::field("limit", &Opened::limit));
//     };
//
// The names are what is stored: a member may be renamed in C++, its name here may not.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace varve::inline v0 {

/// One named field.
template <class Owner, class Member>
struct field_of {
    using type = Member;
    std::string_view name;
    Member Owner::* at;
};

/// The fields of a struct, in the order they are written.
template <class... Field>
struct field_list {
    static constexpr std::size_t size = sizeof...(Field);
    std::tuple<Field...> all;
};

template <class Owner, class Member>
constexpr field_of<Owner, Member> field(std::string_view name, Member Owner::* at) noexcept {
    return {name, at};
}

template <class Owner, class... Member>
constexpr field_list<field_of<Owner, Member>...> fields(field_of<Owner, Member>... each) noexcept {
    return {std::tuple{each...}};
}

namespace detail {

template <class T>
inline constexpr bool is_field_list = false;
template <class... Field>
inline constexpr bool is_field_list<field_list<Field...>> = true;

/// True if `T::fields` is a constant made by `varve::fields`.
template <class T>
concept has_fields = requires { T::fields; } &&
                     is_field_list<std::remove_cvref_t<decltype(T::fields)>>;

/// True if no two fields of `T` share a name.
template <class T>
consteval bool field_names_differ() {
    return std::apply(
        [](const auto&... each) {
            const std::array<std::string_view, sizeof...(each)> names{each.name...};
            for (std::size_t i = 0; i < names.size(); ++i)
                for (std::size_t j = 0; j < i; ++j)
                    if (names[i] == names[j]) return false;
            return true;
        },
        T::fields.all);
}

/// Calls `f(name, member)` for each field of `value` that `T::fields` names.
template <class T, class F>
constexpr void each_named_field(T& value, F&& f) {
    static_assert(field_names_differ<std::remove_const_t<T>>(),
                  "varve: two fields of this struct share a name");
    std::apply([&](const auto&... each) { (f(each.name, value.*each.at), ...); },
               std::remove_const_t<T>::fields.all);
}

}  // namespace detail
}  // namespace varve::inline v0
