// `varve streams ls`: the streams of a store.
#include "commands.hpp"
#include "unknown_names.hpp"

#include <varve/stream_id.hpp>

#include <algorithm>
#include <utility>

namespace varve::tool {

answer<exit_code> run_streams(const session& in, const streams_options& options) {
    auto store = in.open(access::read);
    if (!store) return std::unexpected(std::move(store).error());
    auto streams = (*store)->streams(options.prefix);
    if (!options.category.empty())
        std::erase_if(streams, [&](const stream_entry& each) {
            return category_of(each.name) != options.category;
        });
    // by name they come; the rest begins with what people look for: the longest, the latest
    if (options.sort == "events")
        std::stable_sort(streams.begin(), streams.end(),
                         [](const auto& a, const auto& b) { return a.newest > b.newest; });
    if (options.sort == "last")
        std::stable_sort(streams.begin(), streams.end(),
                         [](const auto& a, const auto& b) { return a.last > b.last; });
    if (options.limit != 0 && streams.size() > options.limit)
        streams.resize(static_cast<std::size_t>(options.limit));

    const bool names_only = in.out().how().quiet;
    std::vector<column> columns{{"stream", "STREAM"}};
    if (!names_only) {
        columns.push_back({"events", "EVENTS", cell::number});
        columns.push_back({"last_position", "LAST POSITION", cell::number});
    }
    in.out().begin_list("streams", std::move(columns));
    for (const auto& each : streams) {
        record one = in.out().make();
        one.text("stream", each.name);
        if (!names_only) {
            one.number("events", each.newest.value);
            one.number("last_position", each.last.value);
        }
        in.out().item(one);
        if (in.out().closed()) break;
    }
    in.out().end_list();
    if (streams.empty()) tell_unknown_category(in, **store, options.category);
    return exit_code::good;
}

}  // namespace varve::tool
