// Events: as they are handed to a store, and as they come back.
#pragma once

#include <varve/failure.hpp>
#include <varve/ids.hpp>
#include <varve/packed.hpp>
#include <varve/stream_id.hpp>
#include <varve/time.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace varve::inline v0 {

/// What is known about an event beside its payload; all of it is the writer's choice.
struct metadata {
    message_id correlation{};                ///< What it belongs to; none if all zero.
    message_id causation{};                  ///< What caused it; none if all zero.
    std::optional<timestamp> occurred_at{};  ///< The writer's claim; kept as given.
    std::span<const header> headers{};       ///< Anything else.
};

/// An event to be stored. Everything in it is a view: it must live until the call that takes the
/// event returns (also for an asynchronous append, which copies before it returns).
struct new_event {
    std::string_view stream;
    std::string_view type;             ///< Wire name.
    std::uint32_t schema_version = 1;  ///< Of the payload's schema, given by its author; from 1.
    bytes_view payload{};
    metadata meta{};
    std::span<const std::string_view> tags{};
    event_id id{};  ///< None: derived from append id and index. Given: an imported event's own.
};

/// A stored event. A view into bytes that a page or a scan owns; see the function that gave it.
struct recorded_event {
    varve::position position;
    varve::revision revision;
    std::string_view stream;
    std::string_view type;
    std::uint32_t schema_version = 1;
    event_id id;
    append_id append;
    message_id correlation;
    message_id causation;
    timestamp recorded_at;
    std::optional<timestamp> occurred_at;
    header_range headers;
    tag_range tags;
    bytes_view payload;
};

/// How the payloads of a type are written, and what the tool needs to print them.
enum class encoding : std::uint8_t {
    opaque = 0,    ///< Bytes; printed as hexadecimal.
    protobuf = 1,  ///< Descriptor: a serialized FileDescriptorSet, dependencies first.
    flat = 2,      ///< Descriptor: text, one `name kind offset size` a line.
    json = 3,      ///< Descriptor: text, one `name kind` a line; empty if nobody knows the members.
};

/// Describes one event type at one schema version; stored with the first event of it.
struct type_description {
    std::string_view type;
    std::uint32_t schema_version = 1;
    varve::encoding encoding = varve::encoding::opaque;
    bytes_view descriptor{};
};

}  // namespace varve::inline v0
