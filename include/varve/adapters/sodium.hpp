// BLAKE2b, the hash of the chain (libsodium, https://doc.libsodium.org/hashing/generic_hashing).
#pragma once

#include <varve/assert.hpp>
#include <varve/bytes.hpp>

#include <sodium.h>

#include <array>
#include <cstdint>

namespace varve::inline v0 {

/// A BLAKE2b-256 hash, or all zero where nothing was hashed.
using hash256 = std::array<std::byte, 32>;

/// BLAKE2b-256 over several pieces, as if they lay side by side.
class blake2b {
public:
    blake2b() noexcept {
        static const int ready = sodium_init();
        detail::ensure(ready >= 0, "libsodium does not start");
        crypto_generichash_init(&state_, nullptr, 0, 32);
    }

    blake2b& add(bytes_view data) noexcept {
        crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(data.data()),
                                  data.size());
        return *this;
    }

    /// Adds a number in little-endian order.
    template <class T>
    blake2b& add_number(T value) noexcept {
        return add({reinterpret_cast<const std::byte*>(&value), sizeof value});
    }

    hash256 finish() noexcept {
        hash256 out;
        crypto_generichash_final(&state_, reinterpret_cast<unsigned char*>(out.data()), out.size());
        return out;
    }

private:
    crypto_generichash_state state_;
};

}  // namespace varve::inline v0
