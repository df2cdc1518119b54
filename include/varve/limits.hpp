// Every limit of a store, with its number; an error that names one takes the number from here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace varve::inline v0::limits {

inline constexpr std::size_t stream_name = 255;         ///< Bytes of a stream's name.
inline constexpr std::size_t type_name = 255;           ///< Bytes of an event type's wire name.
inline constexpr std::size_t tag = 255;                 ///< Bytes of one tag.
inline constexpr std::size_t tags = 64;                 ///< Tags of one event.
inline constexpr std::size_t header_key = 255;          ///< Bytes of a header's key.
inline constexpr std::size_t headers = 64;              ///< Headers of one event.
inline constexpr std::size_t header_bytes = 64u << 10;  ///< Bytes of all headers of one event.
inline constexpr std::size_t payload = 16u << 20;       ///< Bytes of one event's payload.
inline constexpr std::size_t events = 65'535;           ///< Events of one append.
inline constexpr std::size_t streams = 65'535;          ///< Streams of one append.
inline constexpr std::size_t types = 65'535;            ///< Event types of one append.
inline constexpr std::size_t checks = 65'536;           ///< Stream checks of one append.
inline constexpr std::size_t conditions = 256;    ///< Conditions of one append, of both kinds.
inline constexpr std::size_t query_items = 256;   ///< Items of one query.
inline constexpr std::size_t query_names = 4096;  ///< Categories, or types, of one item.
inline constexpr std::size_t batch = 64u << 20;   ///< Bytes of one append as it is stored.
inline constexpr std::size_t group = 64u << 20;   ///< Bytes after which a group takes no more.
inline constexpr std::size_t queue = 65'536;      ///< Appends waiting, before `overloaded`.
inline constexpr std::size_t memo = 64u << 10;    ///< Bytes of a reservation's memo.
inline constexpr std::size_t reserved_bytes = 256u << 20;  ///< Held by all reservations together.
inline constexpr std::size_t descriptor = 4u << 20;        ///< Bytes of one type's descriptor.
inline constexpr std::uint64_t positions = (1ull << 43) - 1;  ///< Events of one tenant.
inline constexpr std::uint32_t tenants = 1u << 20;            ///< Tenants of one engine.

/// Names that begin so belong to the store.
inline constexpr const char* reserved_prefix = "$";

}  // namespace varve::inline v0::limits
