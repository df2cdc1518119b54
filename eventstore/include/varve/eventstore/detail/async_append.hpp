// An append that outlives the call that asked for it: it owns what its request only looked at.
#pragma once

#include <varve/eventstore/detail/sequencer.hpp>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

struct async_append : pending_append {
    async_append(batch_builder built, const append_request& request)
        : pending_append{std::move(built), {}, {}},
          own_conditions(request.conditions.begin(), request.conditions.end()),
          own_queries(request.fail_if_exists.begin(), request.fail_if_exists.end()) {
        for (const auto& check : request.checks)
            own_checks.push_back({names.emplace_back(check.stream), check.expected});
        for (auto type : request.types) {
            const auto& kept = descriptors.emplace_back(std::string{type.type},
                                                        to_bytes(type.descriptor));
            type.type = kept.first;
            type.descriptor = kept.second;
            own_types.push_back(type);
        }
        checks = own_checks;
        types = own_types;
        conditions = own_conditions;
        fail_if_exists = own_queries;
    }

    std::deque<std::string> names{};
    std::deque<std::pair<std::string, bytes>> descriptors{};
    std::vector<stream_check> own_checks{};
    std::vector<type_description> own_types{};
    std::vector<condition> own_conditions{};
    std::vector<event_query> own_queries{};
};

}  // namespace varve::inline v0::detail
