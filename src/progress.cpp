#include "progress.hpp"

#include "text.hpp"

#include <fmt/format.h>

#include <utility>

namespace varve::tool {
namespace {

using namespace std::chrono_literals;

std::string remaining_time(double seconds) {
    if (!(seconds < 360'000)) return "?";
    const auto s = static_cast<std::uint64_t>(seconds);
    return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                    : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

}  // namespace

progress::progress(output& out, clock_source& clock, std::string what, std::uint64_t total)
    : out_(&out),
      clock_(&clock),
      what_(std::move(what)),
      total_(total),
      started_(clock.monotonic()),
      shown_(started_) {
    if (out_->how().error_terminal && !out_->how().quiet) show(0, started_);
}

void progress::show_if_due(std::uint64_t done) {
    if (out_->how().quiet) return;
    const auto now = clock_->monotonic();
    if (now - shown_ >= (out_->how().error_terminal ? std::chrono::nanoseconds{100ms} : 5s))
        show(done, now);
}

void progress::show(std::uint64_t done, std::chrono::nanoseconds now) {
    const double seconds = std::chrono::duration<double>(now - started_).count();
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    const double share = total_ == 0
                             ? 100
                             : 100 * static_cast<double>(done) / static_cast<double>(total_);
    const double rest = rate > 0 ? static_cast<double>(total_ - done) / rate : 1e9;
    out_->status(fmt::format("{} {:.1f}% {}/{} {} ev/s ETA {} errors 0", what_, share,
                             short_number(static_cast<double>(done)),
                             short_number(static_cast<double>(total_)), short_number(rate),
                             remaining_time(rest)));
    shown_ = now;
    visible_ = true;
}

void progress::clear() {
    if (std::exchange(visible_, false)) out_->clear_status();
}

}  // namespace varve::tool
