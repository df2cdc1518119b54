// Which arguments the oracle refuses, as the limits and contracts of the interface say, and what it keeps.
#pragma once

#include <varve/event.hpp>
#include <varve/event_query.hpp>
#include <varve/eventstore/format/frame.hpp>
#include <varve/failure.hpp>
#include <varve/limits.hpp>
#include <varve/testing/events.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace varve::inline v0::testkit::internal {

/// Rules for names, events and queries.
struct oracle_rules {
    static std::unexpected<failure> refuse(errc code) { return fail(code, "says the oracle"); }
    static std::unexpected<failure> wrong() { return refuse(errc::invalid_argument); }

    static result<void> name(std::string_view given, std::size_t limit, bool reserved_too = false) {
        if (given.empty()) return wrong();
        if (given.size() > limit) return refuse(errc::too_large);
        if (given[0] == '$' && !reserved_too) return wrong();
        return {};
    }

    static result<void> check_content(const new_event& event) {
        if (event.schema_version == 0) return wrong();
        if (event.payload.size() > limits::payload || event.tags.size() > limits::tags ||
            event.meta.headers.size() > limits::headers)
            return refuse(errc::too_large);
        for (const auto tag : event.tags)
            if (auto named = name(tag, limits::tag); !named) return named;
        std::size_t size = 0;
        for (const auto& each : event.meta.headers) {
            if (auto named = name(each.key, limits::header_key); !named) return named;
            size += each.key.size() + each.value.size();
        }
        if (size > limits::header_bytes) return refuse(errc::too_large);
        return {};
    }

    static result<void> check_query(const event_query& query) {
        if (query.is_everything()) return {};
        if (query.items().empty()) return wrong();
        if (query.items().size() > limits::query_items) return refuse(errc::too_large);
        for (const auto& item : query.items()) {
            if (item == query_item{}) return wrong();
            if (item.tags.size() > limits::tags) return refuse(errc::too_large);
            for (const auto& each : item.categories) {
                if (auto named = name(each, limits::stream_name, true); !named) return named;
                if (each.find('-') != std::string::npos) return wrong();
            }
            for (const auto& each : item.types)
                if (auto named = name(each, limits::type_name, true); !named) return named;
            for (const auto& each : item.tags)
                if (auto named = name(each, limits::tag, true); !named) return named;
        }
        return {};
    }

    /// An event as it is stored, with the id that it has or that is derived for it.
    static owned_event owned(const new_event& event, const append_id& append, std::size_t index) {
        owned_event copy{.stream = std::string{event.stream},
                         .type = std::string{event.type},
                         .payload = std::string{as_text(event.payload)},
                         .schema_version = event.schema_version,
                         .correlation = event.meta.correlation,
                         .causation = event.meta.causation,
                         .occurred_at = event.meta.occurred_at,
                         .tags = {event.tags.begin(), event.tags.end()},
                         .id = event.id};
        for (const auto& [key, value] : event.meta.headers) copy.headers.emplace_back(key, value);
        if (copy.id.is_none())
            copy.id = detail::derive_event_id(append, static_cast<std::uint32_t>(index));
        return copy;
    }

    template <class Page, class Scan>
    static result<Page> page_of(Scan&& scan) {
        Page page;
        const auto end = scan([&](const recorded_event& event) { return page.add(event), true; });
        if (!end) return std::unexpected(end.error());
        page.finish(*end);
        return page;
    }
};

}  // namespace varve::inline v0::testkit::internal
