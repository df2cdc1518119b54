// Which events are meant: by category, type and tag.
//
//     const auto seats = event_query::any_of({{.types = {"seat.taken"}, .tags = {"show:7"}}});
//
// A query is a list of items. An event matches the query if it matches one item; it matches an item if
// its stream's category is one of the item's categories, its type one of the item's types, and it has
// all of the item's tags. An empty list of an item asks for nothing. Names are compared byte by byte.
#pragma once

#include <varve/event.hpp>
#include <varve/failure.hpp>
#include <varve/limits.hpp>
#include <varve/stream_id.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// One of the alternatives of a query; at least one of its lists is not empty.
struct query_item {
    std::vector<std::string> categories{};  ///< One of these; none: any.
    std::vector<std::string> types{};       ///< One of these; none: any.
    std::vector<std::string> tags{};        ///< All of these.

    friend bool operator==(const query_item&, const query_item&) = default;

    /// True if an event with this stream, type and these tags is meant. The lists are sorted, as those
    /// of a query are.
    bool matches(std::string_view stream, std::string_view type,
                 const tag_range& tagged) const noexcept {
        const auto lists = [](const std::vector<std::string>& names, std::string_view name) {
            return names.empty() || std::ranges::binary_search(names, name, std::less<>{});
        };
        return lists(types, type) && lists(categories, category_of(stream)) &&
               std::ranges::all_of(tags, [&](const std::string& tag) {
                   return std::ranges::find(tagged, std::string_view{tag}) != tagged.end();
               });
    }
};

/// A set of events, by what they say of themselves. "Everything" must be said; a query that is made of
/// nothing is refused where it is used.
class event_query {
public:
    event_query() = default;

    /// Matches every event, also those that end streams.
    static event_query everything() {
        event_query all;
        all.everything_ = true;
        return all;
    }

    /// Matches what one of the items matches. Their lists are sorted, and repetitions go.
    static event_query any_of(std::vector<query_item> items) {
        event_query some;
        some.items_ = std::move(items);
        for (auto& item : some.items_)
            for (auto* names : {&item.categories, &item.types, &item.tags}) {
                std::ranges::sort(*names);
                names->erase(std::unique(names->begin(), names->end()), names->end());
            }
        return some;
    }

    /// Matches events that have all of these tags.
    static event_query tagged(std::vector<std::string> tags) {
        return any_of({query_item{.tags = std::move(tags)}});
    }

    bool is_everything() const noexcept { return everything_; }
    const std::vector<query_item>& items() const noexcept { return items_; }

    bool matches(const recorded_event& event) const noexcept {
        return matches(event.stream, event.type, event.tags);
    }
    bool matches(std::string_view stream, std::string_view type,
                 const tag_range& tags) const noexcept {
        return everything_ || std::ranges::any_of(items_, [&](const query_item& item) {
                   return item.matches(stream, type, tags);
               });
    }

    /// Whether a store takes this query. Errors: `invalid_argument` for a query without items, an item
    /// that asks for nothing, an empty name, a category with a `-`; `too_large`.
    result<void> check() const {
        if (everything_) return {};
        if (items_.empty())
            return fail(errc::invalid_argument,
                        "the query has no items; if all events are meant, say everything()");
        if (items_.size() > limits::query_items)
            return too_many("the query", items_.size(), "items", limits::query_items);
        for (const auto& item : items_)
            if (auto checked = check(item); !checked) return checked;
        return {};
    }

    friend bool operator==(const event_query&, const event_query&) = default;

private:
    static std::unexpected<failure> too_many(std::string_view whose, std::size_t count,
                                             std::string_view what, std::size_t limit) {
        return fail(errc::too_large, std::string{whose} + " has " + std::to_string(count) + " " +
                                         std::string{what} + ", the limit is " +
                                         std::to_string(limit));
    }

    static result<void> check(const query_item& item) {
        if (item.categories.empty() && item.types.empty() && item.tags.empty())
            return fail(errc::invalid_argument,
                        "an item of the query asks for nothing; if all events are meant, say "
                        "everything()");
        if (item.categories.size() > limits::query_names)
            return too_many("a query item", item.categories.size(), "categories",
                            limits::query_names);
        if (item.types.size() > limits::query_names)
            return too_many("a query item", item.types.size(), "types", limits::query_names);
        if (item.tags.size() > limits::tags)
            return too_many("a query item", item.tags.size(), "tags", limits::tags);
        if (auto named = check_names("a category", item.categories, limits::stream_name); !named)
            return named;
        for (const auto& category : item.categories)
            if (category.contains('-'))
                return fail(errc::invalid_argument,
                            "the category '" + category +
                                "' of the query holds a '-', so no stream can have it");
        if (auto named = check_names("a type", item.types, limits::type_name); !named) return named;
        return check_names("a tag", item.tags, limits::tag);
    }

    /// Names that begin with `$` may be asked for: the store writes events of such types itself.
    static result<void> check_names(const char* what, const std::vector<std::string>& names,
                                    std::size_t limit) {
        for (const auto& name : names) {
            if (name.empty())
                return fail(errc::invalid_argument, std::string{what} + " of the query is empty");
            if (name.size() > limit)
                return fail(errc::too_large, std::string{what} + " of the query has " +
                                                 std::to_string(name.size()) +
                                                 " bytes, the limit is " + std::to_string(limit));
        }
        return {};
    }

    bool everything_ = false;
    std::vector<query_item> items_;
};

}  // namespace varve::inline v0
