// The names on a simulated disk: what is there now, and what a power cut may leave.
//
// Changes to the directory become durable in their order, as in a file system with a journal: after
// a crash a prefix of those since the last sync is there. A renaming is there or not, never half.
#pragma once

#include <varve/eventstore/simulation/file.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// The directory. The disk's mutex guards it.
class simulated_directory {
public:
    using node = std::shared_ptr<simulated_file>;

    /// Null if there is no such file.
    node find(std::string_view name) const {
        const auto found = now_.find(name);
        return found == now_.end() ? nullptr : found->second;
    }

    node create(std::string_view name) {
        auto made = std::make_shared<simulated_file>(std::string{name});
        change({"", std::string{name}, made});
        return made;
    }
    void remove(std::string_view name) { change({std::string{name}, "", nullptr}); }
    void rename(std::string_view from, std::string_view to) {
        change({std::string{from}, std::string{to}, find(from)});
    }

    void sync() {
        durable_ = now_;
        changes_.clear();
    }

    /// The power is cut, for the names and for the content of the files that are left.
    void crash(std::uint64_t seed) {
        const std::uint64_t kept = mix(seed, 0) % (changes_.size() + 1);
        for (std::size_t i = 0; i < kept; ++i) apply(durable_, changes_[i]);
        changes_.clear();
        now_ = durable_;
        for (const auto& [name, file] : now_) {
            std::uint64_t own = seed;
            for (const char c : file->name) own = mix(own, static_cast<unsigned char>(c));
            file->crash(own);
        }
    }

    /// Bytes of all files together.
    std::uint64_t used() const {
        std::uint64_t sum = 0;
        for (const auto& [name, file] : now_) sum += file->size();
        return sum;
    }

    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& [name, file] : now_) names.push_back(name);
        return names;
    }

private:
    using entries = std::map<std::string, node, std::less<>>;
    struct renaming {  // of a file that is created: from ""; of one that is removed: to ""
        std::string from, to;
        node file;
    };

    void change(renaming made) {
        apply(now_, made);
        changes_.push_back(std::move(made));
    }
    static void apply(entries& names, const renaming& made) {
        if (!made.from.empty()) names.erase(made.from);
        if (!made.to.empty()) names.insert_or_assign(made.to, made.file);
    }

    entries now_;
    entries durable_;
    std::vector<renaming> changes_;
};

}  // namespace varve::inline v0::detail
