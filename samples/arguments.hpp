// A command line of plain words and `--name value` pairs.
#pragma once

#include <varve/failure.hpp>

#include <charconv>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace samples {

class arguments {
public:
    arguments(int count, const char* const* values) {
        for (int i = 1; i < count; ++i) {
            const std::string_view word = values[i];
            if (word == "--help")
                help_ = true;
            else if (!word.starts_with("--"))
                words_.emplace_back(word);
            else if (i + 1 < count)
                options_[std::string{word.substr(2)}] = values[++i];
            else
                blame(std::string{word} + " needs a value");
        }
    }

    /// The words that belong to no option, in order.
    const std::vector<std::string>& words() const noexcept { return words_; }

    bool asks_for_help() const noexcept { return help_; }

    std::string text(const std::string& name, std::string fallback) {
        asked_.insert(name);
        const auto found = options_.find(name);
        return found == options_.end() ? std::move(fallback) : found->second;
    }

    std::uint64_t number(const std::string& name, std::uint64_t fallback, std::uint64_t lowest,
                         std::uint64_t highest) {
        const auto given = text(name, std::to_string(fallback));
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
        if (error != std::errc{} || end != given.data() + given.size() || value < lowest ||
            value > highest)
            blame("--" + name + " is a number from " + std::to_string(lowest) + " to " +
                  std::to_string(highest) + ", not '" + given + "'");
        return value;
    }

    /// What is wrong with the line, also an option that nobody asked for; empty if nothing is.
    std::string fault() const {
        for (const auto& [name, value] : options_)
            if (fault_.empty() && !asked_.contains(name)) return "there is no option --" + name;
        return fault_;
    }

private:
    void blame(std::string what) {
        if (fault_.empty()) fault_ = std::move(what);
    }

    std::vector<std::string> words_;
    std::map<std::string, std::string> options_;
    std::set<std::string> asked_;
    std::string fault_;
    bool help_ = false;
};

/// The exit codes of the samples are those of the tool.
enum exit_code : int {
    good = 0,
    fault_found = 1,
    usage = 2,
    not_found = 3,
    conflict = 4,
    corruption = 5,
    busy = 6
};

inline exit_code exit_code_of(varve::errc code) noexcept {
    switch (code) {
        case varve::errc::invalid_argument: return usage;
        case varve::errc::not_found: return not_found;
        case varve::errc::conflict: return conflict;
        case varve::errc::corrupt: return corruption;
        case varve::errc::busy: return busy;
        default: return fault_found;
    }
}

}  // namespace samples
