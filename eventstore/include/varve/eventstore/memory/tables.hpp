// The maps of the memory engine, with as many versions of a value as open views still need.
//
// A view never blocks the writer, and its holder may write through the same engine while it reads:
// a view keeps a number, each version of a value says since which number it holds, and versions that
// no open view can see are dropped by the writer.
#pragma once

#include <varve/engine.hpp>
#include <varve/eventstore/memory/journal.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// All spaces. One thread applies, any thread reads through a `memory_snapshot`.
class memory_tables {
public:
    explicit memory_tables(const named_spaces& spaces) {
        for (const auto& s : spaces) maps_.push_back({s.keys, {}, {}});
    }

    /// Makes a durable transaction visible, all of it at once. False if it makes no sense.
    bool apply(bytes_view record) {
        const std::unique_lock lock{mutex_};
        const std::uint64_t oldest = oldest_view();
        drop_unseen(oldest);
        const std::uint64_t since = visible_ + 1;
        const bool sound = journal_record::each(record, [&](const journal_record::write& w) {
            if (w.space < maps_.size()) apply(w, since, oldest);
        });
        visible_ = since;
        return sound;
    }

private:
    friend class memory_snapshot;

    /// A value that is never changed, shared by the map and those who read it.
    struct value {
        std::shared_ptr<const std::byte[]> data;
        std::size_t size = 0;

        bytes_view view() const noexcept { return {data.get(), size}; }
    };
    struct version {
        std::uint64_t since = 0;
        bool there = false;
        value content;
        std::unique_ptr<version> older;
    };
    using number_map = std::map<std::uint64_t, version>;
    using octet_map = std::map<std::string, version, std::less<>>;  // char_traits: unsigned
    struct map {
        key_kind keys;
        number_map numbers;
        octet_map octets;
    };
    struct outdated {
        std::uint64_t since;  // of the version that replaced another one
        std::size_t space;
        std::uint64_t number;
        std::string octets;
    };

    static const version* seen(const version& newest, std::uint64_t at) noexcept {
        const version* v = &newest;
        while (v != nullptr && v->since > at) v = v->older.get();
        return v != nullptr && v->there ? v : nullptr;
    }

    static value copy(bytes_view data) {
        if (data.empty()) return {};
        auto memory = std::make_shared_for_overwrite<std::byte[]>(data.size());
        std::memcpy(memory.get(), data.data(), data.size());
        return {std::move(memory), data.size()};
    }

    std::uint64_t oldest_view() {
        const std::lock_guard lock{views_mutex_};
        return views_.empty() ? visible_ + 1 : *views_.begin();
    }

    void apply(const journal_record::write& w, std::uint64_t since, std::uint64_t oldest) {
        map& in = maps_[w.space];
        if (in.keys == key_kind::number) {
            const auto number = load<std::uint64_t>(w.key.data());
            // the end is where nearly all keys go
            const auto at = in.numbers.try_emplace(in.numbers.end(), number);
            if (!change(at->second, w, since, oldest))
                in.numbers.erase(at);
            else if (at->second.older || !at->second.there)
                outdated_.push_back({since, w.space, number, {}});
        } else {
            const auto at = in.octets.try_emplace(std::string{as_text(w.key)}).first;
            if (!change(at->second, w, since, oldest))
                in.octets.erase(at);
            else if (at->second.older || !at->second.there)
                outdated_.push_back({since, w.space, 0, at->first});
        }
    }

    /// False if the entry is of no use to anybody any more.
    static bool change(version& newest, const journal_record::write& w, std::uint64_t since,
                       std::uint64_t oldest) {
        const bool needed = oldest < since && (newest.there || newest.older) &&
                            newest.since != since;
        if (needed) {
            auto older = std::make_unique<version>(std::move(newest));
            newest = version{};
            newest.older = std::move(older);
        }
        newest.since = since;
        newest.there = !w.removes;
        newest.content = w.removes ? value{} : copy(w.value);
        return newest.there || newest.older != nullptr;
    }

    void drop_unseen(std::uint64_t oldest) {
        if (outdated_.empty()) return;
        std::erase_if(outdated_, [&](const outdated& o) {
            if (o.since > oldest) return false;
            map& in = maps_[o.space];
            if (in.keys == key_kind::number)
                trim(in.numbers, o.number, oldest);
            else
                trim(in.octets, o.octets, oldest);
            return true;
        });
    }

    /// Drops the versions below the one that the oldest view sees.
    template <class Map, class Key>
    static void trim(Map& in, const Key& name, std::uint64_t oldest) {
        const auto at = in.find(name);
        if (at == in.end()) return;
        version* v = &at->second;
        while (v->since > oldest && v->older) v = v->older.get();
        if (v->since > oldest) return;
        v->older.reset();
        if (v == &at->second && !v->there) in.erase(at);
    }

