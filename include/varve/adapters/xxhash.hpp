// XXH3 checksums of byte strings: 64 and 128 bits, with and without a seed.
//
// A checksum notices damage; it does not notice an attacker. The library is compiled into the
// caller (`XXH_INLINE_ALL`), so there is nothing to link.
#pragma once

#include <varve/bytes.hpp>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#endif
#include <xxhash.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include <array>
#include <cstdint>

namespace varve::inline v0 {

/// XXH3, 64 bits, of `data`.
inline std::uint64_t xxh3_64(bytes_view data) noexcept {
    return XXH3_64bits(data.data(), data.size());
}

/// XXH3, 64 bits, of `data` under a seed: the same bytes in another place have another checksum.
inline std::uint64_t xxh3_64(bytes_view data, std::uint64_t seed) noexcept {
    return XXH3_64bits_withSeed(data.data(), data.size(), seed);
}

/// The halves of a 128-bit checksum.
struct hash_128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    friend bool operator==(const hash_128&, const hash_128&) = default;
};

/// XXH3, 128 bits, of `data`, under a seed (0 is the library's default).
inline hash_128 xxh3_128(bytes_view data, std::uint64_t seed = 0) noexcept {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(data.data(), data.size(), seed);
    return {.low = hash.low64, .high = hash.high64};
}

}  // namespace varve::inline v0
