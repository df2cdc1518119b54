// One status line on standard error: `replay bank.db 41.2% 412k/1.0M 18.3M ev/s ETA 0:03 errors 0`.
//
// On a terminal it is rewritten in place ten times a second; elsewhere it is one line each 5 s.
#pragma once

#include "output.hpp"

#include <varve/time.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace varve::tool {

class progress {
public:
    /// `what`: the first words. `total`: how many events there are to do.
    progress(output& out, clock_source& clock, std::string what, std::uint64_t total);
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress() { clear(); }

    /// That many are done now. Looks at the clock once in 1024 calls.
    void reached(std::uint64_t done) {
        if (++calls_ % 1024 == 0) show_if_due(done);
    }
    /// The same, looking at the clock each time.
    void show_if_due(std::uint64_t done);
    /// Takes the line away: before anything else is printed there.
    void clear();

private:
    void show(std::uint64_t done, std::chrono::nanoseconds now);

    output* out_;
    clock_source* clock_;
    std::string what_;
    std::uint64_t total_;
    std::uint64_t calls_ = 0;
    std::chrono::nanoseconds started_;
    std::chrono::nanoseconds shown_;
    bool visible_ = false;
};

}  // namespace varve::tool
