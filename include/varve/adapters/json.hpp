// JSON payloads (RFC 8259) for structs that name their fields: simdjson reads, the writer is ours.
//
//     struct Opened {
//         static constexpr std::string_view wire_name = "bank.opened";
//         using encoding = varve::json;
//         std::string owner;
//         std::optional<std::int64_t> limit;
//         static constexpr auto fields = varve::fields(varve::field("owner", &Opened::owner),
//                                                      varve::field("limit", &Opened::limit));
//     };
//
// A field is a bool, a number, an enum (as its number), a string, an optional, a vector, a struct
// that names its fields, or one of `position`, a duration, a point in time (as their numbers).
// Integers of 64 bits are exact in both directions; a double comes back bit for bit. An optional
// that holds nothing is left out. When reading, members with other names are passed over; a missing
// one that is not optional, one that comes twice, a number that does not fit and text that is not
// UTF-8 are errors that say where. (simdjson: https://simdjson.org, D. Lemire and others.)
#pragma once

#include <varve/adapters/json_descriptor.hpp>
#include <varve/adapters/json_writer.hpp>
#include <varve/codec.hpp>
#include <varve/fields.hpp>

#include <simdjson.h>

#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace varve::inline v0 {

namespace limits {
inline constexpr std::size_t json_depth = 32;  ///< Objects and arrays inside one another.
}

namespace detail {

/// Takes parsed JSON apart. On failure `problem()` says what is wrong where.
class json_reader {
public:
    using element = simdjson::dom::element;

    template <class T>
    bool read(const element& from, T& to) {
        if constexpr (json_number<T>)
            return number(from, to);
        else if constexpr (std::same_as<T, std::string>)
            return text(from, to);
        else if constexpr (is_optional<T>)
            return optional(from, to);
        else if constexpr (is_vector<T>)
            return list(from, to);
        else if constexpr (has_fields<T>)
            return object(from, to);
        else
            no_json_form<T>();
    }

    std::string problem() const {
        return (path_.empty() ? "the document" : "member '" + path_ + "'") + " " + what_;
    }

private:
    bool wrong(std::string what) {
        what_ = std::move(what);
        return false;
    }

    /// On the way out of a failure: where it was.
    bool inside(std::string_view name) {
        const bool joint = !path_.empty() && path_.front() != '[';
        path_ = std::string{name} + (joint ? "." : "") + path_;
        return false;
    }

    template <class T>
    bool number(const element& from, T& to) {
        using N = scalar_of<T>;
        N value{};
        if constexpr (std::same_as<N, bool>) {
            if (from.get(value) != simdjson::SUCCESS) return wrong("is not true or false");
        } else if constexpr (std::is_floating_point_v<N>) {
            double wide = 0;
            if (from.get(wide) != simdjson::SUCCESS) return wrong("is not a number");
            value = static_cast<N>(wide);
            if (!std::isfinite(value)) return wrong("does not fit a float");
        } else {
            std::conditional_t<std::is_signed_v<N>, std::int64_t, std::uint64_t> wide = 0;
            const auto code = from.get(wide);
            const bool fits = code == simdjson::SUCCESS && wide >= std::numeric_limits<N>::min() &&
                              wide <= std::numeric_limits<N>::max();
            if (!fits && !from.is_int64() && !from.is_uint64()) return wrong("is not an integer");
            if (!fits) return wrong("does not fit " + std::string{kind_of<T>()});
            value = static_cast<N>(wide);
        }
        to = std::bit_cast<T>(value);
        return true;
    }

    bool text(const element& from, std::string& to) {
        std::string_view value;
        if (from.get(value) != simdjson::SUCCESS) return wrong("is not a string");
        to.assign(value);
        return true;
    }

    template <class T>
    bool optional(const element& from, std::optional<T>& to) {
        static_assert(!is_optional<T>, "varve: an optional of an optional has no JSON form");
        if (from.is_null()) {
            to.reset();
            return true;
        }
        return read(from, to.emplace());
    }

    template <class T>
    bool list(const element& from, std::vector<T>& to) {
        simdjson::dom::array values;
        if (from.get(values) != simdjson::SUCCESS) return wrong("is not an array");
        to.clear();
        for (const element each : values) {
            T value{};
            if (!read(each, value)) return inside("[" + std::to_string(to.size()) + "]");
            to.push_back(std::move(value));
        }
        return true;
    }

