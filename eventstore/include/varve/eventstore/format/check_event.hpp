// Checks an event against every limit before anything is written.
#pragma once

#include <varve/event.hpp>
#include <varve/failure.hpp>
#include <varve/limits.hpp>
#include <varve/stream_id.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace varve::inline v0::detail {

/// What an event's checks need to say about it: its place in the request.
inline std::string event_place(std::size_t index) { return "event " + std::to_string(index + 1); }

/// Checks a name of an event. The text is built only if there is something to say.
inline result<void> check_event_name(const char* what, std::size_t index, std::string_view given,
                                     std::size_t limit) {
    if (is_name(given, limit)) return {};
    return check_name(what + event_place(index), given, limit);
}

/// Checks what an event carries: all but its stream and type. Errors: `invalid_argument`, `too_large`.
inline result<void> check_event_content(const new_event& event, std::size_t index) {
    const auto over = [&](const char* what, std::size_t size, std::size_t limit) {
        return fail(errc::too_large, event_place(index) + " has " + std::to_string(size) + " " +
                                         what + ", the limit is " + std::to_string(limit));
    };
    if (event.schema_version == 0)
        return fail(errc::invalid_argument,
                    event_place(index) + " has schema version 0; they begin at 1");
    if (event.payload.size() > limits::payload)
        return over("payload bytes", event.payload.size(), limits::payload);
    if (event.tags.size() > limits::tags) return over("tags", event.tags.size(), limits::tags);
    for (const auto tag : event.tags)
        if (auto named = check_event_name("a tag of ", index, tag, limits::tag); !named)
            return named;
    if (event.meta.headers.size() > limits::headers)
        return over("headers", event.meta.headers.size(), limits::headers);
    std::size_t bytes = 0;
    for (const auto& entry : event.meta.headers) {
        if (auto named = check_event_name("a header of ", index, entry.key, limits::header_key);
            !named)
            return named;
        bytes += entry.key.size() + entry.value.size();
    }
    if (bytes > limits::header_bytes) return over("header bytes", bytes, limits::header_bytes);
    return {};
}

/// Checks one event of an append against every limit. Errors: `invalid_argument`, `too_large`.
inline result<void> check_event(const new_event& event, std::size_t index) {
    if (auto named = check_event_name("the stream of ", index, event.stream, limits::stream_name);
        !named)
        return named;
    if (auto named = check_event_name("the type of ", index, event.type, limits::type_name); !named)
        return named;
    return check_event_content(event, index);
}

}  // namespace varve::inline v0::detail
