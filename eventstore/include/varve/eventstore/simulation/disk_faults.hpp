// Which operations of a simulated disk fail, and how many there were.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace varve::inline v0 {

/// What a disk is asked to do; faults are planned and calls are counted by it.
enum class disk_operation : std::uint8_t {
    open,
    read,
    write,
    sync,
    truncate,
    remove,
    rename,
    sync_directory,
    any,  ///< In a fault: whichever comes. In a count: all of them.
};

/// How an operation fails.
enum class disk_error : std::uint8_t {
    io,           ///< As EIO: `errc::io`. A failed write has written nothing.
    no_space,     ///< As ENOSPC: `errc::full`.
    short_write,  ///< Half of the bytes are written, then as ENOSPC. Other operations: as `no_space`.
};

/// Lets one operation fail, or all from one on.
struct disk_fault {
    disk_operation kind = disk_operation::any;
    std::uint64_t at = 1;   ///< The first one from now on is 1.
    bool for_ever = false;  ///< Also all later ones of that kind, until the faults are cleared.
    disk_error error = disk_error::io;
};

namespace detail {

/// The planned faults. The disk's mutex guards it.
class disk_faults {
public:
    void plan(const disk_fault& fault) { planned_.push_back(fault); }
    void clear() { planned_.clear(); }

    std::uint64_t count(disk_operation kind) const {
        return counts_[static_cast<std::size_t>(kind)];
    }

    /// Counts an operation, and says how it fails if it does.
    std::optional<disk_error> begin(disk_operation kind) {
        ++counts_[static_cast<std::size_t>(kind)];
        ++counts_[static_cast<std::size_t>(disk_operation::any)];
        std::optional<disk_error> error;
        for (disk_fault& fault : planned_) {
            if (fault.kind != kind && fault.kind != disk_operation::any) continue;
            if (fault.at > 1) {
                --fault.at;
            } else {
                error = fault.error;
                if (!fault.for_ever) fault.at = 0;
            }
        }
        std::erase_if(planned_, [](const disk_fault& fault) { return fault.at == 0; });
        return error;
    }

private:
    std::vector<disk_fault> planned_;
    std::array<std::uint64_t, static_cast<std::size_t>(disk_operation::any) + 1> counts_{};
};

}  // namespace detail
}  // namespace varve::inline v0
