// Compares ours with a yardstick inside one run: A B, B A, A B, ..., medians, and how the ratio spread.
//
// The machine that a benchmark runs on changes its mind within seconds: a disk syncs 4,000 times a
// second and then 250 times, neighbours wake. So nothing here compares figures of two runs. A round
// gives every contender several short slices, in turn, and so one figure each and one ratio; what is
// printed is the median of each contender's rounds, the ratio of the medians, and the lowest and highest
// ratio of a round. A ratio is always one of speeds: above 1, ours is the faster one.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <time.h>
#include <utility>
#include <vector>

namespace bench {

/// What the command line says.
struct settings {
    std::filesystem::path dir{"."};  ///< Where files are made; on the disk that is measured.
    std::size_t rounds = 9;          ///< Times each contender is measured; at least 5 for a figure.
    std::size_t slices = 5;          ///< Of each contender in a round.
    double seconds = 0.05;           ///< Length of a slice, where a slice has one.
    bool quick = false;              ///< Smaller stores.
    std::string only{};              ///< Rows whose name contains this.
    std::string out{};               ///< A file that gets the rows too, tab-separated.
};

[[noreturn]] inline void give_up(const std::string& why) {
    fmt::print(stderr, "{}\n", why);
    std::exit(1);
}

/// The value, or the end of the program with the failure's words.
template <class Result>
auto need(Result&& outcome) {
    if (!outcome) give_up(to_string(outcome.error()));
    if constexpr (!std::is_void_v<typename std::remove_cvref_t<Result>::value_type>)
        return std::move(*outcome);
}

inline settings parse(int count, char** words) {
    settings chosen;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        const auto next = [&]() -> std::string {
            if (i + 1 == count) give_up(fmt::format("{} needs a value", word));
            return words[++i];
        };
        if (word == "--dir")
            chosen.dir = next();
        else if (word == "--rounds")
            chosen.rounds = std::stoul(next());
        else if (word == "--slices")
            chosen.slices = std::stoul(next());
        else if (word == "--seconds")
            chosen.seconds = std::stod(next());
        else if (word == "--quick")
            chosen.quick = true;
        else if (word == "--only")
            chosen.only = next();
        else if (word == "--out")
            chosen.out = next();
        else
            give_up(fmt::format(
                "{}: unknown; known are --dir DIR, --rounds N, --slices N (of a round), "
                "--seconds S (of a slice), --quick, --only TEXT, --out FILE",
                word));
    }
    if (chosen.rounds == 0 || chosen.slices == 0) give_up("--rounds and --slices are at least 1");
    return chosen;
}

