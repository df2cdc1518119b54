#include "lock_holder.hpp"

#include "text.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace varve::tool {
namespace {

/// True if /proc/locks has a `flock` for writing by `pid` on the file with this inode:
/// `1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF` (proc(5)).
bool is_locked(std::uint64_t inode, std::uint64_t pid) {
    std::ifstream locks{"/proc/locks"};
    for (std::string line; std::getline(locks, line);) {
        if (line.find("FLOCK") == std::string::npos || line.find("WRITE") == std::string::npos)
            continue;
        const auto owner = line.find(" " + std::to_string(pid) + " ");
        if (owner == std::string::npos) continue;
        if (line.find(":" + std::to_string(inode) + " ", owner) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

std::optional<lock_holder> find_lock_holder(const std::string& path) {
    std::error_code error;
    const auto real = std::filesystem::weakly_canonical(path, error);
    const std::string whole = error ? path : real.string();
    // a file has its lock beside it, a folder inside
    const std::string name = std::filesystem::is_directory(whole, error) ? whole + "/WRITER"
                                                                         : whole + "-lock";
    struct stat status{};
    if (::stat(name.c_str(), &status) != 0) return std::nullopt;
    std::string who;
    std::getline(std::ifstream{name}, who);
    if (!who.starts_with("pid ")) return std::nullopt;
    const auto pid = parse_number(std::string_view{who}.substr(4, who.find(',') - 4));
    if (!pid || *pid > UINT32_MAX || !is_locked(status.st_ino, *pid)) return std::nullopt;
    return lock_holder{static_cast<std::uint32_t>(*pid), who.substr(0, 512)};
}

}  // namespace varve::tool
