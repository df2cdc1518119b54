#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cwchar>
#include <limits>
#include <vector>

namespace varve::tool {
namespace {

constexpr unsigned octet(char c) { return static_cast<unsigned char>(c); }

// Marks and overrides that change in which order a terminal shows the text around them.
constexpr bool changes_direction(char32_t c) {
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

constexpr bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

constexpr bool is_escaped(char32_t c) { return is_control(c) || changes_direction(c); }

void put_escape(std::string& out, char32_t c) {
    switch (c) {
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (c < 0x80)
                out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
            else
                out += fmt::format("\\u{{{:04x}}}", static_cast<unsigned>(c));
    }
}

int width_of(char32_t c) {
    const int width = ::wcwidth(static_cast<wchar_t>(c));
    return width < 0 ? 1 : width;
}

/// Letters to add, drop, change or swap with their neighbour (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a.size()][b.size()];
}

}  // namespace

character first_character(std::string_view text) noexcept {
    if (text.empty()) return {};
    const unsigned lead = octet(text[0]);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {lead, 1, false};
    char32_t point = lead & (0x7fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((octet(text[i]) & 0xc0) != 0x80) return {lead, 1, false};
        point = point << 6 | (octet(text[i]) & 0x3f);
    }
    constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (point < least[size] || point > 0x10ffff || surrogate) return {lead, 1, false};
    return {point, size, true};
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto next = first_character(text);
        if (!next.valid) return false;
        text.remove_prefix(next.size);
    }
    return true;
}

std::string printable(std::string_view raw) {
    std::string out;
    out.reserve(raw.size());
    while (!raw.empty()) {
        const auto next = first_character(raw);
        if (!next.valid)
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(next.point));
        else if (next.point == '\\')
            out += "\\\\";
        else if (is_escaped(next.point))
            put_escape(out, next.point);
        else
            out += raw.substr(0, next.size);
        raw.remove_prefix(next.size);
    }
    return out;
}

std::size_t display_width(std::string_view text) noexcept {
    std::size_t columns = 0;
    while (!text.empty()) {
        const auto next = first_character(text);
        columns += static_cast<std::size_t>(next.valid ? width_of(next.point) : 1);
        text.remove_prefix(next.size);
    }
    return columns;
}

std::string cut(std::string_view text, std::size_t width, std::string_view mark) {
    if (display_width(text) <= width) return std::string{text};
    if (width < display_width(mark)) return {};
    const std::size_t room = width - display_width(mark);
    std::size_t columns = 0;
    std::size_t at = 0;
    for (;;) {
        const auto next = first_character(text.substr(at));
        const auto wide = static_cast<std::size_t>(next.valid ? width_of(next.point) : 1);
        if (columns + wide > room) break;
        columns += wide;
        at += next.size;
    }
    return std::string{text.substr(0, at)} + std::string{mark};
}

void put_json_string(std::string& out, std::string_view raw) {
    out += '"';
    while (!raw.empty()) {
        const auto next = first_character(raw);
        if (!next.valid)
            out += "\xef\xbf\xbd";
        else if (next.point == '"' || next.point == '\\')
            (out += '\\') += static_cast<char>(next.point);
        else if (next.point == '\n')
            out += "\\n";
        else if (is_escaped(next.point))
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(next.point));
        else
            out += raw.substr(0, next.size);
        raw.remove_prefix(next.size);
    }
    out += '"';
}

std::string printable_json(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    while (!json.empty()) {
        const auto next = first_character(json);
        if (!next.valid)
            out += "\xef\xbf\xbd";
        else if (is_escaped(next.point))
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(next.point));
        else
            out += json.substr(0, next.size);
        json.remove_prefix(next.size);
    }
    return out;
}

std::string hex(bytes_view data) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(data.size() * 2);
    for (const std::byte each : data) {
        out += digits[std::to_integer<unsigned>(each) >> 4];
        out += digits[std::to_integer<unsigned>(each) & 15];
    }
    return out;
}

std::string short_number(double value) {
    static constexpr const char* units[] = {"", "k", "M", "G", "T", "P", "E"};
    std::size_t unit = 0;
    for (; value >= 999.95 && unit + 1 < std::size(units); ++unit) value /= 1000;
    if (unit == 0) return fmt::format("{:.0f}", value);
    return fmt::format("{:.{}f}{}", value, value < 99.95 ? 1 : 0, units[unit]);
}

std::string short_size(std::uint64_t octets) {
    if (octets < 1000) return fmt::format("{} B", octets);
    auto number = short_number(static_cast<double>(octets));
    const char unit = number.back();
    number.pop_back();
    return fmt::format("{} {}B", number, unit);
}

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> words) {
    std::optional<std::string> best;
    std::size_t least = std::max<std::size_t>(2, typed.size() / 3) + 1;
    for (const auto& word : words) {
        const std::size_t away = distance(typed, word);
        if (away >= least || away >= word.size()) continue;
        least = away;
        best = word;
    }
    return best;
}

std::optional<std::string> nearest_name(std::string_view typed,
                                        std::span<const std::string> names) {
    if (auto near = nearest(typed, names)) return near;
    const auto last_part = [](std::string_view name) {
        std::string part{name.substr(name.rfind('.') + 1)};
        for (char& c : part)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        return part;
    };
    std::vector<std::string> parts;
    for (const auto& each : names) parts.push_back(last_part(each));
    const auto near = nearest(last_part(typed), parts);
    if (!near) return std::nullopt;
    const auto at = std::find(parts.begin(), parts.end(), *near) - parts.begin();
    return names[static_cast<std::size_t>(at)];
}

std::string shell_word(std::string_view word) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"_-./:@%+,="}.find(c) != std::string_view::npos;
    };
    if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return std::string{word};
    if (printable(word).size() != word.size()) {  // `$'...'` reads our escapes of controls back
        std::string quoted = "$'";
        for (const char c : word) {
            if (c == '\'' || c == '\\')
                (quoted += '\\') += c;
            else if (octet(c) < 0x20 || octet(c) >= 0x7f)
                quoted += fmt::format("\\x{:02x}", octet(c));
            else
                quoted += c;
        }
        return quoted + "'";
    }
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return quoted + "'";
}

}  // namespace varve::tool
