// `varve replay`: walks the log in order, at the pace of old or as fast as it goes.
#include "commands.hpp"
#include "event_file.hpp"
#include "event_printer.hpp"
#include "progress.hpp"
#include "text.hpp"
#include "time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <map>
#include <utility>

namespace varve::tool {
namespace {

/// What is to be replayed, read from the words of the command line.
struct plan {
    position after;    ///< Before the first.
    position up_to;    ///< The last.
    double speed = 0;  ///< 0: as fast as it goes.
    timestamp until = timestamp::max();
};

std::unexpected<problem> bad(std::string message) {
    return refuse(exit_code::usage, "usage", std::move(message), "varve replay --help");
}

/// `10x`, `0.5x`, or `max` (0).
answer<double> parse_speed(std::string_view text) {
    if (text == "max") return 0.0;
    double speed = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, speed);
    const bool whole = error == std::errc{} && (rest == end || (rest + 1 == end && *rest == 'x'));
    if (!whole || !(speed > 0) || speed > 1e12)
        return bad("--speed takes max or a multiple as 10x, not '" + std::string{text} + "'");
    return speed;
}

answer<plan> make_plan(const replay_options& options, position head) {
    plan made;
    auto speed = parse_speed(options.speed);
    if (!speed) return std::unexpected(std::move(speed).error());
    made.speed = *speed;
    if (options.from == 0) return bad("--from begins at position 1");
    made.after = position{options.from - 1};
    made.up_to = std::min(head, position{options.to.value_or(head.value)});
    if (!options.until.empty()) {
        const auto until = parse_rfc3339(options.until);
        if (!until)
            return bad("--until takes a time like 2026-01-02T03:04:05Z, not '" + options.until +
                       "'");
        made.until = *until;
    }
    return made;
}

/// What has been walked.
struct tally {
    std::uint64_t events = 0;
    std::uint64_t payload_bytes = 0;
    position first, last;
    std::optional<timestamp> began;
    timestamp ended;
    std::map<std::string, std::uint64_t, std::less<>> types;

    void count(const recorded_event& event) {
        if (events++ == 0) first = event.position;
        payload_bytes += event.payload.size();
        last = event.position;
        if (!began) began = event.recorded_at;
        ended = event.recorded_at;
        auto found = types.find(event.type);
        if (found == types.end()) found = types.emplace(event.type, 0).first;
        ++found->second;
    }
};

class replay {
public:
    replay(const session& in, const replay_options& options, interruption& stop, tool_store& store,
           const plan& made)
        : in_(&in),
          options_(&options),
          stop_(&stop),
          log_(store.log()),
          plan_(made),
          printer_(options.into.empty() ? in.out().how().format : output_format::ndjson,
                   [&store] { return store.types(); }) {}

    answer<exit_code> run() {
        if (auto opened = open_file(); !opened) return std::unexpected(std::move(opened).error());
        if (prints()) begin_list();
        auto& clock = in_->env().clock();
        const auto started = clock.monotonic();
        auto walked = walk();
        if (prints()) in_->out().end_list();
        if (file_) {
            if (auto closed = file_->close(); !closed)
                return std::unexpected(cut_short(closed.error()));
        }
        if (!walked) return std::unexpected(in_->explain(walked.error()));
        show_summary(clock.monotonic() - started);
        if (!stop_->asked()) return exit_code::good;
        in_->out().tell({"interrupted", fmt::format("stopped after position {}", at_.value),
                         resume(), severity::warning});
        return exit_code::interrupted;
    }

private:
    bool paced() const noexcept { return plan_.speed > 0 && !options_->dry_run; }
    /// A replay at a pace is there to be looked at; one at full speed is not.
    bool prints() const noexcept { return paced() && !file_; }

    answer<void> open_file() {
        if (options_->into.empty() || options_->dry_run) return {};
        auto opened = options_->go_on ? event_file::go_on(options_->into)
                                      : event_file::create(options_->into);
        if (!opened) return std::unexpected(std::move(opened).error());
        file_ = std::move(*opened);
        plan_.after = std::max(plan_.after, file_->last());
        return {};
    }

    void begin_list() {
        in_->out().begin_list("events",
                              {{"position", "POSITION", cell::number},
                               {"stream", "STREAM"},
                               {"revision", "REV", cell::number},
                               {"recorded_at", "TIME", cell::time},
                               {"type", "TYPE"},
                               {"payload", "PAYLOAD"}},
                              "event");
    }

    result<void> walk() {
        at_ = plan_.after;
        const auto todo = plan_.up_to.value - std::min(plan_.up_to.value, at_.value);
        const auto name = std::filesystem::path{in_->location()->path}.filename().string();
        progress line{in_->out(), in_->env().clock(), "replay " + printable(name), todo};
        return paced() ? walk_paced(line) : walk_fast(line);
    }

    bool over() const {
        return stop_->asked() || in_->out().closed() || (file_ && file_->failed());
    }

