#include "store_location.hpp"

#include "text.hpp"

#include <varve/eventstore/rocksdb/names.hpp>
#include <varve/eventstore/rocksdb/store_file.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
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

/// A folder that says it is a store of that kind, whole or not.
bool is_rocksdb_store(const std::string& path) {
    std::string begin(detail::rocksdb_store_file::title.size(), '\0');
    std::ifstream file{std::filesystem::path{path} / detail::rocksdb_store_file_name};
    file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    return begin == detail::rocksdb_store_file::title;
}

}  // namespace

answer<store_location> parse_location(std::string_view text) {
    if (text.empty())
        return refuse(exit_code::usage, "usage", "no store is named",
                      "name it: varve --store sqlite:FILE ..., or set VARVE_STORE");
    std::error_code ignored;
    const auto scheme = scheme_of(text);
    const bool known = scheme == "sqlite" || scheme == "rocksdb";
    if (!scheme || (!known && std::filesystem::exists(text, ignored))) {
        const std::string path{text};
        return store_location{is_rocksdb_store(path) ? "rocksdb" : "sqlite", path};
    }
    if (!known)
        return refuse(exit_code::usage, "usage",
                      "there is no engine '" + std::string{*scheme} +
                          "'; this version knows sqlite and rocksdb",
                      "for a file of that name: --store sqlite:" + shell_word(text));
    const auto path = text.substr(scheme->size() + 1);
    if (path.empty())
        return refuse(
            exit_code::usage, "usage", "nothing is named after '" + std::string{*scheme} + ":'",
            scheme == "sqlite" ? "varve --store sqlite:FILE ..." : "varve --store rocksdb:DIR ...");
    return store_location{std::string{*scheme}, std::string{path}};
}

}  // namespace varve::tool
