// An executor without threads: whoever drives it runs the tasks, in an order that a seed decides.
#pragma once

#include <varve/assert.hpp>
#include <varve/executor.hpp>
#include <varve/testing/clock.hpp>
#include <varve/testing/random.hpp>
#include <varve/testing/trace.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit {

/// Of the tasks that are ready, a seed picks the next; time moves only when none is ready, and then
/// straight to the next deadline. All on the thread that made it: a task posted from another thread
/// is a hole in the simulation, and ends the process.
class simulated_executor final : public executor {
public:
    simulated_executor(manual_clock& clock, std::uint64_t seed, trace& log)
        : clock_(&clock), random_(seed), trace_(&log) {}

    void post(task work) override { post_after(std::chrono::nanoseconds{0}, std::move(work)); }

    void post_after(std::chrono::nanoseconds delay, task work) override {
        detail::ensure(std::this_thread::get_id() == owner_, "a simulation has one thread");
        const auto wait = std::max(delay, std::chrono::nanoseconds{0});
        waiting_.push_back({clock_->monotonic() + wait, ++posted_, std::move(work)});
    }

    /// Runs one task. False if there is none. May move the clock forward.
    bool step() {
        if (waiting_.empty()) return false;
        const auto chosen = choose();
        task work = std::move(chosen->work);
        trace_->note(chosen->number);
        trace_->note(static_cast<std::uint64_t>(clock_->monotonic().count()));
        waiting_.erase(chosen);
        work();
        return true;
    }

    /// Runs until nothing is left, or `most` tasks were run; gives how many.
    std::uint64_t run(std::uint64_t most = 1'000'000) {
        std::uint64_t done = 0;
        while (done < most && step()) ++done;
        return done;
    }

    /// Runs what is due within `span` of now; afterwards exactly that much time has passed.
    std::uint64_t run_for(std::chrono::nanoseconds span) {
        const auto end = clock_->monotonic() + span;
        std::uint64_t done = 0;
        while (!waiting_.empty() && next_due() <= end && step()) ++done;
        if (clock_->monotonic() < end) clock_->advance(end - clock_->monotonic());
        return done;
    }

    /// What the death of a process does to its tasks: none of them runs. Their captures are destroyed.
    void drop_all() {
        auto dropped = std::exchange(waiting_, {});
        dropped.clear();
    }

    std::size_t waiting() const noexcept { return waiting_.size(); }

private:
    struct entry {
        std::chrono::nanoseconds due;
        std::uint64_t number;
        task work;
    };

    std::chrono::nanoseconds next_due() const {
        return std::ranges::min_element(waiting_, {}, &entry::due)->due;
    }

    /// One of those that are ready, which is at least one once time has moved to the next deadline.
    std::vector<entry>::iterator choose() {
        if (const auto due = next_due(); due > clock_->monotonic())
            clock_->advance(due - clock_->monotonic());
        const auto is_ready = [now = clock_->monotonic()](const entry& e) { return e.due <= now; };
        const auto ready = std::ranges::count_if(waiting_, is_ready);
        auto skip = random_.below(static_cast<std::uint64_t>(ready));
        return std::ranges::find_if(waiting_,
                                    [&](const entry& e) { return is_ready(e) && skip-- == 0; });
    }

    manual_clock* clock_;
    seeded_random random_;
    trace* trace_;
    std::thread::id owner_ = std::this_thread::get_id();
    std::uint64_t posted_ = 0;
    std::vector<entry> waiting_;
};

}  // namespace varve::inline v0::testkit
