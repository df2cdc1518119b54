// Holds the folded state of each logged package against what dpkg-query says.
#pragma once

#include "events.hpp"
#include "installed.hpp"

#include <varve/load.hpp>
#include <varve/stream_id.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace dpkg {

struct difference {
    std::string package;
    std::string reason;
    bool fault = false;  ///< The log ends with `installed`, so there is nothing to excuse it.
};

struct comparison {
    std::uint64_t packages = 0;  ///< That the log names.
    std::uint64_t equal = 0;
    std::uint64_t not_logged = 0;  ///< Installed, and the log does not name them: it begins later.
    std::vector<difference> differences;

    bool good() const {
        for (const auto& each : differences)
            if (each.fault) return false;
        return true;
    }
};

namespace detail {

inline std::string shown(const std::string& status, const std::string& version) {
    return (status.empty() ? "no status" : status) + " " + (version.empty() ? "<none>" : version);
}

/// Why the two do not agree; empty if they do. `now` is null for a package dpkg-query does not know.
inline std::string disagreement(const Package& logged, const installed_package* now) {
    if (now == nullptr) {
        if (logged.status == "not-installed") return "";
        return "the log ends with " + shown(logged.status, logged.version) +
               ", dpkg-query does not know it";
    }
    const bool without_version = logged.version == "<none>" || now->version.empty();
    if (logged.status == now->status && (without_version || logged.version == now->version))
        return "";
    const auto both = "the log ends with " + shown(logged.status, logged.version) +
                      ", dpkg-query says " + shown(now->status, now->version);
    if (!logged.under_way.empty())
        return both + " (the log ends within '" + logged.under_way + "')";
    return both;
}

}  // namespace detail

/// Folds every package of the store and compares. Errors: what the store says.
template <class Store>
varve::result<comparison> compare(Store& store, const installed_packages& installed) {
    comparison made;
    std::set<std::string> named;
    for (const auto& stream : store.streams("package-")) {
        const std::string package{varve::key_of(stream.name)};
        const auto logged = varve::load<Package>(store, stream.name);
        if (!logged) return std::unexpected(logged.error());
        const auto& state = logged->state;
        auto now = installed.find(package);
        if (now == installed.end() && state.status != "not-installed")
            now = find_installed(installed, package);
        if (now != installed.end()) named.insert(now->first);

        ++made.packages;
        auto reason = detail::disagreement(state, now == installed.end() ? nullptr : &now->second);
        if (reason.empty())
            ++made.equal;
        else
            made.differences.push_back({package, std::move(reason), state.status == "installed"});
    }
    made.not_logged = installed.size() - named.size();
    return made;
}

}  // namespace dpkg
