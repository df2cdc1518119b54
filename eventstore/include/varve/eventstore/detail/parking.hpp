// Events that consumers set aside, kept beside the log.
#pragma once

#include <varve/eventstore/detail/checkpoints.hpp>
#include <varve/eventstore/format/parked.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// The decisions about parked events; only the holder of the group's name may change them.
template <engine Engine>
class parking {
public:
    explicit parking(store_state<Engine>& state) : state_(state) {}

    /// All of a group, in log order.
    result<std::vector<parked_event>> list(std::string_view group) {
        if (auto fine = state_.check_beside(); !fine) return pass_on(std::move(fine));
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        const auto low = parked_prefix(state_.options.tenant, group);
        bytes high = low;
        high.resize(high.size() + 9, std::byte{0xff});
        std::vector<parked_event> all;
        result<void> inner{};
        auto scanned = view->scan(parked_space, bytes_view{low}, bytes_view{high},
                                  direction::forward, [&](const key& at, bytes_view value) {
                                      auto event = decode_parked(at.octets, value);
                                      if (event) all.push_back(std::move(*event));
                                      if (!event) inner = state_.damage_beside(event.error());
                                      return inner.has_value();
                                  });
        if (!inner) return pass_on(std::move(inner));
        if (!scanned) return pass_on(std::move(scanned));
        return all;
    }

    result<void> park(side_transaction& to, std::string_view group,
                      std::span<const parked_event> events, fencing_token holder) {
        if (auto allowed = check_holder(to, group, holder); !allowed) return allowed;
        for (const auto& event : events) {
            const auto key = parked_key(state_.options.tenant, group, event.where);
            to.put(parked_space, key, encode_parked(key, event));
        }
        return {};
    }

    result<void> unpark(side_transaction& to, std::string_view group, position where,
                        fencing_token holder) {
        if (auto allowed = check_holder(to, group, holder); !allowed) return allowed;
        to.remove(parked_space, parked_key(state_.options.tenant, group, where));
        return {};
    }

private:
    result<void> check_holder(side_transaction& to, std::string_view group, fencing_token holder) {
        if (auto fine = state_.check_beside(); !fine) return fine;
        const auto key = reader_key(state_.options.tenant, group);
        auto now = decode_checkpoint(group, key, state_.stored.identity,
                                     to.get(checkpoint_space, key));
        if (!now) return pass_on(std::move(now));
        if (now->holder == holder) return {};
        return fail(errc::fenced, "consumer group '" + std::string{group} +
                                      "' was opened again since; this one must stop");
    }

    store_state<Engine>& state_;
};

}  // namespace varve::inline v0::detail
