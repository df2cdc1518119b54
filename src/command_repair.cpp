// `varve repair`: the one step that takes a log whose end is lost; nothing is taken away by it.
#include "commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <utility>

namespace varve::tool {
namespace {

std::unexpected<problem> refuse(const char* code, std::string message, std::string hint,
                                exit_code as) {
    return std::unexpected(problem{{code, std::move(message), std::move(hint)}, as});
}

/// On a terminal a person is asked; elsewhere `--yes` must be given.
answer<bool> is_agreed(const repair_options& options, std::uint64_t after) {
    if (options.yes) return true;
    if (::isatty(STDIN_FILENO) == 0)
        return refuse("usage", "repair changes the store, and nobody is there to be asked",
                      "add --yes if it is meant", exit_code::usage);
    std::fputs(fmt::format("Whatever was stored after position {} is given up, and a new epoch "
                           "begins: projections are rebuilt, subscriptions start over.\n"
                           "Type yes to go on: ",
                           after)
                   .c_str(),
               stderr);
    std::string typed;
    std::getline(std::cin, typed);
    return typed == "yes";
}

}  // namespace

answer<exit_code> run_repair(const session& in, const repair_options& options) {
    if (!options.accept_loss_after)
        return refuse("usage", "say where the log ends that is to be taken as it is",
                      "see what is wrong first: " + in.command("verify") +
                          "; then repair --accept-loss-after POSITION",
                      exit_code::usage);
    const auto where = in.location();
    if (!where) return std::unexpected(where.error());
    const position after{*options.accept_loss_after};
    auto found = prove_store(*where);
    if (!found) return std::unexpected(in.explain(found.error()));
    if (!found->log.good())
        return refuse(
            "corrupt",
            fmt::format("the log is damaged at position {}: {}",
                        found->log.faults.front().where.value, found->log.faults.front().what),
            "keep the files as they are; only a lost end can be accepted", exit_code::corrupt);
    record done = in.out().make();
    if (!found->anchor_fault) {
        done.text("lost", "nothing, as far as the anchor knows; nothing was changed");
        done.number("head", found->log.head.value);
        in.out().show(done, "repair");
        return exit_code::good;
    }
    if (found->log.head != after)
        return refuse("conflict",
                      fmt::format("the log ends at position {}, not at {}", found->log.head.value,
                                  after.value),
                      "if that is meant: " + in.command(fmt::format("repair --accept-loss-after {}",
                                                                    found->log.head.value)),
                      exit_code::conflict);
    done.text("lost", *found->anchor_fault);
    if (!options.dry_run) {
        auto agreed = is_agreed(options, after.value);
        if (!agreed) return std::unexpected(std::move(agreed).error());
        if (!*agreed) return refuse("cancelled", "nothing was changed", {}, exit_code::interrupted);
        auto repaired = accept_loss(*where, after, in.env());
        if (!repaired) return std::unexpected(in.explain(repaired.error()));
        done.number("epoch", repaired->epoch.value);
    }
    done.number("head", after.value);
    in.out().show(done, "repair");
    return exit_code::good;
}

}  // namespace varve::tool
