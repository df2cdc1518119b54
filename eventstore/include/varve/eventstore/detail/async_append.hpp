// An append that outlives the call that asked for it: it owns what its request only looked at.
#pragma once

#include <varve/eventstore/detail/pending.hpp>
#include <varve/eventstore/format/stored_beliefs.hpp>

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
        : beliefs(request),
          done(std::move(user)),
          work(std::move(built), beliefs.checks(), own(request.types), beliefs.conditions(),
               beliefs.fail_if_exists()) {}

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

    owned_beliefs beliefs;
    std::vector<std::pair<std::string, bytes>> descriptors{};
    std::vector<type_description> types{};
    std::move_only_function<void(result<receipt>)> done;
    pending_append work;
};

}  // namespace varve::inline v0::detail
