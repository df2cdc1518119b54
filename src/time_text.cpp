#include "time_text.hpp"

#include "text.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace varve::tool {
namespace {

using std::chrono::days;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// Takes exactly `digits` decimal digits from the beginning of `text`.
std::optional<unsigned> take(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    unsigned value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(text[i] - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool skip(std::string_view& text, std::string_view one_of) {
    if (text.empty() || one_of.find(text[0]) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    const auto year = take(text, 4);
    if (!year || !skip(text, "-")) return std::nullopt;
    const auto month = take(text, 2);
    if (!month || !skip(text, "-")) return std::nullopt;
    const auto day = take(text, 2);
    if (!day || *year < 1678 || *year > 2261) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                           std::chrono::month{*month}, std::chrono::day{*day}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days{date};
}

std::optional<nanoseconds> take_clock(std::string_view& text) {
    const auto hour = take(text, 2);
    if (!hour || !skip(text, ":")) return std::nullopt;
    const auto minute = take(text, 2);
    if (!minute || !skip(text, ":")) return std::nullopt;
    const auto second = take(text, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    std::int64_t fraction = 0;
    if (skip(text, ".")) {
        std::int64_t unit = 100'000'000;
        auto digit = take(text, 1);
        if (!digit) return std::nullopt;
        for (; digit; digit = take(text, 1), unit /= 10) fraction += *digit * unit;
    }
    return std::chrono::hours{*hour} + std::chrono::minutes{*minute} + seconds{*second} +
           nanoseconds{fraction};
}

std::optional<nanoseconds> take_zone(std::string_view& text) {
    if (skip(text, "Zz")) return nanoseconds{};
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const int sign = text[0] == '+' ? 1 : -1;
    text.remove_prefix(1);
    const auto hour = take(text, 2);
    if (!hour || !skip(text, ":")) return std::nullopt;
    const auto minute = take(text, 2);
    if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
    return sign * (std::chrono::hours{*hour} + std::chrono::minutes{*minute});
}

}  // namespace

std::string rfc3339(timestamp when) {
    const auto day = std::chrono::floor<days>(when);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{when - day};
    auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                            clock.hours().count(), clock.minutes().count(),
                            clock.seconds().count());
    auto fraction = clock.subseconds().count();
    if (fraction != 0) {
        int digits = 9;
        for (; fraction % 1000 == 0; fraction /= 1000) digits -= 3;
        text += fmt::format(".{:0{}}", fraction, digits);
    }
    return text + "Z";
}

std::optional<timestamp> parse_rfc3339(std::string_view text) {
    const auto date = take_date(text);
    if (!date) return std::nullopt;
    if (text.empty()) return timestamp{*date};
    if (!skip(text, "Tt ")) return std::nullopt;
    const auto clock = take_clock(text);
    if (!clock) return std::nullopt;
    const auto zone = take_zone(text);
    if (!zone || !text.empty()) return std::nullopt;
    return timestamp{*date} + *clock - *zone;
}

std::string short_duration(nanoseconds took) {
    const double s = std::chrono::duration<double>(took).count();
    if (s < 0.001) return fmt::format("{:.0f} µs", s * 1e6);
    if (s < 1) return fmt::format("{:.0f} ms", s * 1e3);
    if (s < 60) return fmt::format("{:.1f} s", s);
    return fmt::format("{} min {} s", static_cast<std::int64_t>(s) / 60,
                       static_cast<std::int64_t>(s) % 60);
}

}  // namespace varve::tool
