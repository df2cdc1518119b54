#include "support.hpp"

#include "stores/sqlite.hpp"

#include <varve/environment.hpp>
#include <varve/testing/clock.hpp>
#include <varve/testing/random.hpp>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

extern char** environ;

namespace tool_test {
namespace {

using namespace std::chrono_literals;

constexpr auto deadline = 60s;

std::atomic<std::uint64_t> seeds = 1;  // no two writers make the same identifiers

/// The environment of a run: what sanitizers and loaders need, and nothing that the tool looks at.
std::vector<std::string> environment_of(const given& with) {
    std::vector<std::string> all{"LC_ALL=C.UTF-8", "TERM=xterm"};
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string_view entry = *each;
        for (const std::string_view kept : {"PATH=", "LD_LIBRARY_PATH=", "ASAN_OPTIONS=",
                                            "UBSAN_OPTIONS=", "TSAN_OPTIONS=", "TMPDIR="})
            if (entry.starts_with(kept)) all.emplace_back(entry);
    }
    for (const auto& [name, value] : with.environment) {
        std::erase_if(all, [&](const std::string& entry) { return entry.starts_with(name + "="); });
        all.push_back(name + "=" + value);
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& each : texts) all.push_back(each.data());
    all.push_back(nullptr);
    return all;
}

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

struct ends {
    int read = -1;
    int write = -1;
};

ends make_pipe() {
    std::array<int, 2> raw{};
    if (::pipe2(raw.data(), O_CLOEXEC) != 0) fail("pipe");
    return {raw[0], raw[1]};
}

/// A file that is gone already, with the input in it: it cannot block the run that reads it.
int file_with(const std::string& text) {
    char name[] = "/tmp/varve-input-XXXXXX";
    const int file = ::mkostemp(name, O_CLOEXEC);
    if (file < 0) fail("input");
    ::unlink(name);
    if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail("input");
    ::lseek(file, 0, SEEK_SET);
    return file;
}

}  // namespace

running::running(std::vector<std::string> arguments, const given& with) {
    arguments.insert(arguments.begin(), VARVE_TOOL);
    auto environment = environment_of(with);
    auto words = pointers(arguments);
    auto variables = pointers(environment);
    const std::string folder = with.folder.empty() ? "." : with.folder.string();
    ends out, err;
    int in = -1;
    int terminal = -1;
    if (with.terminal != 0) {
        winsize size{.ws_row = 24, .ws_col = with.terminal, .ws_xpixel = 0, .ws_ypixel = 0};
        if (::openpty(&out.read, &terminal, nullptr, nullptr, &size) != 0) fail("openpty");
        ::fcntl(out.read, F_SETFD, FD_CLOEXEC);
        ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
        in = out.write = err.write = terminal;
    } else {
        out = make_pipe();
        err = make_pipe();
        in = file_with(with.input);
        if (with.devour) {
            ::close(out.write);
            out.write = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
        }
    }
    const bool drop = with.as_nobody && ::geteuid() == 0;
    pid_ = ::fork();
    if (pid_ < 0) fail("fork");
    if (pid_ == 0) {  // only calls that are safe after a fork from here on
        if (terminal >= 0) ::setsid();
        ::dup2(in, STDIN_FILENO);
        ::dup2(out.write, STDOUT_FILENO);
        ::dup2(err.write, STDERR_FILENO);
        if (::chdir(folder.c_str()) != 0) ::_exit(126);
        const rlimit most{.rlim_cur = with.largest_file, .rlim_max = with.largest_file};
        if (with.largest_file != 0 && ::setrlimit(RLIMIT_FSIZE, &most) != 0) ::_exit(126);
        if (drop && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(126);
        ::execve(words[0], words.data(), variables.data());
        ::_exit(127);
    }
    out_end_ = out.read;
    err_end_ = err.read;
    ::close(in);
    if (terminal < 0) {
        ::close(out.write);
        ::close(err.write);
    }
}

running::~running() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    for (const int each : {out_end_, err_end_})
        if (each >= 0) ::close(each);
}

/// Takes in what is there, waiting for it; false at the end of both streams.
bool running::read_some() {
    std::array<pollfd, 2> waiting{{{out_end_, POLLIN, 0}, {err_end_, POLLIN, 0}}};
    if (out_end_ < 0 && err_end_ < 0) return false;
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(deadline).count();
    const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(limit));
    if (ready == 0)
        throw std::runtime_error("nothing was printed in time; so far:\n" + out_ + err_);
    const auto take = [](pollfd& from, int& end, std::string& into) {
        if (from.revents == 0) return;
        std::array<char, 65'536> piece;
        const auto got = ::read(end, piece.data(), piece.size());
        if (got > 0) {
            into.append(piece.data(), static_cast<std::size_t>(got));
        } else {  // a terminal says EIO when its last user is gone
            ::close(end);
            end = -1;
        }
    };
    take(waiting[0], out_end_, out_);
    take(waiting[1], err_end_, err_);
    return true;
}

