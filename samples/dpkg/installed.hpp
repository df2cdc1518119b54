// What dpkg-query says is installed now.
#pragma once

#include "command.hpp"

#include <varve/failure.hpp>

#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace dpkg {

struct installed_package {
    std::string version;
    std::string status;
};

/// By `name:architecture`.
using installed_packages = std::map<std::string, installed_package>;

inline constexpr const char* ask_dpkg =
    R"(dpkg-query -W -f '${Package}:${Architecture} ${Version} ${Status}\n')";

/// Reads `name:architecture version want error status` lines; a package without a version has four words.
inline varve::result<installed_packages> parse_installed(const std::string& text) {
    installed_packages all;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        std::istringstream split{line};
        std::vector<std::string> words;
        for (std::string word; split >> word;) words.push_back(word);
        if (words.size() != 4 && words.size() != 5)
            return varve::fail(varve::errc::invalid_argument, "not a line of dpkg-query: " + line);
        all[words[0]] = {words.size() == 5 ? words[1] : "", words.back()};
    }
    return all;
}

/// The package of that name; also one that is `all` by now, or was logged as `all` or without an
/// architecture. End if there is none, or more than one.
inline installed_packages::const_iterator find_installed(const installed_packages& all,
                                                         const std::string& logged) {
    if (const auto exact = all.find(logged); exact != all.end()) return exact;
    const auto name = logged.substr(0, logged.find(':'));
    const auto from = all.lower_bound(name + ":");
    auto next = from;
    while (next != all.end() && next->first.starts_with(name + ":")) ++next;
    if (from == next || std::next(from) != next) return all.end();
    const bool open = logged == name || logged.ends_with(":all") || from->first.ends_with(":all");
    return open ? from : all.end();
}

}  // namespace dpkg
