// The spaces of an engine, with names of its own, checked.
#pragma once

#include <varve/engine.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// A copy of the list that an engine is opened with; the caller's names may go away.
class named_spaces {
public:
    struct entry {
        std::string name;
        key_kind keys;
    };

    /// Names are 1 to 48 of `a-z`, `0-9` and `_`, all different; `index` is the place in the list.
    static result<named_spaces> check(std::span<const space> spaces) {
        if (spaces.empty() || spaces.size() > 64)
            return fail(errc::invalid_argument, "an engine needs 1 to 64 spaces");
        named_spaces named;
        for (const space& s : spaces) {
            if (!is_name(s.name) || s.index != named.entries_.size() || named.contains(s.name))
                return fail(errc::invalid_argument,
                            "space '" + std::string{s.name} +
                                "' needs a name of its own (a-z, 0-9, _; at most 48) and its place "
                                "in the list as its index");
            named.entries_.push_back({std::string{s.name}, s.keys});
        }
        return named;
    }

    std::size_t size() const noexcept { return entries_.size(); }
    const entry& operator[](std::size_t i) const noexcept { return entries_[i]; }
    auto begin() const noexcept { return entries_.begin(); }
    auto end() const noexcept { return entries_.end(); }

    /// Whether this is a space of this engine.
    bool holds(const space& in) const noexcept {
        return in.index < entries_.size() && entries_[in.index].keys == in.keys;
    }

private:
    static bool is_name(std::string_view name) {
        return !name.empty() && name.size() <= 48 && std::ranges::all_of(name, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        });
    }
    bool contains(std::string_view name) const {
        return std::ranges::any_of(entries_, [&](const entry& e) { return e.name == name; });
    }

    std::vector<entry> entries_;
};

/// Keys and values beyond these are refused with `too_large`, by every engine alike.
inline constexpr std::size_t largest_key = 4096;
inline constexpr std::size_t largest_value = 512u << 20;
inline constexpr std::uint64_t largest_number = (1ull << 63) - 1;

/// What every engine refuses before it writes: wrong space, key or size.
inline result<void> check_entry(const named_spaces& spaces, const space& in, const key& at,
                                std::size_t value_size) {
    const auto where = [&in] { return "space '" + std::string{in.name} + "': "; };
    if (!spaces.holds(in))
        return fail(errc::invalid_argument, where() + "the engine was not opened with it");
    if (in.keys == key_kind::number ? at.number > largest_number || !at.octets.empty()
                                    : at.number != 0)
        return fail(errc::invalid_argument,
                    where() + "the key is of the wrong kind or beyond 2^63-1");
    if (at.octets.size() > largest_key)
        return fail(errc::too_large, where() + "a key of " + std::to_string(at.octets.size()) +
                                         " bytes; the limit is " + std::to_string(largest_key));
    if (value_size > largest_value)
        return fail(errc::too_large, where() + "a value of " + std::to_string(value_size) +
                                         " bytes; the limit is " + std::to_string(largest_value));
    return {};
}

}  // namespace varve::inline v0::detail
