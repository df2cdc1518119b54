// Flat structs: payloads that are the struct's own bytes, little-endian and without padding.
//
// A flat struct is trivially copyable, holds numbers, enums, bools, fixed arrays and other flat
// structs, and its members fill it exactly: what is hashed and compared is then what was meant, and
// reading it is one copy. All of that is proved when the codec is formed. A struct with up to 16
// members is taken apart by the compiler; one with more, or one that is not an aggregate, names its
// `fields` (fields.hpp). An empty struct is written as no bytes.
#pragma once

#include <varve/bytes.hpp>
#include <varve/event.hpp>
#include <varve/failure.hpp>
#include <varve/members.hpp>
#include <varve/wire_name.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace varve::inline v0::detail {

// ---- what a member may be ----

template <class T>
inline constexpr bool is_array = std::is_array_v<T>;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

template <class T>
concept octet = std::same_as<T, char> || std::same_as<T, unsigned char> ||
                std::same_as<T, signed char> || std::same_as<T, std::byte> ||
                std::same_as<T, char8_t>;

/// An enum whose every bit pattern is a value.
template <class T>
concept fixed_enum = std::is_enum_v<T> && requires { T{0}; };

/// A number in a class of its own: `position`, a duration, a point in time.
template <class T>
concept wrapped_number = std::is_class_v<T> && !std::is_aggregate_v<T>;

template <class T>
consteval auto find_scalar() {
    if constexpr (fixed_enum<T>)
        return std::type_identity<std::underlying_type_t<T>>{};
    else if constexpr ((std::is_integral_v<T> && sizeof(T) <= 8) || std::same_as<T, float> ||
                       std::same_as<T, double>)
        return std::type_identity<T>{};
    else if constexpr (wrapped_number<T> && requires {
                           typename T::period;
                           typename T::rep;
                       })
        return std::type_identity<typename T::rep>{};
    else if constexpr (wrapped_number<T> && requires { &T::value; })
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<T&>().value)>>{};
    else
        return std::type_identity<void>{};
}

/// The number that `T` is, or void; the bytes of `T` are those of the number.
template <class T>
using scalar_of = std::conditional_t<
    std::is_arithmetic_v<typename decltype(find_scalar<std::remove_cv_t<T>>())::type>,
    typename decltype(find_scalar<std::remove_cv_t<T>>())::type, void>;

/// How a scalar or an array of octets is called in a descriptor.
template <class Leaf>
constexpr std::string_view kind_of() noexcept {
    using T = scalar_of<Leaf>;
    constexpr std::size_t width = sizeof(Leaf) == 1   ? 0
                                  : sizeof(Leaf) == 2 ? 1
                                  : sizeof(Leaf) == 4 ? 2
                                                      : 3;
    constexpr std::array<std::string_view, 4> is_signed{"i8", "i16", "i32", "i64"};
    constexpr std::array<std::string_view, 4> is_unsigned{"u8", "u16", "u32", "u64"};
    if constexpr (std::is_void_v<T>)
        return "bytes";
    else if constexpr (std::same_as<T, bool>)
        return "bool";
    else if constexpr (std::is_floating_point_v<T>)
        return sizeof(T) == 4 ? "f32" : "f64";
    else
        return std::is_signed_v<T> ? is_signed[width] : is_unsigned[width];
}

// ---- whether a type is flat ----

enum class flatness : std::uint8_t { flat, pointer, unknown_member, too_many, padded };

template <class T>
consteval flatness judge();

template <class T, class... M>
consteval flatness judge_members(type_list<M...>) {
    flatness found = flatness::flat;
    ((found == flatness::flat ? void(found = judge<M>()) : void()), ...);
    if (found != flatness::flat) return found;
    return (sizeof(M) + ... + 0) == sizeof(T) ? flatness::flat : flatness::padded;
}

template <class T>
consteval bool has_too_many() {
    if constexpr (std::is_aggregate_v<T> && !has_fields<T>)
        return member_count<T>() > most_members;
    else
        return false;
}

template <class M>
consteval flatness judge() {
    using T = std::remove_cv_t<M>;
    if constexpr (std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_null_pointer_v<T>)
        return flatness::pointer;
    else if constexpr (!std::is_void_v<scalar_of<T>>)
        return sizeof(scalar_of<T>) == sizeof(T) ? flatness::flat : flatness::unknown_member;
    else if constexpr (is_array<T>)
        return judge<std::remove_cvref_t<decltype(std::declval<T&>()[0])>>();
    else if constexpr (!std::is_class_v<T>)
        return flatness::unknown_member;
    else if constexpr (std::is_empty_v<T>)
        return flatness::padded;  // as a member it takes a byte that holds nothing
    else if constexpr (has_too_many<T>())
        return flatness::too_many;
    else if constexpr (members_of<T>::size == 0)
        return flatness::unknown_member;
    else
        return judge_members<T>(members_of<T>{});
}

