// What is promised and not stored yet, as the oracle keeps it: a list, and loops over it.
#pragma once

#include <varve/reservation.hpp>
#include <varve/testing/events.hpp>
#include <varve/testing/query_model.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit::internal {

/// A promise with all that it says.
struct oracle_promise {
    reservation told;                 ///< As it is listed.
    std::vector<owned_event> events;  ///< With their ids.
    std::vector<std::pair<std::string, expectation>> checks;
    std::vector<std::pair<event_query, position>> conditions;
    std::vector<event_query> fail_if_exists;

    bool same(const oracle_promise& other) const {
        return told.memo == other.told.memo && events == other.events && checks == other.checks &&
               conditions == other.conditions && fail_if_exists == other.fail_if_exists;
    }
};

class oracle_promises {
public:
    using events = std::vector<owned_event>;

    /// Nullptr if nothing is known under this id.
    const oracle_promise* find(const append_id& id) const {
        const auto known = all_.find(id);
        return known == all_.end() ? nullptr : &known->second;
    }
    void set(oracle_promise made) { all_.insert_or_assign(made.told.id, std::move(made)); }
    void forget(const append_id& id) { all_.erase(id); }

    std::vector<reservation> list() const {
        std::vector<reservation> told;
        for (const auto& [id, promise] : all_) told.push_back(promise.told);
        return told;
    }

    /// Whether an append of these events touches what somebody holds.
    bool met_by(const events& written) const {
        return any_held([&](const oracle_promise& holder) { return breaks(written, holder); });
    }
    /// Whether what somebody holds would break what is to be promised.
    bool breaking(const oracle_promise& made) const {
        return any_held([&](const oracle_promise& holder) {
            const bool believed = std::ranges::any_of(made.checks, [&](const auto& check) {
                return std::ranges::find(holder.events, check.first, &owned_event::stream) !=
                       holder.events.end();
            });
            return believed || matched(holder.events, made.told.queries);
        });
    }

private:
    template <class Is>
    bool any_held(Is&& is) const {
        return std::ranges::any_of(all_, [&](const auto& each) {
            return each.second.told.state == reservation_state::held && is(each.second);
        });
    }

    static bool breaks(const events& written, const oracle_promise& holder) {
        for (const auto& event : written) {
            for (const auto& own : holder.events)
                if (own.stream == event.stream) return true;
            for (const auto& check : holder.checks)
                if (check.first == event.stream) return true;
        }
        return matched(written, holder.told.queries);
    }

    static bool matched(const events& written, const std::vector<event_query>& queries) {
        for (const auto& event : written)
            for (const auto& query : queries)
                if (query_model::means(query, {event.stream, event.type, event.tags})) return true;
        return false;
    }

    std::map<append_id, oracle_promise> all_;
};

}  // namespace varve::inline v0::testkit::internal
