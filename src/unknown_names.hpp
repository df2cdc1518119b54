// Notes about names that were asked for and that the store does not know: a slip, or not stored yet.
#pragma once

#include "session.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::tool {

/// The types that were asked for and not met so far. `take` each event, then `tell`.
class wanted_types {
public:
    explicit wanted_types(std::vector<std::string> types) : unmet_(std::move(types)) {}

    void take(std::string_view type) {
        if (!unmet_.empty()) std::erase(unmet_, type);
    }

    /// A note for each one that the store describes no better than the log does.
    void tell(const session& in, tool_store& store) const;

private:
    std::vector<std::string> unmet_;
};

/// A note if there is no stream of the category; an empty one asks for nothing. Looks at all names.
void tell_unknown_category(const session& in, tool_store& store, const std::string& category);

}  // namespace varve::tool
