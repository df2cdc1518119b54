// A value as one line for a person: `bank.Deposited{cents: 500}`. Not a format; nothing reads it.
#pragma once

#include <varve/codec.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

namespace varve::inline v0 {

namespace detail {

inline std::string hexadecimal(bytes_view data) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text = "0x";
    for (const auto octet : data) {
        text += digits[std::to_integer<unsigned>(octet) >> 4];
        text += digits[std::to_integer<unsigned>(octet) & 15];
    }
    return text;
}

template <class T>
concept printable_list = requires(const T& list) {
    list.begin();
    list.end();
    list.size();
};

template <class T>
concept printable_optional = requires(const T& value) {
    value.has_value();
    *value;
};

template <class T>
std::string print(const T& value);

template <class T>
std::string print_members(const T& value) {
    std::string text = "{";
    std::size_t i = 0;
    with_each_member(value, [&](const auto&... member) {
        ((text += (i == 0 ? "" : ", ") + member_name<T>(i) + ": " + print(member), ++i), ...);
    });
    return text + "}";
}

template <class T>
std::string print_number(T value) {
    std::array<char, 64> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
}

template <class T>
std::string print_list(const T& list) {
    std::string text = "[";
    for (const auto& element : list) text += (text.size() == 1 ? "" : ", ") + print(element);
    return text + "]";
}

template <class T>
std::string print(const T& value) {
    using scalar = scalar_of<T>;
    if constexpr (std::convertible_to<const T&, std::string_view>)
        return '"' + std::string{std::string_view{value}} + '"';
    else if constexpr (std::same_as<scalar, bool>)
        return load<bool>(reinterpret_cast<const std::byte*>(&value)) ? "true" : "false";
    else if constexpr (!std::is_void_v<scalar> && std::is_integral_v<scalar>)
        return print_number(+load<scalar>(reinterpret_cast<const std::byte*>(&value)));
    else if constexpr (!std::is_void_v<scalar>)
        return print_number(load<scalar>(reinterpret_cast<const std::byte*>(&value)));
    else if constexpr (printable_optional<T>)
        return value.has_value() ? print(*value) : "none";
    else if constexpr (is_array<T> || printable_list<T>)
        return print_list(value);
    else if constexpr (std::is_empty_v<T>)
        return "{}";
    else if constexpr (has_fields<T>)
        return print_members(value);
    else if constexpr (std::is_trivially_copyable_v<T> && std::is_aggregate_v<T>) {
        if constexpr (judge<T>() == flatness::flat)
            return print_members(value);
        else
            return hexadecimal(encode(value));
    } else
        return hexadecimal(encode(value));
}

}  // namespace detail

/// The value's wire name and what is in it.
template <class T>
std::string to_text(const T& value) {
    std::string text{detail::label<T>()};
    if constexpr (protobuf_message<T>)
        return text + "{" + value.ShortDebugString() + "}";
    else
        return text + detail::print(value);
}

}  // namespace varve::inline v0
