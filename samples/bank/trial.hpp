// What the demo asks of the bank: a load run, and the proof that nothing of it was lost.
#pragma once

#include "check.hpp"
#include "run.hpp"
#include "say.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace bank {

struct trial {
    traffic what;
    std::uint64_t commands = 0;
    unsigned threads = 1;
    std::string ack_file;
};

inline int run_trial(varve::sqlite_store& store, Bank& bank, const trial& asked) {
    auto answered = read_acks(asked.ack_file);
    if (!answered) return say(answered.error());
    auto told = ack_writer::open(asked.ack_file, answered->bytes);
    if (!told) return say(told.error());

    const auto head = store.head();
    const auto start = std::chrono::steady_clock::now();
    load_run run{bank, head, asked.what, *answered, *told};
    if (auto sent = run.send_all(asked.commands, asked.threads); !sent) return say(sent.error());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

    const auto events = store.head().value - head.value;
    print_count(run.counts().answered_before, "commands were answered before this run");
    print_count(run.counts().found_again,
                "stored before it and never answered: found by id, not done twice");
    print_count(run.counts().stored, "stored now");
    print_count(run.counts().rejected, "rejected by the domain (an overdraft), nothing stored");
    print_count(run.counts().conflicts, "conflicts on the way: loaded and decided again");
    print_count(static_cast<std::uint64_t>(static_cast<double>(events) / took.count()),
                "events a second, each one synced before its answer");
    return samples::good;
}

inline int check_trial(varve::sqlite_store& store, Bank& bank, const std::string& ack_file) {
    const auto told = read_acks(ack_file);
    if (!told) return say(told.error());
    const auto report = check(store, bank, *told);
    if (!report) return say(report.error());

    print_count(report->events,
                "events in the log, dense, every checksum, leaf and chain link good");
    print_count(report->acknowledged,
                "acknowledged appends, each found by its id where it was acknowledged");
    print_count(report->rejected, "rejected commands, none left a trace");
    print_count(report->unacknowledged, "stored without an answer");
    print_count(report->accounts,
                "accounts, same balance in read model, folded stream and plain sum");
    std::printf("%12s  in all accounts, none ever below zero\n", money(report->cents).c_str());
    print_count(report->faults.size(), "faults");
    for (std::size_t i = 0; i < report->faults.size() && i < 20; ++i)
        std::fprintf(stderr, "bank: fault: %s\n", report->faults[i].c_str());
    return report->faults.empty() ? samples::good : samples::fault_found;
}

}  // namespace bank
