// Writes structs that name their fields as JSON text; see json.hpp for what a field may be.
//
// Compact, members in the order of `fields`, UTF-8 as it is. Nothing here can fail, so what has no
// JSON form (text that is not UTF-8, a double that is not finite) is written wrongly, and found by
// the check that follows encoding (`try_encode`), before it is stored.
#pragma once

#include <varve/bytes.hpp>
#include <varve/fields.hpp>
#include <varve/flat.hpp>
#include <varve/type_traits.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace varve::inline v0 {

namespace detail {

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <class T>
concept json_number = !std::is_void_v<scalar_of<T>>;

/// What is said of a type that has no place in the branches below.
template <class T>
consteval void no_json_form() {
    static_assert(
        never<T>,
        "varve: this field has no JSON form; a field is a bool, a number, an enum, a string, an "
        "optional, a vector, or a struct that names its `fields`");
}

/// Appends JSON to a payload.
class json_writer {
public:
    explicit json_writer(bytes& out) noexcept : out_(&out) {}

    template <class T>
    void write(const T& value) {
        if constexpr (json_number<T>)
            number(std::bit_cast<scalar_of<T>>(value));
        else if constexpr (std::same_as<T, std::string>)
            text(value);
        else if constexpr (is_optional<T>)
            value ? write(*value) : raw("null");
        else if constexpr (is_vector<T>)
            list(value);
        else if constexpr (has_fields<T>)
            object(value);
        else
            no_json_form<T>();
    }

private:
    void raw(std::string_view letters) { put_bytes(*out_, as_bytes(letters)); }

    template <class N>
    void number(N value) {
        if constexpr (std::same_as<N, bool>) {
            raw(value ? "true" : "false");
        } else {
            std::array<char, 32> digits;
            char* const first = digits.data();
            if constexpr (std::is_floating_point_v<N>) {
                // A float is written as the double it is, or reading would round twice.
                char* last = std::to_chars(first, first + digits.size(), static_cast<double>(value))
                                 .ptr;
                raw({first, last});
                // Without a point simdjson reads an integer: -0 would lose its sign, 2^64 not fit.
                if (std::string_view{first, last}.find_first_of(".en") == std::string_view::npos)
                    raw(".0");
            } else {
                raw({first, std::to_chars(first, first + digits.size(), value).ptr});
            }
        }
    }

    void text(std::string_view value) {
        static constexpr char digits[] = "0123456789abcdef";
        raw("\"");
        std::size_t from = 0;
        for (std::size_t i = 0; i < value.size(); ++i) {
            const auto octet = static_cast<unsigned char>(value[i]);
            if (octet >= 0x20 && octet != '"' && octet != '\\') continue;
            raw(value.substr(from, i - from));
            from = i + 1;
            if (octet >= 0x20) {
                const char escaped[] = {'\\', value[i]};
                raw({escaped, 2});
            } else {
                const char escaped[] = {
                    '\\', 'u', '0', '0', digits[octet >> 4], digits[octet & 15]};
                raw({escaped, 6});
            }
        }
        raw(value.substr(from));
        raw("\"");
    }

    template <class T>
    void list(const std::vector<T>& values) {
        std::string_view before = "[";
        for (auto&& value : values) {
            raw(std::exchange(before, ","));
            write(static_cast<const T&>(value));
        }
        raw(values.empty() ? "[]" : "]");
    }

    template <class T>
    void object(const T& value) {
        std::string_view before = "{";
        each_named_field(value, [&]<class M>(std::string_view name, const M& member) {
            if constexpr (is_optional<M>)
                if (!member) return;
            raw(std::exchange(before, ","));
            text(name);
            raw(":");
            write(member);
        });
        raw(before == "{" ? "{}" : "}");
    }

    bytes* out_;
};

}  // namespace detail

/// A struct as JSON text.
template <class T>
std::string to_json(const T& value) {
    bytes out;
    detail::json_writer{out}.write(value);
    return std::string{as_text(out)};
}

}  // namespace varve::inline v0
