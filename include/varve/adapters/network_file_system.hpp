// Tells whether a folder lies on a network file system, where no store can keep its promises.
//
// Locks may be granted twice there, a mapped file is not the same for two machines, and a sync may
// answer before anything is on a disk. The kernel tells by a number (statfs(2)); a file system that it
// does not tell apart, such as one in user space, is taken for a local one.
#pragma once

#include <varve/adapters/descriptor.hpp>

#include <sys/vfs.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace varve::inline v0::detail {

/// The name of a network file system by the number in `statfs::f_type`; null for any other.
constexpr const char* network_file_system(std::uint32_t type) noexcept {
    switch (type) {
        case 0x6969: return "NFS";
        case 0x517b: return "SMB";
        case 0xff534d42: return "CIFS";
        case 0xfe534d42: return "SMB2";
        case 0x01021997: return "9P";
        case 0x00c36400: return "Ceph";
        case 0x0bd00bd0: return "Lustre";
        case 0x47504653: return "GPFS";
        case 0x5346414f: return "AFS";
        case 0x6b414653: return "kAFS";
        case 0x73757245: return "Coda";
        case 0x564c: return "NCP";
        case 0xaad7aaea: return "PanFS";
        case 0x7461636f: return "OCFS2";
        case 0x01161970: return "GFS2";
        default: return nullptr;
    }
}

/// What a store in `folder` is told if it lies on a file system of this type. Errors: `unsupported`.
inline result<void> refuse_network(const std::string& folder, std::uint32_t type) {
    const char* name = network_file_system(type);
    if (name == nullptr) return {};
    return fail(errc::unsupported,
                "'" + folder + "' lies on a network file system (" + name +
                    "), where neither locks nor syncs can be relied on; keep the store on a local "
                    "disk and copy it there");
}

/// Errors: `unsupported`, `denied`, `not_found`, `io`.
inline result<void> refuse_network(const std::string& folder) {
    struct statfs found{};
    if (::statfs(folder.c_str(), &found) != 0)
        return system_failure("looking at the file system of '" + folder + "'", errno);
    return refuse_network(folder, static_cast<std::uint32_t>(found.f_type));
}

}  // namespace varve::inline v0::detail
