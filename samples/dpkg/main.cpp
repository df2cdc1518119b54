// The machine's own package log as a store, held against what dpkg-query says.

#include "../arguments.hpp"
#include "compare.hpp"
#include "importer.hpp"

#include <varve/eventstore/sqlite_store.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

constexpr const char* help = R"(usage: dpkg [LOG ...] [--store dpkg.db] [--installed FILE]

Stores every line of the package logs as an event, one stream per package, and compares what the
events fold into with what dpkg-query says. Without LOG it reads /var/log/dpkg.log*. Run again, it
stores what is new. FILE holds the output of dpkg-query, if it is not to be asked.
Exit codes: 0 good, 1 a package that was logged as installed is not, 2 usage, 3 nothing to read.
)";

int say(const varve::failure& why) {
    std::fprintf(stderr, "dpkg: %s\n", to_string(why).c_str());
    return samples::exit_code_of(why.code);
}

void print_count(std::uint64_t count, const char* what) {
    std::printf("%12llu  %s\n", static_cast<unsigned long long>(count), what);
}

varve::result<dpkg::installed_packages> installed_now(const std::string& file) {
    if (!file.empty()) {
        std::ifstream in{file};
        if (!in) return varve::fail(varve::errc::not_found, file + " cannot be read");
        return dpkg::parse_installed({std::istreambuf_iterator<char>{in}, {}});
    }
    const auto text = dpkg::output_of(dpkg::ask_dpkg);
    return text ? dpkg::parse_installed(*text) : std::unexpected(text.error());
}

void print_import(const std::vector<dpkg::log_file>& files, const dpkg::import_counts& counts) {
    print_count(counts.lines, "lines in the logs");
    print_count(counts.stored, "stored now as events");
    print_count(counts.known, "stored by an earlier run: found by id, not doubled");
    print_count(counts.foreign.size(), "not as dpkg writes them, not stored");
    for (const auto& line : counts.foreign) std::printf("              %s\n", line.c_str());
    for (const auto& file : files)
        if (file.torn)
            std::printf("              %s: the last line is not whole yet, left for the next run\n",
                        file.path.c_str());
}

int print_comparison(const dpkg::comparison& made) {
    print_count(made.packages, "packages that the log names");
    print_count(made.equal, "of them with the version and status that dpkg-query says");
    print_count(made.differences.size(), "different");
    for (const auto& each : made.differences)
        std::printf("            %s %s: %s\n", each.fault ? "!" : " ", each.package.c_str(),
                    each.reason.c_str());
    print_count(made.not_logged, "packages that the log does not name: it begins later than they");
    return made.good() ? samples::good : samples::fault_found;
}

int run(const std::vector<std::string>& paths, const std::string& store_file,
        const std::string& installed_file) {
    const auto files = dpkg::read_logs(paths.empty() ? dpkg::logs_in("/var/log") : paths);
    if (!files) return say(files.error());
    if (std::ranges::all_of(*files, [](const auto& file) { return file.lines.empty(); }))
        return say(
            {.code = varve::errc::not_found,
             .message =
                 "there is no package log here, or it is empty (slim container images remove "
                 "/var/log/dpkg.log); install any package, or name another log"});

    const auto installed = installed_now(installed_file);
    if (!installed) return say(installed.error());
    auto store = varve::sqlite_store::open(store_file);
    if (!store) return say(store.error());
    const auto counts = dpkg::import_logs(*store, *files);
    if (!counts) return say(counts.error());
    print_import(*files, *counts);
    const auto made = dpkg::compare(*store, *installed);
    return made ? print_comparison(*made) : say(made.error());
}

}  // namespace

int main(int argc, char** argv) {
    samples::arguments line{argc, argv};
    const auto store = line.text("store", "dpkg.db");
    const auto installed = line.text("installed", "");
    if (line.asks_for_help()) return std::fputs(help, stdout) < 0;
    if (const auto fault = line.fault(); !fault.empty()) {
        std::fprintf(stderr, "dpkg: %s; `dpkg --help` shows how\n", fault.c_str());
        return samples::usage;
    }
    return run(line.words(), store, installed);
}
