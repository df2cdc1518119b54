// `varve repair`: the one step that takes a log whose end is lost; nothing is taken away by it.
#include "commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace varve::tool {
namespace {

std::unexpected<problem> refuse(const char* code, std::string message, std::string hint,
                                exit_code as) {
    return std::unexpected(problem{{code, std::move(message), std::move(hint)}, as});
}

/// On a terminal a person is asked; elsewhere `--yes` must be given.
answer<bool> is_agreed(const repair_options& options, const std::string& what) {
    if (options.yes) return true;
    if (::isatty(STDIN_FILENO) == 0)
        return refuse("usage", "repair changes the store, and nobody is there to be asked",
                      "add --yes if it is meant", exit_code::usage);
    std::fputs((what + "Type yes to go on: ").c_str(), stderr);
    std::string typed;
    std::getline(std::cin, typed);
    return typed == "yes";
}

/// Whether this can be repaired, and is as the caller says. The failure says what to do instead.
answer<void> check_found(const session& in, const repair_options& options, const proof& found) {
    if (!found.log.good())
        return refuse(
            "corrupt",
            fmt::format("the log is damaged at position {}: {}",
                        found.log.faults.front().where.value, found.log.faults.front().what),
            "keep the files as they are; only a lost end can be accepted", exit_code::corrupt);
    if (found.anchor_fault && !options.accept_loss_after)
        return refuse(
            "corrupt", *found.anchor_fault,
            "if it can be given up: " +
                in.command(fmt::format("repair --accept-loss-after {}", found.log.head.value)),
            exit_code::corrupt);
    if (found.anchor_fault && found.log.head.value != *options.accept_loss_after)
        return refuse("conflict",
                      fmt::format("the log ends at position {}, not at {}", found.log.head.value,
                                  *options.accept_loss_after),
                      "if that is meant: " + in.command(fmt::format("repair --accept-loss-after {}",
                                                                    found.log.head.value)),
                      exit_code::conflict);
    return {};
}

/// What a repair would give up, line by line; empty if there is nothing to repair.
std::string given_up(const repair_options& options, const proof& found) {
    std::string text;
    if (found.anchor_fault)
        text += fmt::format(
            "Whatever was stored after position {} is given up, and a new epoch begins: "
            "projections "
            "are rebuilt, subscriptions start over.\n",
            found.log.head.value);
    if (options.drop_damaged_reservations && !found.reservations_damaged.empty())
        text += fmt::format(
            "{} reservations that cannot be read are given up: what was promised is "
            "lost, and what they held is free.\n",
            found.reservations_damaged.size());
    return text;
}

}  // namespace

answer<exit_code> run_repair(const session& in, const repair_options& options) {
    if (!options.accept_loss_after && !options.drop_damaged_reservations)
        return refuse("usage", "say what is to be given up",
                      "see what is wrong first: " + in.command("verify") +
                          "; then repair --accept-loss-after POSITION, or repair "
                          "--drop-damaged-reservations",
                      exit_code::usage);
    const auto where = in.location();
    if (!where) return std::unexpected(where.error());
    auto found = prove_store(*where);
    if (!found) return std::unexpected(in.explain(found.error()));
    if (auto fine = check_found(in, options, *found); !fine)
        return std::unexpected(std::move(fine).error());
    record done = in.out().make();
    const auto what = given_up(options, *found);
    if (what.empty()) {
        done.text("lost", "nothing that is to be given up; nothing was changed");
        done.number("head", found->log.head.value);
        in.out().show(done, "repair");
        return exit_code::good;
    }
    if (found->anchor_fault) done.text("lost", *found->anchor_fault);
    if (options.drop_damaged_reservations)
        done.number("reservations dropped", found->reservations_damaged.size());
    auto head = found->log.head;
    if (!options.dry_run) {
        auto agreed = is_agreed(options, what);
        if (!agreed) return std::unexpected(std::move(agreed).error());
        if (!*agreed) return refuse("cancelled", "nothing was changed", {}, exit_code::interrupted);
        std::optional<position> after;
        if (options.accept_loss_after) after = position{*options.accept_loss_after};
        auto repaired = repair_store(*where, after, options.drop_damaged_reservations, in.env());
        if (!repaired) return std::unexpected(in.explain(repaired.error()));
        done.number("epoch", repaired->identity.epoch.value);
        head = repaired->head;
    }
    done.number("head", head.value);
    in.out().show(done, "repair");
    return exit_code::good;
}

}  // namespace varve::tool
