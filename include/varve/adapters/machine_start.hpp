// Which start of the machine this is, to tell what an unsynced file has outlived.
#pragma once

#include <varve/adapters/descriptor.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>

namespace varve::inline v0::detail {

/// The kernel's boot id (random(4)); zeros if the system does not tell.
inline std::array<std::byte, 16> machine_start() {
    std::array<std::byte, 16> id{};
    std::array<char, 36> text{};
    const descriptor file{::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)};
    if (!file || ::read(file.get(), text.data(), text.size()) != ssize_t{36}) return id;
    std::size_t digit = 0;
    for (const char c : text) {
        if (c == '-' || digit >= 32) continue;
        const int value = c <= '9' ? c - '0' : c - 'a' + 10;
        id[digit / 2] = id[digit / 2] << 4 | static_cast<std::byte>(value & 15);
        ++digit;
    }
    return id;
}

}  // namespace varve::inline v0::detail
