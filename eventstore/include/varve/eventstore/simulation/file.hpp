// The content of one simulated file: what is there now, and what may be there after a power cut.
//
// `now_` is what readers see. The durable content of the sectors that changed since the last sync is
// kept in `before_`, and the changes themselves in `changes_`, so that a crash can choose between
// them. Bytes that were only appended are in neither: what is durable of them is a size.
#pragma once

#include <varve/bytes.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// A well-mixed number from two (the finaliser of splitmix64).
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
    std::uint64_t z = a + 0x9e3779b97f4a7c15ull * (b + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

/// One file. The disk's mutex guards it.
class simulated_file {
public:
    static constexpr std::uint64_t sector = 512;

    explicit simulated_file(std::string called) : name(std::move(called)) {}

    std::uint64_t size() const noexcept { return now_.size(); }

    std::size_t read(std::uint64_t offset, std::span<std::byte> into) const noexcept {
        if (offset >= now_.size()) return 0;
        const std::size_t n = std::min<std::size_t>(into.size(), now_.size() - offset);
        if (n != 0) std::memcpy(into.data(), now_.data() + offset, n);
        return n;
    }

    void write(std::uint64_t offset, bytes_view data) {
        if (data.empty()) return;
        const std::uint64_t end = offset + data.size();
        if (offset == now_.size()) {
            note_append(data.size());
            now_.insert(now_.end(), data.begin(), data.end());
        } else {
            keep_appended();
            keep_durable(offset, end);
            if (end > now_.size()) now_.resize(end);
            std::copy(data.begin(), data.end(), now_.begin() + distance(offset));
            changes_.push_back({offset, data.size(), now_.size(), false, to_bytes(data)});
        }
        if (lost_.empty()) return;  // else: a page that is written again is written out again
        for (std::uint64_t s = offset / sector; s * sector < end; ++s) lost_.erase(s);
    }

    void truncate(std::uint64_t size) {
        if (size == now_.size()) return;
        keep_appended();
        const std::uint64_t low = std::min<std::uint64_t>(size, now_.size());
        const std::uint64_t high = std::max<std::uint64_t>(size, now_.size());
        keep_durable(low, high);
        changes_.push_back({low, high - low, size, true, {}});
        now_.resize(size);
        lost_.erase(lost_.lower_bound(low / sector), lost_.end());  // their blocks are given up
    }

    void sync() {
        std::erase_if(before_, [this](const auto& kept) { return !lost_.contains(kept.first); });
        changes_.clear();
        durable_size_ = now_.size();
    }

    /// A sync that failed: some of what was to be written is durable now, and the rest stays
    /// readable and will not be written by a later sync.
    void fail_sync(std::uint64_t seed) {
        keep_appended();
        std::set<std::uint64_t> touched;
        for (const change& c : changes_)
            for (std::uint64_t s = c.offset / sector; s * sector < c.offset + c.length; ++s)
                touched.insert(s);
        const std::uint64_t kind = mix(seed, ~5ull) % 4;  // all of it, nothing of it, or some
        for (const std::uint64_t s : touched) {
            if (kind == 0 || (kind != 1 && mix(seed, s) % 2 == 0)) {
                keep_written_out(s);
            } else {
                keep_sector(s);
                lost_.insert(s);
            }
        }
        changes_.clear();
        changes_.push_back({0, 0, now_.size(), true, {}});  // the size may yet be written, or not
    }

    /// The power is cut: what is durable, and of what was not synced whatever the seed says.
    void crash(std::uint64_t seed) {
        keep_appended();
        std::uint64_t largest = durable_size_;
        for (const change& c : changes_) largest = std::max(largest, c.size_after);
        const std::uint64_t size = surviving_size(seed);
        restore_durable(largest);
        for (std::size_t i = 0; i < changes_.size(); ++i) replay(i, seed);
        now_.resize(size);
        before_.clear();
        lost_.clear();
        changes_.clear();
        durable_size_ = size;
    }

    /// The same bytes are different from now on, for readers and on the disk.
    void damage(std::uint64_t offset, bytes_view data) {
        const std::uint64_t end = std::min<std::uint64_t>(now_.size(), offset + data.size());
        for (std::uint64_t i = offset; i < end; ++i) {
            now_[i] = data[i - offset];
            if (const auto kept = before_.find(i / sector); kept != before_.end())
                kept->second[i % sector] = data[i - offset];
        }
    }

    const std::string name;  ///< As it was created; part of the seed of its crashes.

private:
    struct change {
        std::uint64_t offset;
        std::uint64_t length;
        std::uint64_t size_after;
        bool zeros;     // the file was cut, or grew by a hole
        bytes content;  // empty: these bytes were appended and `now_` still holds them
    };
    using sector_bytes = std::array<std::byte, sector>;

    static std::ptrdiff_t distance(std::uint64_t n) noexcept {
        return static_cast<std::ptrdiff_t>(n);
    }

    void note_append(std::size_t size) {
        constexpr std::size_t many = 1024;  // beyond this a crash sees neighbours as one write
        if (changes_.size() >= many) {
            change& last = changes_.back();
            if (!last.zeros && last.content.empty() && last.size_after == now_.size()) {
                last.length += size;
                last.size_after += size;
                return;
            }
        }
        changes_.push_back({now_.size(), size, now_.size() + size, false, {}});
    }

    /// What was appended is about to be overwritten: its changes need bytes of their own.
    void keep_appended() {
        for (change& c : changes_) {
            if (c.zeros || !c.content.empty()) continue;
            const auto from = now_.begin() + distance(c.offset);
            c.content.assign(from, from + distance(c.length));
        }
    }

    void keep_sector(std::uint64_t s) {
        const auto [kept, fresh] = before_.try_emplace(s);
        if (!fresh) return;
        kept->second.fill(std::byte{0});
        const std::uint64_t end = std::min(
            {(s + 1) * sector, durable_size_, std::uint64_t{now_.size()}});
        for (std::uint64_t i = s * sector; i < end; ++i) kept->second[i % sector] = now_[i];
    }

    /// A sector that is durable as it is now, although the file's size may not be.
    void keep_written_out(std::uint64_t s) {
        sector_bytes& kept = before_[s];
        kept.fill(std::byte{0});
        const std::uint64_t end = std::min<std::uint64_t>((s + 1) * sector, now_.size());
        for (std::uint64_t i = s * sector; i < end; ++i) kept[i % sector] = now_[i];
    }

    void keep_durable(std::uint64_t low, std::uint64_t high) {
        const std::uint64_t end = std::min(high, durable_size_);
        for (std::uint64_t s = low / sector; s * sector < end; ++s) keep_sector(s);
    }

    /// Leaves in `now_` what is durable, followed by zeros.
    void restore_durable(std::uint64_t size) {
        now_.resize(std::min<std::uint64_t>(now_.size(), durable_size_));
        now_.resize(size);
        for (const auto& [s, content] : before_) {
            const std::uint64_t from = s * sector;
            if (from >= size) continue;
            const std::uint64_t n = std::min(sector, size - from);
            std::copy_n(content.begin(), n, now_.begin() + distance(from));
        }
    }

    /// Applies a change to those of its sectors in which it survives.
    void replay(std::size_t index, std::uint64_t seed) {
        const change& c = changes_[index];
        const std::uint64_t end = std::min<std::uint64_t>(c.offset + c.length, now_.size());
        for (std::uint64_t i = c.offset; i < end;) {
            const std::uint64_t next = std::min(end, (i / sector + 1) * sector);
            if (index < surviving(seed, i / sector)) {
                for (std::uint64_t at = i; at < next; ++at)
                    now_[at] = c.zeros ? std::byte{0} : c.content[at - c.offset];
            }
            i = next;
        }
    }

    /// How many of the changes, in their order, survive in a sector.
    std::uint64_t surviving(std::uint64_t seed, std::uint64_t s) const noexcept {
        const std::uint64_t n = changes_.size();
        const std::uint64_t cut = mix(seed, ~0ull) % (n + 1);
        switch (mix(seed, ~1ull) % 5) {
            case 0: return 0;
            case 1: return n;
            case 2: return std::min(n, cut + mix(seed, s) % 2);  // in order; the last one is torn
            default: return mix(seed, s) % (n + 1);              // in any order
        }
    }

    std::uint64_t surviving_size(std::uint64_t seed) const noexcept {
        const std::uint64_t kept = surviving(seed, ~2ull);
        if (kept == 0) return durable_size_;
        const std::uint64_t after = changes_[kept - 1].size_after;
        const std::uint64_t before = kept == 1 ? durable_size_ : changes_[kept - 2].size_after;
        if (after <= before || mix(seed, ~3ull) % 4 != 0) return after;
        return std::min(after, before + (mix(seed, ~4ull) % (after - before)) / sector * sector);
    }

    bytes now_;
    std::map<std::uint64_t, sector_bytes> before_;
    std::set<std::uint64_t> lost_;  // readable, but never written out
    std::vector<change> changes_;
    std::uint64_t durable_size_ = 0;
};

}  // namespace varve::inline v0::detail
