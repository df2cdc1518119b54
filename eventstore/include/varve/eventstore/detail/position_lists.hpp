// Sorted lists of positions by name: what the index keeps for types, categories and tags.
#pragma once

#include <varve/eventstore/detail/positions.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace varve::inline v0::detail {

/// Lets a map of strings be asked with a view.
struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

template <class Value, class Hash = text_hash>
using text_map = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

/// Names are compared byte by byte: two that only share a hash have two lists. A list never moves.
template <class Hash = text_hash>
class position_lists {
public:
    /// The list of a name, made if there is none.
    positions& of(std::string_view name) {
        const auto found = lists_.find(name);
        return found != lists_.end() ? found->second
                                     : lists_.emplace(std::string{name}, positions{}).first->second;
    }

    /// The list of a name, or null.
    const positions* find(std::string_view name) const {
        const auto found = lists_.find(name);
        return found == lists_.end() ? nullptr : &found->second;
    }

    std::size_t size() const noexcept { return lists_.size(); }

private:
    text_map<positions, Hash> lists_;
};

}  // namespace varve::inline v0::detail
