// Which events a command's options ask for.
#pragma once

#include <varve/event_query.hpp>

#include <string>
#include <vector>

namespace varve::tool {

/// Events of this category, one of these types, with all of these tags; what is empty asks for nothing.
inline event_query asked_for(const std::string& category, const std::vector<std::string>& types,
                             const std::vector<std::string>& tags) {
    query_item item{.types = types, .tags = tags};
    if (!category.empty()) item.categories.push_back(category);
    return item == query_item{} ? event_query::everything() : event_query::any_of({item});
}

}  // namespace varve::tool
