// The descriptor of a struct that is stored as JSON: what its members are called, and what they hold.
//
// Text, one `name kind` a line in the order of `fields`; the members of a struct follow it, their
// names joined by dots. A kind is `bool`, `string`, `object`, or a number's: `i8` to `i64`, `u8` to
// `u64`, `f32`, `f64`. Behind it `[]` makes it a list of those and `?` one that may be missing or
// null, read from the left: `i64[]?` is a list that may be missing. A struct that is inside itself
// stands there as `object^N`: like the N-th object around the member, 1 being the one it is in.
//
//     customer string
//     lines object[]
//     lines.part string
//     lines.number i32?
//     lines.inside object^1[]
//
// In a name, a dot and a backslash of its own have a backslash before them, a line feed is `\n`.
#pragma once

#include <varve/adapters/json_writer.hpp>
#include <varve/fields.hpp>
#include <varve/flat.hpp>
#include <varve/type_traits.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>

namespace varve::inline v0::detail {

/// A struct, and the structs that it is inside of.
template <class T, class... Around>
struct json_place {
    /// How many objects out `M` is met again; 0 if it is none of these.
    template <class M>
    static consteval std::size_t steps_out_to() {
        std::size_t steps = 0;
        std::size_t found = 0;
        const auto look = [&](bool same) {
            ++steps;
            if (same && found == 0) found = steps;
        };
        look(std::same_as<M, T>);
        (look(std::same_as<M, Around>), ...);
        return found;
    }
};

inline void put_json_name(std::string& lines, std::string_view name) {
    for (const char c : name) {
        if (c == '.' || c == '\\') lines += '\\';
        if (c == '\n')
            lines += "\\n";
        else
            lines += c;
    }
}

template <class T, class... Around>
void put_json_members(std::string& lines, const std::string& prefix);

/// The rest of a line, behind the name: `M` is a member of the struct `T`, `suffix` what it is of
/// them. Then the lines of its own members.
template <class M, class T, class... Around>
void put_json_kind(std::string& lines, const std::string& path, const std::string& suffix) {
    if constexpr (json_number<M>) {
        lines += std::string{kind_of<M>()} + suffix + "\n";
    } else if constexpr (std::same_as<M, std::string>) {
        lines += "string" + suffix + "\n";
    } else if constexpr (is_optional<M>) {
        put_json_kind<typename M::value_type, T, Around...>(lines, path, "?" + suffix);
    } else if constexpr (is_vector<M>) {
        put_json_kind<typename M::value_type, T, Around...>(lines, path, "[]" + suffix);
    } else if constexpr (has_fields<M>) {
        constexpr std::size_t out = json_place<T, Around...>::template steps_out_to<M>();
        lines += "object" + (out == 0 ? "" : "^" + std::to_string(out)) + suffix + "\n";
        if constexpr (out == 0) put_json_members<M, T, Around...>(lines, path + ".");
    } else {
        no_json_form<M>();
    }
}

template <class T, class... Around>
void put_json_members(std::string& lines, const std::string& prefix) {
    const auto put = [&]<class M>(const field_of<T, M>& each) {
        std::string path = prefix;
        put_json_name(path, each.name);
        lines += path + " ";
        put_json_kind<M, T, Around...>(lines, path, "");
    };
    std::apply([&](const auto&... each) { (put(each), ...); }, T::fields.all);
}

/// The descriptor of `T`.
template <class T>
std::string json_descriptor() {
    std::string lines;
    put_json_members<T>(lines, "");
    return lines;
}

}  // namespace varve::inline v0::detail