    mutable std::shared_mutex mutex_;
    std::vector<map> maps_;
    std::uint64_t visible_ = 0;
    std::vector<outdated> outdated_;
    std::mutex views_mutex_;
    std::multiset<std::uint64_t> views_;
};

/// What was visible when it was made. One thread at a time.
class memory_snapshot {
public:
    explicit memory_snapshot(std::shared_ptr<memory_tables> tables) : tables_(std::move(tables)) {
        const std::shared_lock lock{tables_->mutex_};
        const std::lock_guard views{tables_->views_mutex_};
        at_ = tables_->visible_;
        tables_->views_.insert(at_);
    }
    memory_snapshot(memory_snapshot&&) noexcept = default;
    memory_snapshot& operator=(memory_snapshot&&) = delete;
    ~memory_snapshot() {
        if (!tables_) return;
        const std::lock_guard views{tables_->views_mutex_};
        tables_->views_.erase(tables_->views_.find(at_));
    }

    result<bool> get(const space& in, const key& at,
                     const std::function<void(bytes_view)>& found) const {
        memory_tables::value value;
        {
            const std::shared_lock lock{tables_->mutex_};
            const memory_tables::map* map = find(in);
            if (map == nullptr) return wrong(in);
            const auto look = [&](const auto& entries, const auto& name) {
                const auto entry = entries.find(name);
                if (entry == entries.end()) return false;
                const auto* seen = memory_tables::seen(entry->second, at_);
                if (seen != nullptr) value = seen->content;
                return seen != nullptr;
            };
            if (!(in.keys == key_kind::number ? look(map->numbers, at.number)
                                              : look(map->octets, as_text(at.octets))))
                return false;
        }
        found(value.view());
        return true;
    }

    result<void> scan(const space& in, const key& low, const key& high, direction way,
                      const entry_visitor& visit) const {
        {
            const std::shared_lock lock{tables_->mutex_};
            if (find(in) == nullptr) return pass_on(wrong(in));
        }
        if (in.keys == key_kind::number) {
            scan<std::uint64_t>(&memory_tables::map::numbers, in, low.number, high.number, way,
                                visit);
        } else {
            scan<std::string>(&memory_tables::map::octets, in, std::string{as_text(low.octets)},
                              std::string{as_text(high.octets)}, way, visit);
        }
        return {};
    }

private:
    template <class Name>
    struct page {
        std::array<std::pair<Name, memory_tables::value>, 64> entries;
        std::size_t size = 0;
    };

    const memory_tables::map* find(const space& in) const {
        if (in.index >= tables_->maps_.size() || tables_->maps_[in.index].keys != in.keys)
            return nullptr;
        return &tables_->maps_[in.index];
    }

    static result<bool> wrong(const space& in) {
        return fail(errc::invalid_argument,
                    "space '" + std::string{in.name} + "': the engine was not opened with it");
    }

    static key as_key(std::uint64_t name) { return key{name}; }
    static key as_key(const std::string& name) { return key{as_bytes(name)}; }

    /// Pages of a few entries are taken under the lock and visited without it.
    template <class Name, class Map>
    void scan(Map memory_tables::map::* which, const space& in, Name low, Name high, direction way,
              const entry_visitor& visit) const {
        page<Name> taken;
        bool beyond = false;  // the end that moves was visited already
        for (std::size_t room = 1;; room = std::min<std::size_t>(room * 4, taken.entries.size())) {
            taken.size = 0;
            {
                const std::shared_lock lock{tables_->mutex_};
                const Map& entries = tables_->maps_[in.index].*which;
                if (low > high) return;
                auto from = beyond && way == direction::forward ? entries.upper_bound(low)
                                                                : entries.lower_bound(low);
                auto to = beyond && way == direction::backward ? entries.lower_bound(high)
                                                               : entries.upper_bound(high);
                if (way == direction::forward) {
                    for (; from != to && taken.size < room; ++from) take(*from, taken);
                } else {
                    while (from != to && taken.size < room) take(*--to, taken);
                }
            }
            for (std::size_t i = 0; i < taken.size; ++i) {
                const auto& [name, value] = taken.entries[i];
                if (!visit(as_key(name), value.view())) return;
            }
            if (taken.size < room) return;
            (way == direction::forward ? low : high) = taken.entries[taken.size - 1].first;
            beyond = true;
        }
    }

    template <class Entry, class Name>
    void take(const Entry& entry, page<Name>& taken) const {
        const auto* seen = memory_tables::seen(entry.second, at_);
        if (seen != nullptr) taken.entries[taken.size++] = {entry.first, seen->content};
    }

    std::shared_ptr<memory_tables> tables_;
    std::uint64_t at_ = 0;
};

}  // namespace varve::inline v0::detail
