// `varve tail`: the end of the log, and what comes after it.
#include "asked_for.hpp"
#include "commands.hpp"
#include "event_printer.hpp"
#include "text.hpp"
#include "unknown_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace varve::tool {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t usual_count = 10;

/// The command line, with another place to begin at.
std::string line_of(const tail_options& options, std::optional<std::uint64_t> after) {
    std::string line = "tail";
    if (after)
        line += fmt::format(" --after {}", *after);
    else if (options.count)
        line += fmt::format(" -n {}", *options.count);
    if (options.follow) line += " -f";
    for (const auto& type : options.types) line += " -t " + shell_word(type);
    for (const auto& tag : options.tags) line += " --tag " + shell_word(tag);
    if (!options.category.empty()) line += " --category " + shell_word(options.category);
    return line;
}

class tail {
public:
    tail(const session& in, const tail_options& options, interruption& stop, tool_store& store)
        : in_(&in),
          options_(&options),
          stop_(&stop),
          store_(&store),
          log_(store.log()),
          query_(asked_for(options.category, options.types, options.tags)),
          asked_(options.types),
          printer_(in.out().how().format, [&store] { return store.types(); }) {}

    answer<exit_code> run() {
        auto start = begin_after();
        if (!start) {
            auto why = in_->explain(start.error());
            if (start.error().code == errc::not_found) why.what.hint = in_->command("info");
            return std::unexpected(std::move(why));
        }
        at_ = *start;
        in_->out().begin_list("events", {{"position", "POSITION", cell::number},
                                         {"stream", "STREAM"},
                                         {"revision", "REV", cell::number},
                                         {"recorded_at", "TIME", cell::time},
                                         {"type", "TYPE"},
                                         {"payload", "PAYLOAD"}});
        if (auto shown = catch_up(log_.head()); !shown)
            return std::unexpected(in_->explain(shown.error()));
        if (options_->follow) {
            in_->out().flush();
            tell_unknown();
        }
        while (options_->follow && !in_->out().closed() && !stop_->asked()) {
            in_->out().flush();
            const auto head = wait();
            if (auto shown = catch_up(head); !shown)
                return std::unexpected(in_->explain(shown.error()));
        }
        in_->out().end_list();
        if (!options_->follow) tell_unknown();
        return stop_->asked() ? resumable() : exit_code::good;
    }

private:
    /// Names that filter everything away are told of, once: a follow may still meet them.
    void tell_unknown() {
        if (in_->out().closed() || stop_->asked()) return;
        asked_.tell(*in_, *store_);
        if (!any_shown_) tell_unknown_category(*in_, *store_, options_->category);
    }

    void show(const recorded_event& event) {
        asked_.take(event.type);
        any_shown_ = true;
        in_->out().item(printer_.print(event));
    }

    /// The position before the first event to show.
    result<position> begin_after() {
        const position head = log_.head();
        if (options_->after && *options_->after > head.value)
            return fail(
                errc::not_found,
                fmt::format("the log ends at position {}, before {}: it is another store, or "
                            "events were lost",
                            head.value, *options_->after));
        if (options_->after) return position{*options_->after};
        position before = head;
        std::uint64_t left = options_->count.value_or(usual_count);
        log_range range{.way = direction::backward, .up_to = head};
        for (bool more = left != 0; more;) {
            range.limit = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, 65'536));
            auto end = log_.scan_query(query_, range, [&](const recorded_event& event) {
                before = position{event.position.value - 1};
                return --left != 0;
            });
            if (!end) return pass_on(std::move(end));
            more = end->more && left != 0;
            range.after = end->last;
        }
        return before;
    }

    /// Shows what lies up to `head`, a page at a time, and moves on.
    result<void> catch_up(position head) {
        while (at_ < head && !in_->out().closed() && !stop_->asked()) {
            auto page = log_.read_query(query_, {.after = at_, .up_to = head});
            if (!page) return pass_on(std::move(page));
            for (const auto& event : *page) {
                if (in_->out().closed() || stop_->asked()) return {};
                show(event);
                at_ = event.position;
            }
            at_ = page->info().last;
        }
        return {};
    }

    position wait() {
        const auto end = [this](exit_code why) {
            return in_->out().finish(why == exit_code::interrupted ? resumable() : why);
        };
        // the store wakes us for each event; the hour is only how long one sleep may last
        return stop_->while_blocked(end, [this] { return log_.wait_beyond(at_, 1h); });
    }

    /// Says how to go on exactly behind what was shown.
    exit_code resumable() {
        in_->out().tell({"interrupted", fmt::format("stopped after position {}", at_.value),
                         in_->go_on(line_of(*options_, at_.value)), severity::warning});
        return exit_code::interrupted;
    }

    const session* in_;
    const tail_options* options_;
    interruption* stop_;
    tool_store* store_;
    store_ref log_;
    event_query query_;
    wanted_types asked_;
    event_printer printer_;
    position at_;
    bool any_shown_ = false;
};

}  // namespace

answer<exit_code> run_tail(const session& in, const tail_options& options, interruption& stop) {
    if (options.follow && in.out().how().format == output_format::json)
        return refuse(exit_code::usage, "usage", "a follow never ends, so it is no JSON document",
                      in.command("-o ndjson " + line_of(options, options.after)));
    if (options.after && options.count)
        return refuse(
            exit_code::usage, "usage",
            fmt::format("-n {} counts from the end of the log, --after {} begins behind a "
                        "position and shows all that follows: only one of them can be meant",
                        *options.count, *options.after),
            in.go_on(line_of(options, options.after)) + "  # or leave --after out");
    auto store = in.open(access::read);
    if (!store) return std::unexpected(std::move(store).error());
    return tail{in, options, stop, **store}.run();
}

}  // namespace varve::tool
