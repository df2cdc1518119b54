// Keeps the anchor: reads it at open, moves it after each group, syncs it now and then.
//
// It is never ahead of the log, because it is written after the group is durable; it may be behind by
// what was stored since its last sync, and what is lost beyond that is not noticed.
#pragma once

#include <varve/eventstore/anchor/record.hpp>
#include <varve/eventstore/anchor/storage.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

/// One thread at a time. Without a storage it knows nothing and does nothing.
class anchor_keeper {
public:
    static constexpr std::chrono::nanoseconds sync_every = std::chrono::seconds{1};
    static constexpr std::uint64_t sync_bytes = 64u << 20;

    anchor_keeper() = default;
    anchor_keeper(std::shared_ptr<anchor_storage> at, std::uint32_t tenant)
        : storage_(std::move(at)), offset_(std::uint64_t{tenant} * 2 * anchor_record::size) {}

    /// The newest whole slot; nothing if there is none, as in a new store or after somebody deleted
    /// the file. Errors: `denied`, `io`.
    result<std::optional<anchor_record>> load() {
        std::optional<anchor_record> newest;
        if (!storage_) return newest;
        auto raw = storage_->read(offset_, 2 * anchor_record::size);
        if (!raw) return std::unexpected(raw.error());
        const bytes_view all{*raw};
        for (std::size_t at = 0; at + anchor_record::size <= all.size();
             at += anchor_record::size) {
            const auto found = decode_anchor(all.subspan(at, anchor_record::size));
            if (found && (!newest || found->sequence > newest->sequence)) newest = found;
        }
        if (newest) sequence_ = newest->sequence;
        return newest;
    }

    /// All that `next` says is durable. A failure is kept for `trouble`: the log itself is fine.
    void move_to(anchor_record next, std::uint64_t written, std::chrono::nanoseconds now) {
        if (!storage_) return;
        next.sequence = sequence_ + 1;
        const auto slot = offset_ + next.sequence % 2 * anchor_record::size;
        if (!note(storage_->write(slot, encode_anchor(next)))) return;
        sequence_ = next.sequence;
        unsynced_ += written;
        if (!synced_ || now - *synced_ >= sync_every || unsynced_ >= sync_bytes) sync(now);
    }

    /// At the end of a life.
    void close(std::chrono::nanoseconds now) {
        if (storage_ && unsynced_ != 0) sync(now);
    }

    /// Why the anchor could not be moved the last time; empty if it could.
    const std::string& trouble() const noexcept { return trouble_; }

private:
    void sync(std::chrono::nanoseconds now) {
        synced_ = now;
        if (note(storage_->sync())) unsynced_ = 0;
    }
    bool note(const result<void>& done) {
        trouble_ = done ? std::string{} : done.error().message;
        return done.has_value();
    }

    std::shared_ptr<anchor_storage> storage_;
    std::uint64_t offset_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t unsynced_ = 0;
    std::optional<std::chrono::nanoseconds> synced_;
    std::string trouble_;
};

}  // namespace varve::inline v0::detail
