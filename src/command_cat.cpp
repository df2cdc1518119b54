// `varve cat`: the events of one stream.
#include "asked_for.hpp"
#include "commands.hpp"
#include "event_printer.hpp"
#include "text.hpp"
#include "unknown_names.hpp"

#include <limits>
#include <utility>

namespace varve::tool {
namespace {

constexpr auto last_number = std::numeric_limits<std::uint64_t>::max();

/// Which events of the stream are wanted, and how many are left to show.
struct selection {
    std::uint64_t from, to;
    event_query query;
    std::uint64_t left;

    bool is_beyond(revision r, direction way) const noexcept {
        return way == direction::forward ? r.value > to : r.value < from;
    }
    bool wants(const recorded_event& event) const noexcept {
        return event.revision.value >= from && event.revision.value <= to && query.matches(event);
    }
};

selection select(const cat_options& options) {
    return {.from = options.from.value_or(0),
            .to = options.to.value_or(last_number),
            .query = asked_for({}, options.types, options.tags),
            .left = options.count.value_or(last_number)};
}

stream_range first_page(const selection& wanted, bool reverse) {
    stream_range range{.way = reverse ? direction::backward : direction::forward};
    if (!reverse && wanted.from > 1) range.after = revision{wanted.from - 1};
    if (reverse && wanted.to != last_number) range.after = revision{wanted.to + 1};
    return range;
}

std::vector<column> columns() {
    return {{"revision", "REV", cell::number},
            {"position", "POSITION", cell::number},
            {"recorded_at", "TIME", cell::time},
            {"type", "TYPE"},
            {"payload", "PAYLOAD"}};
}

problem no_such_stream(const session& in, tool_store& store, const std::string& name) {
    std::vector<std::string> names;
    for (auto& each : store.streams({})) names.push_back(std::move(each.name));
    std::string hint = in.command("streams ls");
    if (const auto near = names.size() > 10'000 ? std::nullopt : nearest(name, names))
        hint = in.command("cat " + shell_word(*near));
    return {{"not_found", "there is no stream '" + name + "'", std::move(hint)},
            exit_code::not_found};
}

}  // namespace

answer<exit_code> run_cat(const session& in, const cat_options& options) {
    auto store = in.open(access::read);
    if (!store) return std::unexpected(std::move(store).error());
    auto log = (*store)->log();
    event_printer printer{in.out().how().format, [&] { return (*store)->types(); }};
    selection wanted = select(options);
    stream_range range = first_page(wanted, options.reverse);
    wanted_types asked{options.types};
    bool begun = false;
    bool ended = false;
    for (bool more = wanted.left != 0; more;) {
        // a page at a time, so that a slow reader of the output keeps no view of the store open
        auto page = log.read_stream(options.stream, range);
        if (!page) return std::unexpected(in.explain(page.error()));
        if (page->info().state == stream_state::unknown)
            return std::unexpected(no_such_stream(in, **store, options.stream));
        ended = page->info().state == stream_state::deleted ||
                page->info().state == stream_state::tombstoned;
        if (!std::exchange(begun, true)) in.out().begin_list("events", columns());
        more = page->info().more;
        for (const auto& event : *page) {
            if (wanted.left == 0 || wanted.is_beyond(event.revision, range.way)) {
                more = false;
                break;
            }
            if (!wanted.wants(event)) continue;
            asked.take(event.type);
            in.out().item(printer.print(event));
            --wanted.left;
        }
        if (in.out().closed()) break;
        range.after = page->info().last;
        range.up_to = page->info().head;  // all pages are of one prefix
    }
    if (begun) in.out().end_list();
    if (ended)
        in.out().tell({"ended", "the stream has ended, and its events are hidden",
                       in.command("tail --category " + shell_word(category_of(options.stream))) +
                           "  # the log shows them",
                       severity::warning});
    asked.tell(in, **store);
    return exit_code::good;
}

}  // namespace varve::tool
