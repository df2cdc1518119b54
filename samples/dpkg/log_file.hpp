// Log files as they lie in /var/log: rotated, compressed, and perhaps being written.
#pragma once

#include "command.hpp"

#include <varve/failure.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace dpkg {

struct log_file {
    std::string path;
    std::vector<std::string> lines;
    bool torn = false;  ///< The last line has no end yet; it is left for the next run.
};

/// Splits a text into its whole lines.
inline log_file split_lines(std::string path, const std::string& text) {
    log_file file{std::move(path), {}, !text.empty() && text.back() != '\n'};
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) file.lines.push_back(std::move(line));
    if (file.torn) file.lines.pop_back();
    return file;
}

/// Reads a log; a name in `.gz` is unpacked by gzip.
inline varve::result<log_file> read_log(const std::string& path) {
    if (path.ends_with(".gz")) {
        auto text = output_of("gzip -dc -- " + shell_word(path));
        if (!text) return std::unexpected(text.error());
        return split_lines(path, *text);
    }
    std::ifstream in{path, std::ios::binary};
    if (!in) return varve::fail(varve::errc::not_found, path + " cannot be read");
    return split_lines(path, std::string{std::istreambuf_iterator<char>{in}, {}});
}

/// `/var/log/dpkg.log` and what it was rotated to.
inline std::vector<std::string> logs_in(const std::string& folder) {
    std::vector<std::string> paths;
    std::error_code none;  // no folder, no logs
    for (const auto& entry : std::filesystem::directory_iterator{folder, none})
        if (entry.path().filename().string().starts_with("dpkg.log"))
            paths.push_back(entry.path().string());
    return paths;
}

/// Reads them all, the oldest first, by the time that each begins with.
inline varve::result<std::vector<log_file>> read_logs(const std::vector<std::string>& paths) {
    std::vector<log_file> files;
    for (const auto& path : paths) {
        auto file = read_log(path);
        if (!file) return std::unexpected(file.error());
        files.push_back(*std::move(file));
    }
    const auto begins = [](const log_file& file) {
        return file.lines.empty() ? std::string{} : file.lines.front().substr(0, 19);
    };
    std::ranges::stable_sort(files, {}, begins);
    return files;
}

}  // namespace dpkg
