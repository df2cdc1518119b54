// Who holds a store for writing, found out without touching its lock.
//
// Trying the lock, even for a moment, could refuse a writer that starts at that moment. So the lock
// file is only read, and whether its lock is held is asked of the kernel (/proc/locks).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace varve::tool {

struct lock_holder {
    std::uint32_t pid;
    std::string who;  ///< As the lock file says: `pid 4711, bank, since 2026-01-02T03:04:05Z`.
};

/// The writer of the store whose file or folder is `path`; nothing if there is none, or none that can be seen
/// (another user's container).
std::optional<lock_holder> find_lock_holder(const std::string& path);

}  // namespace varve::tool
