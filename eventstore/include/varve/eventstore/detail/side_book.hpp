// The book of what is kept beside the log, held against the count that the store has of it.
// It is read at opening, and carried on with each transaction.
#pragma once

#include <varve/eventstore/format/side_census.hpp>
#include <varve/failure.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// Not synchronised: the leader's own. Takes about 100 bytes of memory an entry.
class side_book {
public:
    /// An entry as it lies in the engine.
    struct place {
        const space* in;
        bytes key;
    };
    using seen = std::function<void(const space&, bytes_view key)>;

    /// Reads all entries of a tenant. What the engine finds damaged is in the book, not an error.
    /// Errors: what else the view says.
    template <class View>
    static result<side_book> read(View& view, std::uint32_t tenant, const seen& visit) {
        side_book book;
        const auto key = side_census_key(tenant);
        auto found = view.get(meta_space, bytes_view{key}, [&](bytes_view value) {
            book.stored_ = decode_side_census(value);
            if (!book.stored_) book.unreadable_ = "what was counted of it is damaged";
        });
        if (found || found.error().code != errc::corrupt) {
            if (!found) return pass_on(std::move(found));
        } else {
            book.unreadable_ = found.error().message;
        }
        for (const auto& in : counted_spaces) {
            auto scanned = book.read(view, in, tenant, visit);
            if (scanned) continue;
            if (scanned.error().code != errc::corrupt) return pass_on(std::move(scanned));
            book.unreadable_ = scanned.error().message;
        }
        book.now_.writes = book.stored_ ? book.stored_->writes : 0;
        return book;
    }

    /// What is wrong, or nothing. `known_writes`: of the anchor, 0 if there is none.
    std::string fault(std::uint64_t known_writes) const {
        if (!unreadable_.empty()) return unreadable_;
        if (now_.writes < known_writes)
            return "it ends with its write " + std::to_string(now_.writes) +
                   ", the anchor says that " + std::to_string(known_writes) +
                   " were durable: the later ones are lost";
        if (!stored_) return now_.entries == 0 ? "" : "what was counted of it is gone";
        if (*stored_ == now_) return {};
        return "it has " + std::to_string(now_.entries) + " entries where " +
               std::to_string(stored_->entries) +
               " were written, or others: some are lost or changed";
    }
    /// Whether all of it could be read, so that one can go on with what is left.
    bool is_readable() const noexcept { return !reading_failed_; }
    /// Those whose checksum does not hold.
    const std::vector<place>& damaged() const noexcept { return damaged_; }

    const side_census& now() const noexcept { return now_; }

    /// From here on nothing is carried on: what is wrong stays told.
    void close() noexcept { closed_ = true; }
    /// What is there is taken as it is, as one more write than anybody knows of.
    void take_as_it_is(std::uint64_t known_writes) {
        for (const auto& each : damaged_) change(*each.in, each.key, std::nullopt);
        damaged_.clear();
        unreadable_.clear();
        now_.writes = std::max(now_.writes, known_writes) + 1;
        stored_ = now_;
        closed_ = false;
    }

    // ---- a group: `begin`, its changes, and `settle` once it is durable ----------------------------

    void begin() {
        changes_.clear();
        next_ = now_;
    }
    /// `value`: nothing if the entry is removed. Each entry once.
    void stage(const space& in, bytes_view key, std::optional<bytes_view> value) {
        if (closed_ || !is_counted(in)) return;
        auto name = name_of(in, key);
        std::optional<std::uint64_t> hash;
        if (value) hash = side_entry_hash(in, key, *value);
        count(next_, name, hash);
        changes_.emplace_back(std::move(name), hash);
    }
    /// What is to be written with the group, if anything changes.
    std::optional<side_census> staged() const {
        if (changes_.empty()) return std::nullopt;
        auto count = next_;
        ++count.writes;
        return count;
    }
    void settle() {
        if (const auto count = staged()) now_ = *count;
        for (auto& [name, hash] : changes_) {
            if (hash)
                hashes_.insert_or_assign(std::move(name), *hash);
            else
                hashes_.erase(name);
        }
        changes_.clear();
        stored_ = now_;
    }

private:
    template <class View>
    result<void> read(View& view, const space& in, std::uint32_t tenant, const seen& visit) {
        bytes low, high;
        put_big_endian(low, tenant);
        put_big_endian(high, tenant + 1);  // no key is so short
        auto scanned = view.scan(in, bytes_view{low}, bytes_view{high}, direction::forward,
                                 [&](const key& at, bytes_view value) {
                                     change(in, at.octets, value);
                                     if (!checked_body(value, at.octets))
                                         damaged_.push_back({&in, to_bytes(at.octets)});
                                     visit(in, at.octets);
                                     return true;
                                 });
        reading_failed_ = reading_failed_ || !scanned;
        return scanned;
    }

    void change(const space& in, bytes_view key, std::optional<bytes_view> value) {
        auto name = name_of(in, key);
        std::optional<std::uint64_t> hash;
        if (value) hash = side_entry_hash(in, key, *value);
        count(now_, name, hash);
        if (hash)
            hashes_.insert_or_assign(std::move(name), *hash);
        else
            hashes_.erase(name);
    }

    void count(side_census& in, const std::string& name,
               const std::optional<std::uint64_t>& hash) const {
        if (const auto old = hashes_.find(name); old != hashes_.end()) {
            in.digest -= old->second;
            --in.entries;
        }
        if (!hash) return;
        in.digest += *hash;
        ++in.entries;
    }

    static std::string name_of(const space& in, bytes_view key) {
        std::string name(1, static_cast<char>(in.index));
        return name += as_text(key);
    }

    std::unordered_map<std::string, std::uint64_t> hashes_;
    std::optional<side_census> stored_;  ///< What the store says.
    side_census now_;                    ///< What is there.
    std::string unreadable_;
    std::vector<place> damaged_;
    bool reading_failed_ = false;
    bool closed_ = false;
    side_census next_;
    std::vector<std::pair<std::string, std::optional<std::uint64_t>>> changes_;
};

}  // namespace varve::inline v0::detail
