// The yardstick for scans: events packed by hand, each with a length and a checksum, and nothing else.
#pragma once

#include "paired.hpp"

#include <varve/adapters/xxhash.hpp>
#include <varve/bytes.hpp>
#include <varve/eventstore/format/batch.hpp>
#include <varve/eventstore/format/record.hpp>

#include <cstdint>

namespace bench {

/// What a scan does with each event: enough to have looked at it.
struct folded {
    std::uint64_t events = 0;
    std::uint64_t sum = 0;

    void take(varve::bytes_view payload) {
        ++events;
        sum += varve::detail::load<std::uint64_t>(payload.data());
    }
};

/// Appends `u32 length, u64 XXH3, payload`.
inline void pack(varve::bytes& out, varve::bytes_view payload) {
    varve::detail::put(out, static_cast<std::uint32_t>(payload.size()));
    varve::detail::put(out, varve::xxh3_64(payload));
    varve::detail::put_bytes(out, payload);
}

/// Folds a record that `pack` made, checking each event.
inline void fold_packed(varve::bytes_view record, folded& into) {
    while (!record.empty()) {
        const std::size_t size = varve::detail::load<std::uint32_t>(record.data());
        const auto payload = record.subspan(12, size);
        if (varve::xxh3_64(payload) != varve::detail::load<std::uint64_t>(record.data() + 4))
            give_up("a checksum does not hold");
        into.take(payload);
        record = record.subspan(12 + size);
    }
}

/// Folds one of the store's own records as a loop would that trusts every length and every header.
inline void fold_record(varve::bytes_view record, folded& into) {
    using namespace varve::detail;
    for (record = record.subspan(record::fixed); !record.empty();) {
        const auto batch = record.first(load<std::uint32_t>(record.data()));
        for (auto rest = batch.subspan(load<std::uint32_t>(batch.data() + batch::header_length));
             !rest.empty();) {
            const auto event = rest.first(load<std::uint32_t>(rest.data()));
            if (seeded_checksum(event) != load<std::uint64_t>(event.data() + frame::checksum))
                give_up("a checksum does not hold");
            into.take(event.last(load<std::uint32_t>(event.data() + frame::payload_length)));
            rest = rest.subspan(event.size());
        }
        record = record.subspan(batch.size());
    }
}

}  // namespace bench
