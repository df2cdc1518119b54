// The name and the schema version under which a type's payloads are stored.
//
// A type says them itself:
//
//     struct Deposited {
//         static constexpr std::string_view wire_name = "bank.deposited";
//         static constexpr std::uint32_t schema_version = 2;  // 1 if left out
//         std::int64_t cents;
//     };
//
// A Protobuf message need not: its wire name is its full name, read off the C++ type. That goes
// wrong where the two differ (a message inside a message), so `describe_type` compares them once;
// mend it by `template <> inline constexpr std::string_view varve::wire_name<a::B_C> = "a.B.C";`.
#pragma once

#include <varve/failure.hpp>
#include <varve/limits.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace varve::inline v0 {

/// A Protobuf message, recognised by its members, so that the core includes nothing of Protobuf.
template <class T>
concept protobuf_message = requires(const T& message, T& target, void* to, const void* from,
                                    int size) {
    { message.ByteSizeLong() } -> std::convertible_to<std::size_t>;
    { message.SerializeToArray(to, size) } -> std::convertible_to<bool>;
    { target.ParseFromArray(from, size) } -> std::convertible_to<bool>;
    { message.GetTypeName() } -> std::convertible_to<std::string>;
    T::descriptor();
};

namespace detail {

template <class T>
inline constexpr bool never = false;

template <class T>
concept names_itself = requires {
    { T::wire_name } -> std::convertible_to<std::string_view>;
};

template <class T>
concept versions_itself = requires {
    { T::schema_version } -> std::convertible_to<std::uint32_t>;
};

/// The C++ name of a type, as the compiler writes it; for messages and for Protobuf names.
template <class T>
consteval std::string_view type_name() {
    constexpr std::string_view all = __PRETTY_FUNCTION__;
    constexpr auto from = all.find("T = ") + 4;
    return all.substr(from, all.find_first_of(";]", from) - from);
}

/// `bank::Deposited` written as Protobuf does: `bank.Deposited`.
template <class T>
struct dotted_name {
    static constexpr std::string_view from = type_name<T>();
    static constexpr auto text = [] {
        std::array<char, from.size()> to{};
        std::size_t size = 0;
        for (std::size_t i = 0; i < from.size(); ++i) {
            if (from[i] == ':') ++i;  // the first of two
            to[size++] = from[i] == ':' ? '.' : from[i];
        }
        return std::pair{to, size};
    }();
    static constexpr std::string_view value{text.first.data(), text.second};
};

template <class T>
concept has_wire_name = names_itself<T> || protobuf_message<T>;

template <class T>
consteval std::string_view find_wire_name() {
    static_assert(has_wire_name<T>,
                  "varve: this event has no wire name; give it "
                  "`static constexpr std::string_view wire_name = \"...\"`");
    std::string_view name = "?";
    if constexpr (names_itself<T>)
        name = T::wire_name;
    else if constexpr (protobuf_message<T>)
        name = dotted_name<T>::value;
    return name;
}

template <class T>
consteval std::string_view checked_wire_name() {
    constexpr std::string_view name = find_wire_name<T>();
    static_assert(!name.empty(), "varve: this wire name is empty");
    static_assert(name.size() <= limits::type_name,
                  "varve: this wire name is longer than 255 bytes");
    static_assert(!name.starts_with(limits::reserved_prefix),
                  "varve: this wire name begins with `$`, which is reserved");
    return name;
}

template <class T>
consteval std::uint32_t find_schema_version() {
    if constexpr (versions_itself<T>) {
        static_assert(T::schema_version >= 1, "varve: schema versions count from 1");
        return static_cast<std::uint32_t>(T::schema_version);
    } else {
        return 1;
    }
}

}  // namespace detail

/// The name that a type's payloads are stored under; may be specialised.
template <class T>
inline constexpr std::string_view wire_name = detail::checked_wire_name<T>();

/// The version of a type's schema, given by its author; from 1.
template <class T>
inline constexpr std::uint32_t schema_version = detail::find_schema_version<T>();

namespace detail {

/// What messages call a type: its wire name, or its C++ name if it has none (a snapshot's state).
template <class T>
consteval std::string_view label() {
    if constexpr (has_wire_name<T>)
        return wire_name<T>;
    else
        return type_name<T>();
}

template <class T>
std::unexpected<failure> undecodable(const std::string& reason) {
    return fail(errc::undecodable, std::string{label<T>()} + ": " + reason);
}

}  // namespace detail
}  // namespace varve::inline v0
