// `varve reservations`: appends that are promised and not stored yet, and what they hold.
#include "commands.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace varve::tool {
namespace {

/// Everything that others have to keep away from, in a few words.
std::string held_by(const reservation& one) {
    std::string all;
    const auto add = [&all](const std::string& what) {
        if (!all.empty()) all += ' ';
        all += what;
    };
    for (const auto& stream : one.writes) add(stream);
    for (const auto& stream : one.believes) add(stream);
    if (!one.queries.empty())
        add(fmt::format("and {} {}", one.queries.size(),
                        one.queries.size() == 1 ? "query" : "queries"));
    return all;
}

}  // namespace

answer<exit_code> run_reservations(const session& in) {
    auto store = in.open(access::read);
    if (!store) return std::unexpected(std::move(store).error());
    auto all = (*store)->reservations();
    if (!all) return std::unexpected(in.explain(all.error()));
    in.out().begin_list("reservations", {{"append", "APPEND"},
                                         {"state", "STATE"},
                                         {"age_seconds", "AGE S", cell::number},
                                         {"epoch", "EPOCH", cell::number},
                                         {"events", "EVENTS", cell::number},
                                         {"holds", "HOLDS"}});
    for (const auto& each : *all) {
        const auto age = std::chrono::duration_cast<std::chrono::seconds>(in.env().now() -
                                                                          each.since);
        record one = in.out().make();
        one.text("append", to_string(each.id));
        one.text("state", to_string(each.state));
        one.number("age_seconds",
                   static_cast<std::uint64_t>(std::max<std::int64_t>(age.count(), 0)));
        one.number("epoch", each.epoch.value);
        one.number("events", each.events);
        one.text("holds", held_by(each));
        in.out().item(one);
        if (in.out().closed()) break;
    }
    in.out().end_list();
    return exit_code::good;
}

}  // namespace varve::tool
