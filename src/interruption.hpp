// Ctrl-C while a long command runs: it ends between two events, never inside one.
//
// A thread of its own waits for the signal, and for the reader of standard output to go away. So a
// command that blocks for hours needs no timer to notice either.
#pragma once

#include "exit_code.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <thread>

namespace varve::tool {

class interruption {
public:
    /// From now on SIGINT and SIGTERM are noticed here. Made before any other thread, which would
    /// otherwise be ended by them.
    interruption();
    interruption(const interruption&) = delete;
    interruption& operator=(const interruption&) = delete;
    ~interruption();

    /// Somebody asked to stop; come to an end soon. A second signal ends the process at once.
    bool asked() const noexcept { return asked_; }

    /// Waits for `time`, or until somebody asks to stop; true if so.
    bool wait_for(std::chrono::nanoseconds time);

    /// Runs `wait`, which may block for ever. If somebody asks to stop meanwhile (or did before), or
    /// nobody reads standard output any more, `end` is called with the code to exit with, on another
    /// thread, while `wait` still blocks; then the process exits with what it returns.
    template <class Wait>
    auto while_blocked(std::function<exit_code(exit_code)> end, Wait&& wait) {
        allow(std::move(end));
        auto outcome = wait();
        allow(nullptr);
        return outcome;
    }

private:
    void allow(std::function<exit_code(exit_code)> end);
    void watch();
    void on_signal();
    void on_lost_reader();
    [[noreturn]] void end_now(exit_code code);

    sigset_t before_{};
    int signals_ = -1;
    int stop_ = -1;
    std::atomic<bool> asked_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<exit_code(exit_code)> end_;  // set while the command blocks
    bool lost_reader_ = false;
    std::thread watcher_;
};

}  // namespace varve::tool
