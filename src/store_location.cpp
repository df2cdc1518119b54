#include "store_location.hpp"

#include "text.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

namespace varve::tool {
namespace {

/// The word before the first `:`, if it looks like the name of an engine.
std::optional<std::string_view> scheme_of(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const auto word = text.substr(0, colon);
    const bool lower = std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
    return lower ? std::optional{word} : std::nullopt;
}

}  // namespace

answer<store_location> parse_location(std::string_view text) {
    if (text.empty())
        return refuse(exit_code::usage, "usage", "no store is named",
                      "name it: varve --store sqlite:FILE ..., or set VARVE_STORE");
    std::error_code ignored;
    const auto scheme = scheme_of(text);
    if (!scheme || (*scheme != "sqlite" && std::filesystem::exists(text, ignored)))
        return store_location{"sqlite", std::string{text}};
    if (*scheme == "rocksdb")
        return refuse(exit_code::usage, "unsupported",
                      "the RocksDB engine comes later; this version opens SQLite stores",
                      "varve --store sqlite:FILE ...");
    if (*scheme != "sqlite")
        return refuse(
            exit_code::usage, "usage",
            "there is no engine '" + std::string{*scheme} + "'; this version knows sqlite",
            "for a file of that name: --store sqlite:" + shell_word(text));
    const auto path = text.substr(scheme->size() + 1);
    if (path.empty())
        return refuse(exit_code::usage, "usage", "no file is named after 'sqlite:'",
                      "varve --store sqlite:FILE ...");
    return store_location{"sqlite", std::string{path}};
}

}  // namespace varve::tool
