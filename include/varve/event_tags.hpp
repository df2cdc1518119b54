// The tags of an event: declared at its type, or given by hand where it is decided.
//
//     struct Enrolled {
//         static constexpr std::string_view wire_name = "enrolled";
//         std::int64_t student, course;
//         std::array<std::string, 2> tags() const {
//             return {"student:" + std::to_string(student), "course:" + std::to_string(course)};
//         }
//     };
//
//     return varve::tagged(Reminded{...}, "campaign:spring");
//
// A Protobuf message cannot have a function of its own (one called `tags` reads a field); for it, or
// for a type of somebody else's, specialise `varve::event_tags`.
#pragma once

#include <varve/wire_name.hpp>

#include <concepts>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// Declares the tags of an event type from outside; a specialisation has
/// `static auto of(const Event&)`, which gives a range of texts.
template <class Event>
struct event_tags {};

/// An event with tags beside those that its type declares; see `tagged`.
template <class Event>
struct tagged_event {
    Event event;
    std::vector<std::string> tags;
};

/// Gives an event tags by hand.
template <class Event, class... Tag>
tagged_event<std::decay_t<Event>> tagged(Event&& event, Tag&&... tag) {
    static_assert(sizeof...(Tag) != 0, "varve: `tagged` names an event and at least one tag");
    static_assert((std::constructible_from<std::string, Tag> && ...),
                  "varve: the tags of an event are texts");
    tagged_event<std::decay_t<Event>> made{std::forward<Event>(event), {}};
    if constexpr ((std::constructible_from<std::string, Tag> && ...)) {
        made.tags.reserve(sizeof...(Tag));
        (made.tags.emplace_back(std::forward<Tag>(tag)), ...);
    }
    return made;
}

namespace detail {

template <class T>
inline constexpr bool is_tagged = false;
template <class Event>
inline constexpr bool is_tagged<tagged_event<Event>> = true;

template <class Event>
concept tags_from_outside = requires(const Event& event) { event_tags<Event>::of(event); };
template <class Event>
concept tags_itself = !protobuf_message<Event> && requires(const Event& event) { event.tags(); };

template <class Tags>
concept range_of_texts = requires(const Tags& tags) {
    { *std::begin(tags) } -> std::convertible_to<std::string_view>;
    std::end(tags);
};

/// Calls `take(text)` with each tag that the event's type declares; the text is valid in the call.
template <class Event, class Take>
void each_declared_tag([[maybe_unused]] const Event& event, [[maybe_unused]] Take&& take) {
    const auto give = [&](const auto& tags) {
        static_assert(range_of_texts<std::remove_cvref_t<decltype(tags)>>,
                      "varve: the tags that this event declares are no range of texts; give a "
                      "std::array or a std::vector of std::string");
        if constexpr (range_of_texts<std::remove_cvref_t<decltype(tags)>>)
            for (const auto& tag : tags) take(std::string_view{tag});
    };
    if constexpr (tags_from_outside<Event>)
        give(event_tags<Event>::of(event));
    else if constexpr (tags_itself<Event>)
        give(event.tags());
}

}  // namespace detail
}  // namespace varve::inline v0
