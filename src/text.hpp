// Text for people and for JSON: escaped, measured and cut by display width.
//
// Names and payloads may be any bytes. What is printed never contains a control character, a change
// of writing direction, or bytes that are not UTF-8.
#pragma once

#include <varve/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace varve::tool {

/// One character of a text, or one byte that is not part of any.
struct character {
    char32_t point = 0;
    std::size_t size = 0;  ///< Bytes; 0 at the end of the text.
    bool valid = false;
};

/// The character at the beginning of `text`, by the rules of RFC 3629.
character first_character(std::string_view text) noexcept;

bool is_utf8(std::string_view text) noexcept;

/// Controls, changes of direction and bytes that are not UTF-8 as `\n`, `\x1b`, `\u{202e}`; a backslash
/// as `\\`. The result is one line.
std::string printable(std::string_view raw);

/// Columns on a terminal; wide characters take two. `text` is printable.
std::size_t display_width(std::string_view text) noexcept;

/// The beginning of a printable text in at most `width` columns, with `mark` at its end if it was cut.
std::string cut(std::string_view text, std::size_t width, std::string_view mark);

/// `"text"`: a JSON string. Bytes that are not UTF-8 become U+FFFD.
void put_json_string(std::string& out, std::string_view raw);

/// Valid JSON with everything escaped inside its strings that `printable` would escape.
std::string printable_json(std::string_view json);

/// Lower-case hexadecimal digits.
std::string hex(bytes_view data);

/// `950`, `41.2k`, `1.0M`: three digits are enough.
std::string short_number(double value);

/// `212 MB`, in powers of 1000.
std::string short_size(std::uint64_t octets);

/// Decimal digits only, up to 2^64 - 1.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;

/// The word that is nearest to `typed`, if any is near enough to be meant.
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> words);

/// The same for names like `bank.Deposited`, of which somebody may know but the last part, in letters of
/// any size.
std::optional<std::string> nearest_name(std::string_view typed, std::span<const std::string> names);

/// As the shell reads it back: quoted if need be.
std::string shell_word(std::string_view word);

}  // namespace varve::tool
