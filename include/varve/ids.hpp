// Positions, revisions and 16-byte identifiers: every number has a type.
#pragma once

#include <varve/bytes.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace varve::inline v0 {

/// Place in the whole log; dense, the first event is 1, 0 means "before everything".
struct position {
    std::uint64_t value = 0;

    constexpr position() = default;
    constexpr explicit position(std::uint64_t v) noexcept : value(v) {}
    constexpr position next() const noexcept { return position{value + 1}; }
    friend constexpr auto operator<=>(position, position) = default;
};

/// Place in a stream; the first event is 1, 0 means "before everything".
struct revision {
    std::uint64_t value = 0;

    constexpr revision() = default;
    constexpr explicit revision(std::uint64_t v) noexcept : value(v) {}
    constexpr revision next() const noexcept { return revision{value + 1}; }
    friend constexpr auto operator<=>(revision, revision) = default;
};

/// Which life of a store this is; a restore starts a new one.
struct epoch {
    std::uint64_t value = 0;

    constexpr epoch() = default;
    constexpr explicit epoch(std::uint64_t v) noexcept : value(v) {}
    friend constexpr auto operator<=>(epoch, epoch) = default;
};

/// Sixteen bytes that name something. All zero means "none".
template <class Tag>
struct identifier {
    std::array<std::byte, 16> raw{};

    constexpr bool is_none() const noexcept { return *this == identifier{}; }
    bytes_view view() const noexcept { return raw; }
    friend constexpr auto operator<=>(const identifier&, const identifier&) = default;

    /// Reads 16 bytes at `from`.
    static identifier read(const std::byte* from) noexcept {
        identifier id;
        std::memcpy(id.raw.data(), from, 16);
        return id;
    }
};

using append_id =
    identifier<struct append_id_tag>;  ///< Names an append for ever; the idempotency key.
using event_id = identifier<struct event_id_tag>;  ///< Names an event; derived unless imported.
using store_id = identifier<struct store_id_tag>;  ///< Which store this is.

/// What an event belongs to or was caused by: an event, an append, or a name from outside.
using message_id = identifier<struct message_id_tag>;

/// The same sixteen bytes in another role.
template <class To, class Tag>
constexpr To as_id(const identifier<Tag>& id) noexcept {
    return To{id.raw};
}

/// `018f6c2a-0000-7000-8000-000000000001`: the form of RFC 9562, lower case.
template <class Tag>
std::string to_string(const identifier<Tag>& id) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        const auto octet = std::to_integer<unsigned>(id.raw[i]);
        text += digits[octet >> 4];
        text += digits[octet & 15];
    }
    return text;
}

inline std::string to_string(position p) { return std::to_string(p.value); }
inline std::string to_string(revision r) { return std::to_string(r.value); }
inline std::string to_string(epoch e) { return std::to_string(e.value); }

/// Reads 32 hexadecimal digits, dashes ignored; nothing if the text is anything else.
template <class Id>
std::optional<Id> parse_id(std::string_view text) {
    Id id;
    std::size_t digit = 0;
    for (const char c : text) {
        if (c == '-') continue;
        const int value = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (value < 0 || digit == 32) return std::nullopt;
        id.raw[digit / 2] |= static_cast<std::byte>(value << (digit % 2 == 0 ? 4 : 0));
        ++digit;
    }
    if (digit != 32) return std::nullopt;
    return id;
}

}  // namespace varve::inline v0

template <class Tag>
struct std::hash<varve::identifier<Tag>> {
    std::size_t operator()(const varve::identifier<Tag>& id) const noexcept {
        const auto low = varve::detail::load<std::uint64_t>(id.raw.data());
        const auto high = varve::detail::load<std::uint64_t>(id.raw.data() + 8);
        const auto mixed = (low ^ (high * 0x9e3779b97f4a7c15ull)) * 0xff51afd7ed558ccdull;
        return mixed ^ (mixed >> 32);
    }
};
