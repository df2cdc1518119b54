// One line of the package log, taken apart (dpkg.log(5)).
#pragma once

#include "events.hpp"

#include <varve/time.hpp>

#include <chrono>
#include <ctime>
#include <optional>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

namespace dpkg {

using log_event = std::variant<Startup, Status, Action, Conffile>;

struct log_line {
    std::string stream;
    varve::timestamp at;
    log_event event;
};

/// `2025-06-24 14:36:25` on the clock of the time zone that this process runs in; the log names none. Of
/// an hour that occurs twice, the system chooses one.
inline std::optional<varve::timestamp> local_time(const std::string& date,
                                                  const std::string& clock) {
    std::tm broken{};
    const std::string text = date + " " + clock;  // outlives `end`, which points into it
    const auto* end = ::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &broken);
    if (end == nullptr || *end != '\0') return {};
    broken.tm_isdst = -1;
    return std::chrono::time_point_cast<varve::timestamp::duration>(
        std::chrono::system_clock::from_time_t(std::mktime(&broken)));
}

/// The stream of a package; nothing if its name is longer than a stream's may be.
inline std::optional<std::string> stream_of(const std::string& package) {
    auto stream = "package-" + package;
    if (stream.size() > varve::limits::stream_name) return {};
    return stream;
}

/// Takes a line apart, without its newline; nothing if it is not one of dpkg's.
inline std::optional<log_line> parse_line(const std::string& text) {
    std::istringstream in{text};
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.size() < 4) return {};
    const auto at = local_time(words[0], words[1]);
    if (!at) return {};

    const auto& kind = words[2];
    if (kind == "startup") {
        auto what = words[3];
        for (std::size_t i = 4; i < words.size(); ++i) what += " " + words[i];
        return log_line{"dpkg-startup", *at, Startup{what}};
    }
    if (kind == "conffile" && words.size() == 5)
        return log_line{"dpkg-conffile", *at, Conffile{words[3], words[4]}};
    if (words.size() != 6) return {};
    const auto stream = stream_of(kind == "status" ? words[4] : words[3]);
    if (!stream) return {};
    if (kind == "status") return log_line{*stream, *at, Status{words[3], words[5]}};
    for (const auto* action :
         {"install", "upgrade", "configure", "trigproc", "disappear", "remove", "purge"})
        if (kind == action) return log_line{*stream, *at, Action{kind, words[4], words[5]}};
    return {};
}

}  // namespace dpkg
