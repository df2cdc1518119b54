// The files of a store as they lie on the disk, in memory: to keep, to compare, to damage.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace varve::tests {

/// File names, relative to the store's folder, and what is in them.
using image = std::map<std::string, std::string>;

inline image read_image(const std::filesystem::path& folder) {
    image files;
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& each : std::filesystem::directory_iterator(folder)) {
        std::ifstream in{each.path(), std::ios::binary};
        files[each.path().filename().string()] = {std::istreambuf_iterator<char>{in}, {}};
    }
    return files;
}

/// Makes the folder hold these files and nothing else, readable and writable by their owner.
inline void write_image(const std::filesystem::path& folder, const image& files) {
    namespace fs = std::filesystem;
    fs::remove_all(folder);
    fs::create_directories(folder);
    for (const auto& [name, content] : files) {
        std::ofstream{folder / name, std::ios::binary}.write(
            content.data(), static_cast<std::streamsize>(content.size()));
        fs::permissions(folder / name, fs::perms::owner_read | fs::perms::owner_write);
    }
}

}  // namespace varve::tests