// ---- walking a flat value ----

/// Calls `f(path, leaf)` for each number and each array of octets in a flat value.
template <class T, class F>
void each_leaf(const T& value, const std::string& path, F&& f) {
    if constexpr (!std::is_void_v<scalar_of<T>>) {
        f(path, value);
    } else if constexpr (is_array<T>) {
        if constexpr (octet<std::remove_cvref_t<decltype(value[0])>>) {
            f(path, value);
        } else {
            std::size_t i = 0;
            for (const auto& element : value)
                each_leaf(element, path + "." + std::to_string(i++), f);
        }
    } else {
        const std::string prefix = path.empty() ? path : path + ".";
        std::size_t i = 0;
        with_each_member(value, [&](const auto&... member) {
            (each_leaf(member, prefix + member_name<T>(i++), f), ...);
        });
    }
}

/// False if a bool in a value copied from bytes is neither 0 nor 1, and so must not be read.
template <class T>
bool bools_hold(const T& value) noexcept {
    if constexpr (std::same_as<scalar_of<T>, bool>) {
        return std::to_integer<unsigned>(*reinterpret_cast<const std::byte*>(&value)) <= 1;
    } else if constexpr (!std::is_void_v<scalar_of<T>>) {
        return true;
    } else if constexpr (is_array<T>) {
        for (const auto& element : value)
            if (!bools_hold(element)) return false;
        return true;
    } else {
        return with_each_member(value,
                                [](const auto&... member) { return (bools_hold(member) && ...); });
    }
}

/// The descriptor of a flat struct: a line `name kind offset size` per leaf.
template <class T>
std::string flat_descriptor() {
    std::string lines;
    if constexpr (!std::is_empty_v<T>) {
        const T zero = std::bit_cast<T>(std::array<std::byte, sizeof(T)>{});
        const auto* start = reinterpret_cast<const std::byte*>(&zero);
        each_leaf(zero, {}, [&]<class Leaf>(const std::string& path, const Leaf& leaf) {
            const auto offset = reinterpret_cast<const std::byte*>(&leaf) - start;
            lines += path + " " + std::string{kind_of<Leaf>()} + " " + std::to_string(offset) +
                     " " + std::to_string(sizeof leaf) + "\n";
        });
    }
    return lines;
}

// ---- the codec ----

template <class T>
struct flat_codec {
    static constexpr bool empty = std::is_empty_v<T>;
    static constexpr flatness found = empty ? flatness::flat : judge<T>();
    static_assert(
        found != flatness::pointer,
        "varve: this flat struct holds a pointer, which means nothing when it is read back");
    static_assert(
        found != flatness::unknown_member,
        "varve: this flat struct has a member that has no flat form; a flat struct holds numbers, "
        "enums with a fixed type, bools, arrays of them and flat structs, or names its `fields`");
    static_assert(found != flatness::too_many,
                  "varve: this flat struct has more than 16 members; name them in `fields`");
    static_assert(
        found != flatness::padded,
        "varve: this flat struct has padding; sort its members from large to small, fill the gap "
        "with a named member, and name every member if it has `fields`");

    static constexpr encoding kind = encoding::flat;

    static void encode(const T& value, bytes& out) {
        if constexpr (!empty) {
            const auto at = out.size();
            out.resize(at + sizeof value);
            store(out.data() + at, value);
        }
    }

    static result<T> decode(bytes_view payload, std::uint32_t version) {
        constexpr std::size_t size = empty ? 0 : sizeof(T);
        if (version != schema_version<T>)
            return undecodable<T>("stored with schema version " + std::to_string(version) +
                                  ", a flat struct is read with its own, " +
                                  std::to_string(schema_version<T>));
        if (payload.size() != size)
            return undecodable<T>("stored with " + std::to_string(payload.size()) +
                                  " bytes, the struct has " + std::to_string(size));
        if constexpr (empty) {
            return T{};
        } else {
            std::array<std::byte, sizeof(T)> raw;
            std::memcpy(raw.data(), payload.data(), raw.size());
            const T value = std::bit_cast<T>(raw);
            if (!bools_hold(value)) return undecodable<T>("a bool is neither 0 nor 1");
            return value;
        }
    }

    static bytes descriptor() { return to_bytes(as_bytes(flat_descriptor<T>())); }
};

}  // namespace varve::inline v0::detail
