// Byte strings, and integers as the stored format writes them: little-endian, unaligned.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace varve::inline v0 {

/// Bytes that somebody else owns.
using bytes_view = std::span<const std::byte>;

/// Bytes that are owned.
using bytes = std::vector<std::byte>;

/// The bytes of a text, not copied.
inline bytes_view as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// The text of some bytes, not copied and not checked.
inline std::string_view as_text(bytes_view data) noexcept {
    return {reinterpret_cast<const char*>(data.data()), data.size()};
}

/// An owned copy.
inline bytes to_bytes(bytes_view data) { return {data.begin(), data.end()}; }

namespace detail {

static_assert(std::endian::native == std::endian::little,
              "varve: only little-endian machines are supported");

/// Reads an integer (or another trivially copyable value) at `from`, which need not be aligned.
template <class T>
T load(const std::byte* from) noexcept {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

/// Writes a value at `to`, which need not be aligned.
template <class T>
void store(std::byte* to, const T& value) noexcept {
    std::memcpy(to, &value, sizeof value);
}

/// Appends a value to a growing buffer.
template <class T>
void put(bytes& out, const T& value) {
    const auto* raw = reinterpret_cast<const std::byte*>(&value);
    out.insert(out.end(), raw, raw + sizeof value);
}

inline void put_bytes(bytes& out, bytes_view data) {
    out.insert(out.end(), data.begin(), data.end());
}

}  // namespace detail
}  // namespace varve::inline v0
