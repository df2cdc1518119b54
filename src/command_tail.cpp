// `varve tail`: the end of the log, and what comes after it.
#include "asked_for.hpp"
#include "commands.hpp"
#include "event_printer.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace varve::tool {
namespace {

using namespace std::chrono_literals;

class tail {
public:
    tail(const session& in, const tail_options& options, interruption& stop, tool_store& store)
        : in_(&in),
          options_(&options),
          stop_(&stop),
          log_(store.log()),
          query_(asked_for(options.category, options.types, options.tags)),
          printer_(in.out().how().format, [&store] { return store.types(); }) {}

    answer<exit_code> run() {
        auto start = begin_after();
        if (!start) return std::unexpected(in_->explain(start.error()));
        at_ = *start;
        in_->out().begin_list("events", {{"position", "POSITION", true},
                                         {"stream", "STREAM"},
                                         {"revision", "REV", true},
                                         {"recorded_at", "TIME"},
                                         {"type", "TYPE"},
                                         {"payload", "PAYLOAD"}});
        if (auto shown = catch_up(log_.head()); !shown)
            return std::unexpected(in_->explain(shown.error()));
        while (options_->follow && !in_->out().closed() && !stop_->asked()) {
            in_->out().flush();
            const auto head = wait();
            if (auto shown = catch_up(head); !shown)
                return std::unexpected(in_->explain(shown.error()));
        }
        in_->out().end_list();
        return stop_->asked() ? resumable() : exit_code::good;
    }

private:
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
        std::uint64_t left = options_->count;
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
                in_->out().item(printer_.print(event));
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
        std::string line = fmt::format("tail --after {}", at_.value);
        if (options_->follow) line += " -f";
        for (const auto& type : options_->types) line += " -t " + shell_word(type);
        for (const auto& tag : options_->tags) line += " --tag " + shell_word(tag);
        if (!options_->category.empty()) line += " --category " + shell_word(options_->category);
        in_->out().tell({"interrupted", fmt::format("stopped after position {}", at_.value),
                         in_->command(line), severity::warning});
        return exit_code::interrupted;
    }

    const session* in_;
    const tail_options* options_;
    interruption* stop_;
    store_ref log_;
    event_query query_;
    event_printer printer_;
    position at_;
};

}  // namespace

answer<exit_code> run_tail(const session& in, const tail_options& options, interruption& stop) {
    if (options.follow && in.out().how().format == output_format::json)
        return refuse(exit_code::usage, "usage", "a follow never ends, so it is no JSON document",
                      in.command("-o ndjson tail -f"));
    auto store = in.open(access::read);
    if (!store) return std::unexpected(std::move(store).error());
    return tail{in, options, stop, **store}.run();
}

}  // namespace varve::tool