/// A folder of its own below `dir`, removed at the end.
class scratch_folder {
public:
    explicit scratch_folder(const std::filesystem::path& dir) {
        std::string name = (dir / "varve-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) give_up("no folder can be made in " + dir.string());
        path_ = name;
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string file(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

using clock = std::chrono::steady_clock;

inline double seconds_since(clock::time_point begin) {
    return std::chrono::duration<double>(clock::now() - begin).count();
}

/// Processor time of this process, all threads, user and system.
inline double processor_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Keeps the optimiser from dropping what leads to `value`.
template <class T>
void keep(const T& value) {
    asm volatile("" : : "r,m"(value) : "memory");
}

/// Lets the optimiser believe that `value` has changed.
template <class T>
void change(T& value) {
    asm volatile("" : "+m"(value) : : "memory");
}

/// Calls `once()` for about `seconds` and returns calls per second.
template <class Once>
double rate(double seconds, Once&& once) {
    const auto begin = clock::now();
    std::size_t calls = 0;
    double past = 0;
    do {
        once();
        ++calls;
        past = seconds_since(begin);
    } while (past < seconds);
    return static_cast<double>(calls) / past;
}

/// Nanoseconds per call of `once()`, over `calls` calls.
template <class Once>
double nanoseconds(std::size_t calls, Once&& once) {
    const auto begin = clock::now();
    for (std::size_t i = 0; i < calls; ++i) once();
    return seconds_since(begin) * 1e9 / static_cast<double>(calls);
}

/// One way to do the work. `measure` runs one slice and returns its figure in the row's unit.
struct contender {
    std::string name;
    std::function<double()> measure;
};

/// What a row's figures are. Times are costs: less is better; rates are speeds.
enum class unit { per_second, events_per_second, nanoseconds, milliseconds, count };

inline bool is_cost(unit of) { return of != unit::per_second && of != unit::events_per_second; }

inline std::string written(double value, unit of) {
    const auto scaled = [](double v) {
        if (v >= 1e6) return fmt::format("{:.2f} M", v / 1e6);
        if (v >= 1e4) return fmt::format("{:.0f} k", v / 1e3);
        if (v >= 1e3) return fmt::format("{:.1f} k", v / 1e3);
        return fmt::format("{:.0f} ", v);
    };
    switch (of) {
        case unit::per_second: return scaled(value) + "/s";
        case unit::events_per_second: return scaled(value) + " ev/s";
        case unit::nanoseconds:
            if (value < 100) return fmt::format("{:.2f} ns", value);
            return value < 1e4 ? fmt::format("{:.0f} ns", value)
                               : fmt::format("{:.1f} us", value / 1e3);
        case unit::milliseconds: return fmt::format("{:.1f} ms", value);
        case unit::count: return fmt::format("{:.2f}", value);
    }
    return "?";
}

/// What a row should reach; only printed if it has no bound.
struct goal {
    std::string text{};
    double bound = std::numeric_limits<double>::quiet_NaN();
};

inline goal at_least(double ratio) { return {fmt::format(">= {:.2g}", ratio), ratio}; }

inline double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// Measures rows and prints them as they come.
class table {
public:
    table(std::string section, const settings& chosen)
        : section_(std::move(section)), settings_(chosen) {}

    const settings& chosen() const { return settings_; }
    /// The same table with single slices and fewer rounds, for slow rows.
    table in_single_slices(std::size_t rounds) const {
        table slow = *this;
        slow.settings_.rounds = std::min(rounds, settings_.rounds);
        slow.settings_.slices = 1;
        return slow;
    }
    bool wanted(std::string_view work) const {
        return settings_.only.empty() || work.find(settings_.only) != std::string_view::npos;
    }

    /// The first contender is ours; each of the others gives a row. `goals[i]` is for yardstick i.
    void compare(const std::string& work, unit of, const std::vector<contender>& contenders,
                 const std::vector<goal>& goals = {}) {
        if (!wanted(work)) return;
        const auto all = measure(contenders);
        const auto& ours = all[0];
        for (std::size_t other = 1; other < contenders.size(); ++other) {
            const auto& theirs = all[other];
            std::vector<double> ratios;
            for (std::size_t i = 0; i < settings_.rounds; ++i)
                ratios.push_back(speed(ours.figures[i], theirs.figures[i], of));
            const double ratio = speed(median(ours.figures), median(theirs.figures), of);
            const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
            const goal& wish = other <= goals.size() ? goals[other - 1] : nothing_;
            const bool judged = wish.bound == wish.bound;
            put({section_, work, written(median(ours.figures), of), contenders[other].name,
                 written(median(theirs.figures), of), fmt::format("{:.2f}", ratio),
                 fmt::format("{:.2f}-{:.2f}", *low, *high),
                 is_cost(of) ? ""
                             : fmt::format("{:.2f} / {:.2f} us", median(ours.processor) * 1e6,
                                           median(theirs.processor) * 1e6),
                 wish.text,
                 !judged               ? ""
                 : ratio >= wish.bound ? "met"
                                       : "missed"});
        }
    }

    /// A figure without a yardstick: the median and its spread.
    void figure(const std::string& work, unit of, const std::function<double()>& once,
                const std::string& wish = {}) {
        if (!wanted(work)) return;
        const auto figures = measure({{work, once}})[0].figures;
        const auto [low, high] = std::minmax_element(figures.begin(), figures.end());
        put({section_, work, written(median(figures), of), "", "", "",
             written(*low, of) + " - " + written(*high, of), "", wish, ""});
    }

    /// A number that was counted, not timed. `most`: the goal.
    void counted(const std::string& work, double value, double most) {
        if (!wanted(work)) return;
        const bool judged = most == most;
        put({section_, work, written(value, unit::count), "", "", "", "", "",
             judged ? fmt::format("<= {:.0f}", most) : "",
             !judged         ? ""
             : value <= most ? "met"
                             : "missed"});
    }
    void counted(const std::string& work, double value) {
        counted(work, value, std::numeric_limits<double>::quiet_NaN());
    }

private:
    static double speed(double ours, double other, unit of) {
        return is_cost(of) ? other / ours : ours / other;
    }

    /// One contender's rounds.
    struct measured {
        std::vector<double> figures;
        std::vector<double>
            processor;  ///< Seconds of processor time per thing done, where figures are rates.
    };

    /// One slice of each to warm up, then the rounds; who goes first changes from slice to slice.
    std::vector<measured> measure(const std::vector<contender>& contenders) const {
        const std::size_t count = contenders.size();
        const auto share = static_cast<double>(settings_.slices);
        std::vector<measured> all(count);
        for (auto& each : all) {
            each.figures.resize(settings_.rounds);
            each.processor.resize(settings_.rounds);
        }
        for (const auto& each : contenders) each.measure();
        for (std::size_t slice = 0; slice < settings_.rounds * settings_.slices; ++slice)
            for (std::size_t i = 0; i < count; ++i) {
                const std::size_t turn = slice % 2 == 0 ? i : count - 1 - i;
                const std::size_t round = slice / settings_.slices;
                const auto begin = clock::now();
                const double used_before = processor_seconds();
                const double figure = contenders[turn].measure();
                const double used = processor_seconds() - used_before;
                all[turn].figures[round] += figure / share;
                all[turn].processor[round] += used / (figure * seconds_since(begin)) / share;
            }
        return all;
    }

    /// section, work, ours, yardstick, its figure, ratio, spread, processor time, goal, verdict
    void put(const std::vector<std::string>& cells) const {
        fmt::print("{:<46} {:>13}  {:<38} {:>13}  {:>5} {:>12}  {:>20}  {:<8} {}\n", cells[1],
                   cells[2], cells[3], cells[4], cells[5], cells[6], cells[7], cells[8], cells[9]);
        std::fflush(stdout);
        if (settings_.out.empty()) return;
        std::ofstream to{settings_.out, std::ios::app};
        to << fmt::format("{}\n", fmt::join(cells, "\t"));
    }

    std::string section_;
    settings settings_;
    goal nothing_{};
};

}  // namespace bench