    template <class T>
    bool object(const element& from, T& to) {
        simdjson::dom::object members;
        if (from.get(members) != simdjson::SUCCESS) return wrong("is not an object");
        std::array<bool, decltype(T::fields)::size> seen{};
        for (const auto& [name, value] : members)
            if (!member(name, value, to, seen)) return inside(name);

        std::string_view missing;
        std::size_t i = 0;
        each_named_field(to, [&]<class M>(std::string_view name, M&) {
            if (!seen[i++] && !is_optional<M> && missing.empty()) missing = name;
        });
        if (missing.empty()) return true;
        wrong("is missing");
        return inside(missing);
    }

    /// Reads the member called `name`, if there is such a field.
    template <class T, std::size_t N>
    bool member(std::string_view name, const element& from, T& to, std::array<bool, N>& seen) {
        bool good = true;
        std::size_t i = 0;
        each_named_field(to, [&](std::string_view wanted, auto& field) {
            const auto at = i++;
            if (name != wanted) return;
            good = seen[at] ? wrong("comes twice") : read(from, field);
            seen[at] = true;
        });
        return good;
    }

    std::string path_;
    std::string what_;
};

/// A parser with our depth limit.
class json_parser {
public:
    json_parser() {
        const auto code = parser_.allocate(4096, limits::json_depth + 1);
        ensure(code == simdjson::SUCCESS, "simdjson has no memory for its parser");
    }

    /// Valid until the next call. Invalid UTF-8 is an error, also in members that nobody reads.
    result<simdjson::dom::element> parse(bytes_view json) {
        simdjson::dom::element root;
        const auto* start = reinterpret_cast<const std::uint8_t*>(json.data());
        const auto code = parser_.parse(start, json.size()).get(root);
        if (code == simdjson::SUCCESS) return root;
        if (code == simdjson::DEPTH_ERROR)
            return fail(errc::undecodable,
                        "nests deeper than " + std::to_string(limits::json_depth));
        return fail(errc::undecodable,
                    "is not JSON: " + std::string{simdjson::error_message(code)});
    }

    /// One for each thread, for what is not too large to keep memory for.
    static json_parser& of_thread() {
        thread_local json_parser parser;
        return parser;
    }
    static constexpr std::size_t kept = 64u << 10;

private:
    simdjson::dom::parser parser_;
};

template <class T>
struct json_codec {
    static_assert(has_fields<T>, "varve: a struct that is stored as JSON names its `fields`");
    static_assert(std::is_default_constructible_v<T>,
                  "varve: a struct that is stored as JSON can be made from nothing");

    static constexpr encoding kind = encoding::json;

    static void encode(const T& value, bytes& out) { json_writer{out}.write(value); }

    static result<T> decode(bytes_view payload, std::uint32_t) {
        auto value = read(payload);
        if (!value) return undecodable<T>(value.error().message);
        return value;
    }

    /// Not every value has a JSON form: text that is not UTF-8, a double that is not finite.
    static result<void> check(const T&, bytes_view encoded) {
        const auto back = decode(encoded, schema_version<T>);
        if (back) return {};
        return fail(errc::invalid_argument,
                    "cannot be read back from JSON: " + back.error().message);
    }

    /// For whoever stores an event without this code, and must not store what cannot be decoded.
    static bytes descriptor() { return to_bytes(as_bytes(json_descriptor<T>())); }

private:
    static result<T> read(bytes_view payload) {
        if (payload.size() <= json_parser::kept)
            return read_with(json_parser::of_thread(), payload);
        json_parser once;
        return read_with(once, payload);
    }

    static result<T> read_with(json_parser& parser, bytes_view payload) {
        const auto root = parser.parse(payload);
        if (!root) return std::unexpected(root.error());
        result<T> value{std::in_place};
        json_reader reader;
        if (!reader.read(*root, *value)) return fail(errc::undecodable, reader.problem());
        return value;
    }
};

}  // namespace detail

/// The struct in a JSON text. Errors: `undecodable`, naming the member.
template <class T>
result<T> from_json(std::string_view json_text) {
    if (json_text.size() > limits::payload)
        return detail::undecodable<T>("has " + std::to_string(json_text.size()) +
                                      " bytes, the limit is " + std::to_string(limits::payload));
    return detail::json_codec<T>::decode(as_bytes(json_text), 1);
}

}  // namespace varve::inline v0
