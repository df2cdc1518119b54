// `varve verify`: proves every byte of a store, also of one that is too damaged to open.
#include "commands.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace varve::tool {
namespace {

void show_faults(output& out, const proof& found) {
    out.begin_list("faults", {{"position", "POSITION", cell::number}, {"what", "FAULT"}}, "fault");
    const auto add = [&](std::uint64_t where, std::string_view what) {
        record one = out.make();
        one.number("position", where);
        one.text("what", what);
        out.item(one);
    };
    for (const auto& each : found.log.faults) add(each.where.value, each.what);
    for (const auto* damaged : {&found.damaged, &found.reservations_damaged})
        for (const auto& each : *damaged) add(0, each);
    if (found.anchor_fault) add(found.log.head.value + 1, *found.anchor_fault);
    out.end_list();
    if (!found.good()) out.line("");
}

std::size_t count_of(const proof& found) {
    return found.log.faults.size() + found.damaged.size() + found.reservations_damaged.size() +
           (found.anchor_fault ? 1 : 0);
}

record summary_of(const session& in, const proof& found, std::chrono::nanoseconds took) {
    record all = in.out().make();
    all.number("events", found.log.events);
    all.number("appends", found.log.batches);
    all.number("records", found.log.records);
    all.number("types", found.types);
    all.number("reservations", found.reservations);
    all.text("checked", "checksums, leaves, chain, density, anchor, reservations");
    all.text("chain_head", hex(found.log.chain_head));
    all.number("faults", count_of(found));
    all.real("seconds", std::chrono::duration<double>(took).count(), 3);
    return all;
}

problem damage_in(const proof& found) {
    const auto count = count_of(found);
    const std::string first = !found.log.faults.empty()
                                  ? fmt::format("position {}: {}",
                                                found.log.faults.front().where.value,
                                                found.log.faults.front().what)
                              : !found.damaged.empty() ? found.damaged.front()
                              : !found.reservations_damaged.empty()
                                  ? found.reservations_damaged.front()
                                  : *found.anchor_fault;
    return {
        {"corrupt",
         fmt::format("{} {}; the first is at {}", count, count == 1 ? "fault" : "faults", first),
         "keep the files as they are, and look at a backup: varve --store BACKUP verify"},
        exit_code::corrupt};
}

}  // namespace

answer<exit_code> run_verify(const session& in) {
    const auto where = in.location();
    if (!where) return std::unexpected(where.error());
    auto& clock = in.env().clock();
    const auto started = clock.monotonic();
    auto found = prove_store(*where);
    if (!found) {
        auto why = in.explain(found.error());
        if (found.error().code == errc::corrupt)
            why.what.hint =
                "keep the files as they are, and look at a backup: "
                "varve --store BACKUP verify";
        if (found.error().code == errc::not_found) why.what.hint = "name another with --store";
        return std::unexpected(std::move(why));
    }
    if (!found->good() || in.out().make().machine()) show_faults(in.out(), *found);
    in.out().show(summary_of(in, *found, clock.monotonic() - started), "summary");
    if (!found->good()) return std::unexpected(damage_in(*found));
    return exit_code::good;
}

}  // namespace varve::tool
