// What a differential run did, for whoever asks how much was compared.
#pragma once

#include <varve/failure.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace varve::inline v0::testkit {

/// What a differential run did; of nothing in here there should be none.
struct differential_counts {
    std::uint64_t operations = 0;  ///< Drawn and answered by the oracle,
    std::uint64_t compared = 0;    ///< and answers of stores held against it.
    std::uint64_t groups = 0;      ///< Several appends stored together.
    std::uint64_t restarts = 0, reopens = 0, power_cuts = 0, faults = 0;
    std::uint64_t unknown = 0;                         ///< Answers that had to be settled:
    std::uint64_t found_stored = 0, found_absent = 0;  ///< what became of them.
    std::map<errc, std::uint64_t> refused{};           ///< Expected refusals, by reason.
    std::uint64_t retried = 0;                         ///< First receipts given again.
    std::uint64_t forgotten = 0;                       ///< Writes under an id that had expired.

    differential_counts& operator+=(const differential_counts& other) {
        operations += other.operations;
        compared += other.compared;
        groups += other.groups;
        restarts += other.restarts;
        reopens += other.reopens;
        power_cuts += other.power_cuts;
        faults += other.faults;
        unknown += other.unknown;
        found_stored += other.found_stored;
        found_absent += other.found_absent;
        for (const auto& [code, count] : other.refused) refused[code] += count;
        retried += other.retried;
        forgotten += other.forgotten;
        return *this;
    }

    std::string text() const {
        std::string all = std::to_string(operations) + " operations, " + std::to_string(compared) +
                          " answers compared, " + std::to_string(groups) + " groups, " +
                          std::to_string(restarts) + " restarts, " + std::to_string(reopens) +
                          " reopens, " + std::to_string(power_cuts) + " power cuts, " +
                          std::to_string(faults) + " faults planned, " + std::to_string(unknown) +
                          " unknown (" + std::to_string(found_stored) + " stored, " +
                          std::to_string(found_absent) + " absent), " + std::to_string(retried) +
                          " retried, " + std::to_string(forgotten) + " forgotten; refused:";
        for (const auto& [code, count] : refused)
            all += " " + std::to_string(count) + " " + std::string{to_string(code)};
        return all;
    }
};

}  // namespace varve::inline v0::testkit
