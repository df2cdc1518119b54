// What the store did to itself, told in its log: the events of the stream `$store`.
//
// A repair gives something up. It is stored with the event that says so, in one engine transaction, so
// that whoever reads the log later knows what happened, and when.
#pragma once

#include <varve/environment.hpp>
#include <varve/eventstore/detail/log_index.hpp>
#include <varve/eventstore/format/record.hpp>
#include <varve/eventstore/format/spaces.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

inline constexpr std::string_view audit_stream = "$store";
/// The end of the log was lost, and somebody took what is left. Payload: `after`, the last position
/// that is left; `anchor`, the position up to which it had been durable; `promises`, how many changes
/// of reservations are lost; `epoch`, the one that ended.
inline constexpr std::string_view audit_loss = "$loss-accepted";
/// Reservations could not be read or were lost, and somebody gave them up. Payload: `written`, how many
/// there had been; `left`, how many there are; `damaged`, the append ids of those that were there.
inline constexpr std::string_view audit_promise = "$reservations-dropped";

/// The record behind the end of a log that holds these events of one type, each with a JSON payload.
inline bytes audit_record(environment& env, const log_index& end, chain algorithm,
                          std::string_view type, std::span<const std::string> payloads) {
    std::vector<new_event> events;
    for (const auto& payload : payloads)
        events.push_back({.stream = audit_stream, .type = type, .payload = as_bytes(payload)});
    auto batch = batch_builder::of_the_store(env.ids().next<append_id>(), events, algorithm)
                     .value();
    batch.set_first_revision(0, end.now(audit_stream).at().next());
    batch.seal(end.head().next(), std::max(end.last_recorded(), env.now()), end.chain_head());
    record_builder record;
    record.add(batch.raw());
    return to_bytes(record.raw());
}

}  // namespace varve::inline v0::detail
