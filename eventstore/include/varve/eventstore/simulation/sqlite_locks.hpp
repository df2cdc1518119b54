// What the connections of a process share of one file: its locks and its shared memory.
//
// On a system both live in the kernel and are gone when the power is; so they are here, beside the
// disk and not on it. The rules are those of https://sqlite.org/lockingv3.html and of `xShmLock` in
// https://sqlite.org/c3ref/io_methods.html.
#pragma once

#include <varve/adapters/sqlite.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace varve::inline v0::detail {

/// Locks and shared memory of one file, by the handles that hold them. Any thread.
class simulated_locks {
public:
    using holder = const void*;  // a handle, by its address

    int lock(holder who, int level) {
        const std::lock_guard guard{mutex_};
        const int now = level_of(who);
        if (level <= now) return SQLITE_OK;
        for (const auto& [other, held] : levels_) {
            if (other == who) continue;
            const bool shared_in_the_way = level == SQLITE_LOCK_EXCLUSIVE;
            if (held >= SQLITE_LOCK_PENDING || shared_in_the_way ||
                (level >= SQLITE_LOCK_RESERVED && held >= SQLITE_LOCK_RESERVED)) {
                // whoever waits for readers to leave keeps new ones from coming
                if (shared_in_the_way && held < SQLITE_LOCK_RESERVED && now >= SQLITE_LOCK_RESERVED)
                    levels_[who] = SQLITE_LOCK_PENDING;
                return SQLITE_BUSY;
            }
        }
        levels_[who] = level;
        return SQLITE_OK;
    }

    void unlock(holder who, int level) {
        const std::lock_guard guard{mutex_};
        if (level == SQLITE_LOCK_NONE)
            levels_.erase(who);
        else if (level_of(who) > level)
            levels_[who] = level;
    }

    bool reserved() {
        const std::lock_guard guard{mutex_};
        for (const auto& [who, held] : levels_)
            if (held >= SQLITE_LOCK_RESERVED) return true;
        return false;
    }

    /// A piece of the shared memory, null if it is not there and is not to be made.
    void* map(holder who, std::size_t piece, std::size_t size, bool make) {
        const std::lock_guard guard{mutex_};
        mapped_.insert(who);
        while (make && pieces_.size() <= piece)
            pieces_.push_back(
                std::make_unique<std::max_align_t[]>(size / sizeof(std::max_align_t)));
        return piece < pieces_.size() ? pieces_[piece].get() : nullptr;
    }

    int lock_memory(holder who, std::size_t first, std::size_t count, int flags) {
        const std::lock_guard guard{mutex_};
        const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
        for (std::size_t i = first; i < first + count; ++i) {
            slot& s = slots_[i];
            if ((flags & SQLITE_SHM_UNLOCK) != 0) {
                if (s.exclusive == who) s.exclusive = nullptr;
                s.shared.erase(who);
            } else if ((s.exclusive != nullptr && s.exclusive != who) ||
                       (exclusive && (s.shared.size() > 1 ||
                                      (s.shared.size() == 1 && !s.shared.contains(who))))) {
                return SQLITE_BUSY;  // and nothing was changed
            }
        }
        if ((flags & SQLITE_SHM_LOCK) == 0) return SQLITE_OK;
        for (std::size_t i = first; i < first + count; ++i) {
            if (exclusive)
                slots_[i].exclusive = who;
            else
                slots_[i].shared.insert(who);
        }
        return SQLITE_OK;
    }

    /// The last one to leave takes the memory with it.
    void unmap(holder who) {
        const std::lock_guard guard{mutex_};
        for (slot& s : slots_) {
            if (s.exclusive == who) s.exclusive = nullptr;
            s.shared.erase(who);
        }
        mapped_.erase(who);
        if (mapped_.empty()) pieces_.clear();
    }

    /// Orders what one thread wrote into the memory before what another reads from it.
    void barrier() { const std::lock_guard guard{mutex_}; }

private:
    struct slot {
        holder exclusive = nullptr;
        std::set<holder> shared;
    };

    int level_of(holder who) const {
        const auto held = levels_.find(who);
        return held == levels_.end() ? SQLITE_LOCK_NONE : held->second;
    }

    std::mutex mutex_;
    std::map<holder, int> levels_;
    std::array<slot, SQLITE_SHM_NLOCK> slots_;
    std::set<holder> mapped_;
    std::vector<std::unique_ptr<std::max_align_t[]>> pieces_;
};

}  // namespace varve::inline v0::detail
