// Checks what an append believes and describes against every limit, before anything is written.
#pragma once

#include <varve/append.hpp>
#include <varve/failure.hpp>
#include <varve/limits.hpp>
#include <varve/stream_id.hpp>

#include <cstddef>
#include <string>

namespace varve::inline v0::detail {

inline std::unexpected<failure> too_many(std::size_t count, const char* what, std::size_t limit) {
    return fail(errc::too_large, "the append has " + std::to_string(count) + " " + what +
                                     ", the limit is " + std::to_string(limit));
}

/// One description that cannot be stored would be in everybody's way.
inline result<void> check_type(const type_description& type) {
    if (!is_name(type.type, limits::type_name))
        return check_name("the name of a described type", type.type, limits::type_name);
    const auto name = [&] { return "the description of type '" + std::string{type.type}; };
    if (type.schema_version == 0)
        return fail(errc::invalid_argument, name() + "' has schema version 0; they begin at 1");
    if (type.encoding > encoding::json)
        return fail(errc::invalid_argument,
                    name() + "' has the unknown encoding " +
                        std::to_string(static_cast<unsigned>(type.encoding)));
    if (type.descriptor.size() > limits::descriptor)
        return fail(errc::too_large,
                    name() + "' has a descriptor of " + std::to_string(type.descriptor.size()) +
                        " bytes, the limit is " + std::to_string(limits::descriptor));
    return {};
}

/// `head`: what is durable; nobody can have read further.
inline result<void> check_conditions(const append_request& request, position head) {
    const auto count = request.conditions.size() + request.fail_if_exists.size();
    if (count == 0) return {};
    if (count > limits::conditions) return too_many(count, "conditions", limits::conditions);
    for (const auto& each : request.conditions) {
        if (auto checked = each.query.check(); !checked) return checked;
        if (each.after > head)
            return fail(errc::invalid_argument, "a condition looks after position " +
                                                    to_string(each.after) +
                                                    ", but the log ends at " + to_string(head) +
                                                    "; is the position of another store?");
    }
    for (const auto& query : request.fail_if_exists)
        if (auto checked = query.check(); !checked) return checked;
    return {};
}

/// Checks everything of a request but its events. Errors: `invalid_argument`, `too_large`.
inline result<void> check_request(const append_request& request, position head) {
    if (request.events.empty() && request.checks.empty() && request.conditions.empty() &&
        request.fail_if_exists.empty())
        return fail(errc::invalid_argument,
                    "the append has neither events nor checks nor conditions");
    if (request.checks.size() > limits::checks)
        return too_many(request.checks.size(), "checks", limits::checks);
    for (const auto& believed : request.checks)
        if (!is_name(believed.stream, limits::stream_name))
            return check_name("the stream of a check", believed.stream, limits::stream_name);
    if (auto checked = check_conditions(request, head); !checked) return checked;
    for (const auto& type : request.types)
        if (auto fine = check_type(type); !fine) return fine;
    return {};
}

}  // namespace varve::inline v0::detail
