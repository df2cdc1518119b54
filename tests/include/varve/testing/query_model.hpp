// What a query means, worked out the slow way: the whole log, event by event, name by name.
//
// It shares nothing with the stores' indexes nor with `event_query::matches`. Histories are drawn from
// few names that resemble each other, so that random queries meet random events often enough.
#pragma once

#include <varve/store.hpp>
#include <varve/testing/events.hpp>
#include <varve/testing/random.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit {

class query_model {
public:
    /// An event as far as a query can ask for it.
    struct noted {
        std::string stream, type;
        std::vector<std::string> tags;
    };

    /// Notes the event at the next position.
    void note(std::string_view stream, std::string_view type, std::vector<std::string> tagged) {
        log_.push_back({std::string{stream}, std::string{type}, std::move(tagged)});
    }
    void note(const draft& stored) {
        for (const auto& e : stored.events()) note(e.stream, e.type, e.tags);
    }

    /// Takes the whole log of a store down anew. Empty, or what went wrong.
    template <class Store>
    std::string read(Store& store) {
        log_.clear();
        log_range range{.up_to = store.head()};
        for (bool more = true; more;) {
            const auto end = store.scan_log(range, [this](const recorded_event& e) {
                note(e.stream, e.type, {e.tags.begin(), e.tags.end()});
                return true;
            });
            if (!end) return to_string(end.error());
            range.after = end->last;
            more = end->more;
        }
        return {};
    }

    std::uint64_t size() const noexcept { return log_.size(); }

    /// Positions beyond `after` and up to `up_to` that the query means, ascending.
    std::vector<std::uint64_t> matches(const event_query& query, std::uint64_t after = 0,
                                       std::uint64_t up_to = ~std::uint64_t{0}) const {
        std::vector<std::uint64_t> found;
        for (std::uint64_t at = after + 1; at <= log_.size() && at <= up_to; ++at)
            if (means(query, log_[at - 1])) found.push_back(at);
        return found;
    }

    /// The position of the first event beyond `after` that the query means, or 0.
    position first_match(const event_query& query, position after = {}) const {
        for (std::uint64_t at = after.value + 1; at <= log_.size(); ++at)
            if (means(query, log_[at - 1])) return position{at};
        return {};
    }

    /// Whether the query means such an event.
    static bool means(const event_query& query, const noted& event) {
        if (query.is_everything()) return true;
        std::string category;
        for (const char c : event.stream) {
            if (c == '-') break;
            category += c;
        }
        for (const auto& item : query.items()) {
            bool matched = (item.categories.empty() || has(item.categories, category)) &&
                           (item.types.empty() || has(item.types, event.type));
            for (const auto& tag : item.tags) matched = matched && has(event.tags, tag);
            if (matched) return true;
        }
        return false;
    }

    // ---- chance ----

    static draft draw_append(const append_id& id, seeded_random& chance, std::uint64_t most = 4) {
        draft drawn{id};
        for (std::uint64_t left = chance.between(1, most); left != 0; --left)
            drawn.event(owned_event{.stream = draw(streams, chance),
                                    .type = draw(types, chance),
                                    .payload = std::to_string(chance.below(1000)),
                                    .tags = draw_some(tags, chance, 4)});
        return drawn;
    }

    static event_query draw_query(seeded_random& chance) {
        if (chance.chance(3)) return event_query::everything();
        std::vector<query_item> items;
        for (std::uint64_t left = chance.between(1, 3); left != 0; --left) {
            query_item item{.categories = draw_some(categories, chance, 2),
                            .types = draw_some(types, chance, 3),
                            .tags = draw_some(tags, chance, 3)};
            if (item == query_item{}) item.tags.push_back(draw(tags, chance));
            items.push_back(std::move(item));
        }
        return event_query::any_of(std::move(items));
    }

private:
    using names = std::vector<std::string>;
    static inline const names streams{"a-1", "a-2", "a-1-2", "aa-1", "b-1", "b", "b-", "c-7"};
    static inline const names categories{"a", "aa", "b", "c", "never"};
    static inline const names types{"made", "made2", "mad", "Made", "gone"};
    static inline const names tags{"x:1", "x:2",  "x:1 ", "x", std::string("x\0", 2),
                                   "y:1", "never"};

    static const std::string& draw(const names& from, seeded_random& chance) {
        return from[chance.below(from.size())];
    }
    static names draw_some(const names& from, seeded_random& chance, std::uint64_t most) {
        names some;
        for (std::uint64_t left = chance.below(most + 1); left != 0; --left)
            some.push_back(draw(from, chance));
        return some;
    }

    static bool has(const names& all, std::string_view wanted) {
        for (const auto& each : all)
            if (each == wanted) return true;
        return false;
    }

    std::vector<noted> log_;
};

}  // namespace varve::inline v0::testkit
