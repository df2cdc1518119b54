// An append that outlives the call that asked for it: it owns what its request only looked at.
#pragma once

#include <varve/eventstore/detail/pending.hpp>

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// An append without a thread that waits.
struct async_append {
    async_append(batch_builder built, const append_request& request,
                 std::move_only_function<void(result<receipt>)> user)
        : conditions(request.conditions.begin(), request.conditions.end()),
          queries(request.fail_if_exists.begin(), request.fail_if_exists.end()),
          done(std::move(user)),
          work(std::move(built), own(request.checks), own(request.types), conditions, queries) {}

    std::span<const stream_check> own(std::span<const stream_check> given) {
        names.reserve(given.size());  // so that they stay where they are
        checks.reserve(given.size());
        for (const auto& check : given)
            checks.push_back({names.emplace_back(check.stream), check.expected});
        return checks;
    }
    std::span<const type_description> own(std::span<const type_description> given) {
        descriptors.reserve(given.size());
        types.reserve(given.size());
        for (auto type : given) {
            const auto& kept = descriptors.emplace_back(std::string{type.type},
                                                        to_bytes(type.descriptor));
            type.type = kept.first;
            type.descriptor = kept.second;
            types.push_back(type);
        }
        return types;
    }

    std::vector<std::string> names{};
    std::vector<std::pair<std::string, bytes>> descriptors{};
    std::vector<stream_check> checks{};
    std::vector<type_description> types{};
    std::vector<condition> conditions;
    std::vector<event_query> queries;
    std::move_only_function<void(result<receipt>)> done;
    pending_append work;
};

}  // namespace varve::inline v0::detail
