// How the tool prints: format, colour, width; settled once from flags, environment and terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace varve::tool {

enum class output_format : std::uint8_t {
    table,   ///< For eyes: aligned columns, cut to the terminal's width.
    plain,   ///< For pipes: fields with tabs between them, nothing cut.
    json,    ///< For programs: one document.
    ndjson,  ///< For programs: one object a line, each flushed.
};

enum class color_choice : std::uint8_t { automatic, always, never };

struct settings {
    output_format format = output_format::plain;
    bool quiet = false;
    bool color = false;           ///< On standard output.
    bool error_color = false;     ///< On standard error.
    bool error_terminal = false;  ///< Standard error is a terminal that can rewrite its last line.
    bool unicode = false;         ///< What reads the output understands UTF-8.
    std::size_t width = 80;       ///< Columns of a table, 40 to 200.
};

/// What the flags say, and for the rest what the environment (`NO_COLOR`, `TERM`, `COLUMNS`, the
/// locale) and the two descriptors say.
settings settle(std::optional<output_format> format, color_choice color, bool quiet);

}  // namespace varve::tool
