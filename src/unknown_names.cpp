#include "unknown_names.hpp"

#include "text.hpp"

#include <varve/stream_id.hpp>

#include <algorithm>
#include <optional>

namespace varve::tool {
namespace {

void note(const session& in, std::string message, const std::optional<std::string>& near,
          std::string_view listing) {
    const std::string meant = near ? "did you mean '" + printable(*near) + "'? " : "";
    in.out().tell({"not_found", std::move(message), meant + in.command(listing), severity::note});
}

}  // namespace

void wanted_types::tell(const session& in, tool_store& store) const {
    if (unmet_.empty()) return;
    const auto types = store.types();
    if (!types) return;  // whoever reads the log meets the same trouble, and says so
    std::vector<std::string> known;
    for (const auto& each : *types) known.push_back(each.type);
    for (const auto& each : unmet_)
        if (std::find(known.begin(), known.end(), each) == known.end())
            note(in, "the store knows no type '" + each + "'", nearest_name(each, known),
                 "info --types");
}

void tell_unknown_category(const session& in, tool_store& store, const std::string& category) {
    if (category.empty()) return;
    std::vector<std::string> known;
    for (const auto& each : store.streams({})) {
        const auto found = category_of(each.name);
        if (found == category) return;
        // they come by name, so that one category stands together, but for odd names
        if (known.empty() || known.back() != found) known.emplace_back(found);
    }
    const auto near = known.size() > 10'000 ? std::nullopt : nearest_name(category, known);
    note(in, "the store has no stream of category '" + category + "'", near, "streams ls");
}

}  // namespace varve::tool
