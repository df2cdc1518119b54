// A SQL statement as a literal, whose parameters the compiler counts.
//
// A statement cannot be put together at run time, so no value can become a part of it, and its
// address names it: each connection prepares it once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace varve::inline v0 {

namespace detail {

// Not constexpr, so that a call to them does not compile; their names are the message.
inline void varve_a_statement_names_more_or_fewer_parameters_than_it_is_given() {}
inline void varve_write_a_parameter_as_a_question_mark_and_its_number() {}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The index after a quoted text or a comment that begins at `i`; `i` if none does.
constexpr std::size_t skip_quoted(std::string_view sql, std::size_t i) noexcept {
    const auto after = [sql](std::string_view mark, std::size_t from) {
        const auto found = sql.find(mark, from);
        return found == std::string_view::npos ? sql.size() : found + mark.size();
    };
    const char c = sql[i];
    if (c == '\'' || c == '"' || c == '`') return after(sql.substr(i, 1), i + 1);
    if (c == '[') return after("]", i + 1);
    if (sql.substr(i).starts_with("--")) return after("\n", i + 2);
    if (sql.substr(i).starts_with("/*")) return after("*/", i + 2);
    return i;
}

/// The highest `?N` of a statement; the other ways of SQLite to write a parameter are refused.
constexpr std::size_t count_parameters(std::string_view sql) {
    std::size_t highest = 0;
    for (std::size_t i = 0; i < sql.size();) {
        if (const auto after = skip_quoted(sql, i); after != i) {
            i = after;
            continue;
        }
        const char c = sql[i++];
        if (c == ':' || c == '@' || c == '$')
            varve_write_a_parameter_as_a_question_mark_and_its_number();
        if (c != '?') continue;
        std::size_t number = 0;
        while (i < sql.size() && is_digit(sql[i]))
            number = number * 10 + static_cast<std::size_t>(sql[i++] - '0');
        if (number == 0) varve_write_a_parameter_as_a_question_mark_and_its_number();
        highest = std::max(highest, number);
    }
    return highest;
}

}  // namespace detail

/// A literal that takes these values as `?1`, `?2`, ... Made from the literal itself:
/// `rows.run("update t set n = ?2 where k = ?1", k, n)`.
template <class... Values>
class sql_text {
public:
    consteval sql_text(const char* literal) : text_(literal) {
        if (detail::count_parameters(literal) != sizeof...(Values))
            detail::varve_a_statement_names_more_or_fewer_parameters_than_it_is_given();
    }

    /// Ends with a zero byte; lives as long as the program.
    constexpr const char* text() const noexcept { return text_; }

private:
    const char* text_;
};

}  // namespace varve::inline v0
