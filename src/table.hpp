// Columns for eyes: aligned by display width and cut to a total width.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::tool {

/// What stands in a column.
enum class cell : std::uint8_t {
    text,    ///< Gives way where the terminal is narrow.
    time,    ///< Gives way when no text has anything left to give.
    number,  ///< Aligned to the right, and never cut.
};

/// How one value of a record is shown to people.
struct column {
    std::string_view name;     ///< Of the record's entry.
    std::string_view heading;  ///< Above a table.
    cell what = cell::text;
};

/// Lays out rows that arrive one after the other. The first rows (up to 256, or until `settle`) decide
/// the widths; later ones are cut to them, except for numbers, and for times that did not give way.
class table {
public:
    table(std::vector<column> columns, std::size_t width, std::string_view mark)
        : columns_(std::move(columns)), width_(width), mark_(mark) {}

    /// Takes a row of printable cells; gives the lines that are ready, each with its end.
    std::string add(std::vector<std::string> row);

    /// Gives what is held back, under its heading.
    std::string settle();

    /// How the heading is wrapped: colour on and off.
    void decorate_heading(std::string_view before, std::string_view after) {
        before_ = before;
        after_ = after;
    }

private:
    void decide_widths();
    bool keeps(std::size_t column) const noexcept;
    std::size_t widest_of(cell what) const noexcept;
    std::string line(const std::vector<std::string>& row) const;

    std::vector<column> columns_;
    std::size_t width_;
    std::string_view mark_;
    std::string_view before_{}, after_{};
    std::vector<std::vector<std::string>> held_{};
    std::vector<std::size_t> widths_{};  ///< Empty until they are decided.
    bool times_gave_way_ = false;
};

}  // namespace varve::tool
