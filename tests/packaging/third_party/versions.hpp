// What the engine has in memory: every value that was durable since the file was read.
//
// A view is a number: it sees what the transactions up to that number wrote. No version is dropped
// before the file is opened anew, which is what an example may do.
#pragma once

#include <varve/bytes.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

namespace third_party {

using varve::bytes;

/// All that is durable, in all its versions. One thread applies, any thread reads.
class versions {
public:
    using value = std::shared_ptr<const bytes>;  // null: there is none
    struct write {
        std::uint8_t space;
        std::string key;
        value content;
    };

    explicit versions(std::size_t spaces) : maps_(spaces) {}

    void apply(std::vector<write>&& all) {
        const std::unique_lock lock{guard_};
        ++newest_;
        for (auto& each : all)
            maps_[each.space][std::move(each.key)].emplace_back(newest_, std::move(each.content));
    }
    std::uint64_t newest() const {
        const std::shared_lock lock{guard_};
        return newest_;
    }
    value get(std::uint8_t space, const std::string& key, std::uint64_t at) const {
        const std::shared_lock lock{guard_};
        const auto found = maps_[space].find(key);
        return found == maps_[space].end() ? nullptr : seen(found->second, at);
    }
    /// Moves `key` to the next one that is there, or to the one before; null at the end.
    value next(std::uint8_t space, std::string& key, bool itself, bool forward,
               std::uint64_t at) const {
        const std::shared_lock lock{guard_};
        const auto& map = maps_[space];
        auto place = forward == itself ? map.lower_bound(key) : map.upper_bound(key);
        for (;; forward ? ++place : place) {
            if (place == (forward ? map.end() : map.begin())) return nullptr;
            if (!forward) --place;
            auto content = seen(place->second, at);
            if (!content) continue;
            key = place->first;
            return content;
        }
    }

private:
    using history = std::vector<std::pair<std::uint64_t, value>>;
    static value seen(const history& all, std::uint64_t at) {
        for (auto i = all.rbegin(); i != all.rend(); ++i)
            if (i->first <= at) return i->second;
        return nullptr;
    }

    mutable std::shared_mutex guard_;
    std::uint64_t newest_ = 0;
    std::vector<std::map<std::string, history>> maps_;
};

}  // namespace third_party