void running::until(const std::string& where, std::string_view text) {
    while (where.find(text) == std::string::npos)
        if (!read_some())
            throw std::runtime_error("it ended before it printed '" + std::string{text} +
                                     "'; so far:\n" + out_ + err_);
}

void running::until_printed(std::string_view text) { until(out_, text); }
void running::until_complained(std::string_view text) { until(err_, text); }

void running::signal(int number) { ::kill(pid_, number); }

void running::stop_reading() {
    ::close(out_end_);
    out_end_ = -1;
}

bool running::ended() const {
    siginfo_t state{};
    const auto id = static_cast<id_t>(pid_);
    return ::waitid(P_PID, id, &state, WEXITED | WNOHANG | WNOWAIT) != 0 || state.si_pid != 0;
}

outcome running::wait() {
    while (read_some()) {}
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) fail("waitpid");
    pid_ = -1;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, out_, err_};
}

outcome run(std::vector<std::string> arguments, const given& with) {
    return running{std::move(arguments), with}.wait();
}

temporary_folder::temporary_folder() {
    auto name = (std::filesystem::temp_directory_path() / "varve-tool-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail("mkdtemp");
    path_ = name;
}

temporary_folder::~temporary_folder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
}

struct writer::inner {
    explicit inner(const std::string& path)
        : store(varve::sqlite_store::open(path, {.environment = &environment, .holder = "the-test"})
                    .value()) {}

    varve::testkit::manual_clock clock{varve::timestamp{1'767'323'045s}};
    varve::testkit::seeded_random random{seeds++};
    varve::thread_executor threads{1};
    varve::environment environment{clock, random, threads};
    varve::sqlite_store store;
};

writer::writer(const std::string& path) : inner_(std::make_unique<inner>(path)) {}
writer::~writer() = default;

varve::receipt writer::append(const varve::new_event& event, const varve::type_description* type) {
    varve::append_request request{.id = inner_->environment.ids().next<varve::append_id>(),
                                  .events = {&event, 1}};
    if (type != nullptr) request.types = {type, 1};
    auto given = inner_->store.append(request);
    if (!given) throw std::runtime_error(given.error().message);
    return *given;
}

varve::append_id writer::promise(std::string_view stream, std::string_view type,
                                 std::string_view payload) {
    const varve::new_event event{
        .stream = stream, .type = type, .payload = varve::as_bytes(payload)};
    const varve::stream_check check{stream, varve::expect::none};
    const auto id = inner_->environment.ids().next<varve::append_id>();
    inner_->store.reserve({.id = id, .events = {&event, 1}, .checks = {&check, 1}}).value();
    return id;
}

varve::receipt writer::json(std::string_view stream, std::string_view type,
                            std::string_view payload) {
    const varve::type_description described{.type = type, .encoding = varve::encoding::json};
    return append({.stream = stream, .type = type, .payload = varve::as_bytes(payload)},
                  &described);
}

varve::receipt writer::end(std::string_view stream, varve::ending how) {
    return inner_->store
        .end_stream({.id = inner_->environment.ids().next<varve::append_id>(),
                     .stream = stream,
                     .how = how})
        .value();
}

void writer::advance(std::chrono::nanoseconds by) { inner_->clock.advance(by); }

/// Takes the record out of its table and puts it back with one bit of its last byte flipped.
void writer::flip_bit(const std::string& path, varve::position where) {
    auto db = varve::sqlite_connection::open(path, {.access = varve::sqlite_access::write}).value();
    auto read = db.prepare(
                      "SELECT key, value FROM varve_tail WHERE key <= ?1 ORDER BY key DESC LIMIT 1")
                    .value();
    read.bind(1, static_cast<std::int64_t>(where.value));
    if (!read.step().value()) throw std::runtime_error("there is no such record");
    const auto key = read.integer(0);
    auto data = varve::to_bytes(read.blob(1));
    read.reset();
    data.back() ^= std::byte{1};
    auto write = db.prepare("UPDATE varve_tail SET value = ?2 WHERE key = ?1").value();
    write.bind(1, key);
    write.bind(2, varve::bytes_view{data});
    write.run().value();
}

std::string read_file(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

void write_file(const std::filesystem::path& path, std::string_view text) {
    std::ofstream{path, std::ios::binary} << text;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream from{std::string{text}};
    for (std::string line; std::getline(from, line);) lines.push_back(line);
    return lines;
}

}  // namespace tool_test
