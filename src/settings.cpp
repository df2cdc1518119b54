#include "settings.hpp"

#include "text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace varve::tool {
namespace {

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : value;
}

bool is_dumb() { return variable("TERM") == "dumb"; }

bool colored(color_choice choice, bool terminal) {
    if (choice != color_choice::automatic) return choice == color_choice::always;
    return terminal && variable("NO_COLOR").empty() && !is_dumb();
}

std::size_t columns() {
    std::size_t found = 80;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
        found = size.ws_col;
    else if (const auto stated = parse_number(variable("COLUMNS")))
        found = static_cast<std::size_t>(*stated);
    return std::clamp<std::size_t>(found, 40, 200);
}

bool speaks_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const auto value = variable(name);
        if (value.empty()) continue;
        for (const std::string_view suffix : {"UTF-8", "utf8", "UTF8", "utf-8"})
            if (value.find(suffix) != std::string_view::npos) return true;
        return false;
    }
    return false;
}

}  // namespace

settings settle(std::optional<output_format> format, color_choice color, bool quiet) {
    const bool out = ::isatty(STDOUT_FILENO) == 1;
    const bool err = ::isatty(STDERR_FILENO) == 1;
    return {.format = format.value_or(out ? output_format::table : output_format::plain),
            .quiet = quiet,
            .color = colored(color, out),
            .error_color = colored(color, err),
            .error_terminal = err && !is_dumb(),
            .unicode = speaks_utf8(),
            .width = columns()};
}

}  // namespace varve::tool