    /// In place, without a copy: nobody is waited for.
    result<void> walk_fast(progress& line) {
        for (bool more = at_ < plan_.up_to; more;) {
            auto end = log_.scan_log(
                {.after = at_, .limit = 65'536, .max_bytes = 64u << 20, .up_to = plan_.up_to},
                [&](const recorded_event& event) {
                    if (event.recorded_at > plan_.until) return done_ = true, false;
                    take(event);
                    line.reached(tally_.events);
                    return !over();
                });
            if (!end) return pass_on(std::move(end));
            more = end->more && !done_ && !over();
        }
        return {};
    }

    /// Page by page: no view of the store stays open while time passes.
    result<void> walk_paced(progress& line) {
        while (at_ < plan_.up_to && !done_ && !over()) {
            auto page = log_.read_log({.after = at_, .up_to = plan_.up_to});
            if (!page) return pass_on(std::move(page));
            for (const auto& event : *page) {
                done_ = event.recorded_at > plan_.until;
                if (done_ || wait_for_turn(event) || over()) break;
                line.clear();
                take(event);
                line.show_if_due(tally_.events);
            }
        }
        return {};
    }

    /// Lets the time pass that lay between the first event and this one; true if asked to stop.
    bool wait_for_turn(const recorded_event& event) {
        auto& clock = in_->env().clock();
        if (!origin_) origin_.emplace(clock.monotonic(), event.recorded_at);
        const double since = static_cast<double>((event.recorded_at - origin_->second).count());
        const auto due = origin_->first +
                         std::chrono::nanoseconds{static_cast<std::int64_t>(since / plan_.speed)};
        const auto now = clock.monotonic();
        if (due <= now) return stop_->asked();
        in_->out().flush();
        return stop_->wait_for(due - now);
    }

    void take(const recorded_event& event) {
        tally_.count(event);
        at_ = event.position;
        if (file_)
            file_->add("{" + printer_.print(event).members() + "}\n");
        else if (prints())
            in_->out().item(printer_.print(event));
    }

    std::string resume() const {
        std::string line = "replay";
        if (options_->to) line += fmt::format(" --to {}", *options_->to);
        if (!options_->until.empty()) line += " --until " + shell_word(options_->until);
        if (options_->speed != "max") line += " --speed " + shell_word(options_->speed);
        if (!options_->into.empty() && options_->from != 1)
            line += fmt::format(" --from {}", options_->from);  // nothing may be written yet
        if (!options_->into.empty())
            line += " --into " + shell_word(options_->into) + " --continue";
        else
            line += fmt::format(" --from {}", at_.value + 1);
        return in_->go_on(line);
    }

    problem cut_short(const failure& why) const {
        return {{std::string{to_string(why.code)}, why.message, "make room, then " + resume()},
                exit_code::partial};
    }

    void show_summary(std::chrono::nanoseconds took) {
        auto& out = in_->out();
        out.begin_list("types", {{"type", "TYPE"}, {"events", "EVENTS", cell::number}}, "type");
        for (const auto& [type, events] : tally_.types) {
            record one = out.make();
            one.text("type", type);
            one.number("events", events);
            out.item(one);
        }
        out.end_list();
        if (!tally_.types.empty()) out.line("");
        out.show(summary(took), "summary");
    }

    record summary(std::chrono::nanoseconds took) const {
        const double seconds = std::chrono::duration<double>(took).count();
        record all = in_->out().make();
        if (options_->dry_run) all.flag("dry_run", true);
        all.number("events", tally_.events);
        all.number("payload_bytes", tally_.payload_bytes);
        if (tally_.events != 0) {
            all.number("first_position", tally_.first.value);
            all.number("last_position", tally_.last.value);
            all.time("first_recorded", *tally_.began);
            all.time("last_recorded", tally_.ended);
        }
        if (options_->dry_run && plan_.speed > 0 && tally_.began)
            all.real(
                "would_take_seconds",
                std::chrono::duration<double>(tally_.ended - *tally_.began).count() / plan_.speed,
                3);
        all.real("megabytes", static_cast<double>(tally_.payload_bytes) / 1e6, 3);
        all.real("seconds", seconds, 3);
        all.real("events_per_second",
                 seconds > 0 ? static_cast<double>(tally_.events) / seconds : 0, 0);
        return all;
    }

    const session* in_;
    const replay_options* options_;
    interruption* stop_;
    store_ref log_;
    plan plan_;
    event_printer printer_;
    std::unique_ptr<event_file> file_{};
    tally tally_{};
    position at_{};
    bool done_ = false;
    std::optional<std::pair<std::chrono::nanoseconds, timestamp>> origin_{};
};

}  // namespace

answer<exit_code> run_replay(const session& in, const replay_options& options, interruption& stop) {
    auto store = in.open(access::read);
    if (!store) return std::unexpected(std::move(store).error());
    auto made = make_plan(options, (*store)->log().head());
    if (!made) return std::unexpected(std::move(made).error());
    return replay{in, options, stop, **store, *made}.run();
}

}  // namespace varve::tool
