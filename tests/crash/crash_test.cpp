// A writing process is killed, hundreds of times; what it had acknowledged is there (semantics.md
// §1, §2, §35, §36).
//
// VARVE_KILL_CYCLES says how often (300 on SQLite, 100 on RocksDB), VARVE_SEED when.
#include "crash/acknowledgement.hpp"
#include "crash/open_store.hpp"
#include "stores/place.hpp"

#include <varve/testing/audit.hpp>
#include <varve/testing/ledger.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

extern char** environ;

namespace varve::tests {
namespace {

using namespace std::chrono;

/// A running writer. Destroying it kills it.
class child {
public:
    child(const std::string& engine, const std::string& path) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return;
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], inherited);
        std::string arguments[]{VARVE_CRASH_WRITER, engine, path, std::to_string(inherited)};
        char* raw[]{arguments[0].data(), arguments[1].data(), arguments[2].data(),
                    arguments[3].data(), nullptr};
        if (::posix_spawn(&process_, raw[0], &actions, nullptr, raw, environ) != 0) process_ = -1;
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        pipe_ = ends[0];
    }
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    ~child() {
        if (process_ > 0) kill();
        if (pipe_ >= 0) ::close(pipe_);
    }

    bool runs() const noexcept { return process_ > 0; }

    /// Reads what arrives until `deadline`; false if the writer has closed the pipe, which is dead.
    bool listen(steady_clock::time_point deadline, std::vector<acknowledgement>& heard) {
        for (;;) {
            const auto left = duration_cast<microseconds>(deadline - steady_clock::now());
            if (left.count() <= 0) return true;
            const timespec wait{left.count() / 1'000'000, left.count() % 1'000'000 * 1000};
            pollfd ready{pipe_, POLLIN, 0};
            if (::ppoll(&ready, 1, &wait, nullptr) <= 0) continue;
            if (!read_some(heard)) return false;
        }
    }

    /// Kills it and gives how it ended.
    int kill() {
        ::kill(process_, SIGKILL);
        int status = 0;
        ::waitpid(std::exchange(process_, -1), &status, 0);
        return status;
    }

private:
    static constexpr int inherited = 9;

    bool read_some(std::vector<acknowledgement>& heard) {
        acknowledgement lines[128];
        const auto size = ::read(pipe_, lines, sizeof lines);
        if (size <= 0) return false;
        EXPECT_EQ(static_cast<std::size_t>(size) % sizeof(acknowledgement), 0u);
        heard.insert(heard.end(), lines, lines + static_cast<std::size_t>(size) / sizeof *lines);
        return true;
    }

    pid_t process_ = -1;
    int pipe_ = -1;
};

template <class Store>
class kill_cycles : public ::testing::Test {
protected:
    /// Starts a writer, kills it at a random moment, and takes down what it had acknowledged.
    void cycle() {
        child writer{std::string{Store::traits.engine}, path_};
        ASSERT_TRUE(writer.runs()) << "cannot start " << VARVE_CRASH_WRITER;
        std::vector<acknowledgement> heard;
        if (chance_.chance(80)) {
            const auto patience = steady_clock::now() + 60s;
            while (heard.empty() && steady_clock::now() < patience)
                ASSERT_TRUE(writer.listen(steady_clock::now() + 1ms, heard))
                    << "the writer gave up";
            ASSERT_FALSE(heard.empty()) << "the writer does not open the store";
        }
        const auto life = microseconds{chance_.below(chance_.chance(80) ? 20'000 : 3'000)};
        ASSERT_TRUE(writer.listen(steady_clock::now() + life, heard)) << "the writer gave up";
        const int status = writer.kill();
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
        EXPECT_FALSE(writer.listen(steady_clock::now() + 60s, heard)) << "the pipe stays open";
        take(heard);
    }

    void take(const std::vector<acknowledgement>& heard) {
        if (heard.empty()) ++early_;
        for (const auto& line : heard) {
            if (line.id.is_none()) {
                EXPECT_GE(line.last, head_.value) << "the writer found a shorter log";
                continue;
            }
            account_.acknowledge({.id = line.id,
                                  .first = position{line.first},
                                  .last = position{line.last},
                                  .streams = {}});
            fresh_.push_back(line);
        }
    }

    /// Opens the store and asks for all that was acknowledged since the last time.
    void inspect(bool everything) {
        const auto began = steady_clock::now();
        auto store = open_store<Store>(path_);
        ASSERT_TRUE(store) << to_string(store.error());
        slowest_ = std::max(slowest_, duration_cast<milliseconds>(steady_clock::now() - began));
        ASSERT_GE(store->head(), head_) << "the log became shorter";
        head_ = store->head();
        for (const auto& line : std::exchange(fresh_, {})) {
            const auto found = store->find(line.id);
            ASSERT_TRUE(found) << to_string(found.error());
            ASSERT_TRUE(found->has_value())
                << to_string(line.id) << " was acknowledged and is lost";
            ASSERT_EQ((*found)->first.value, line.first);
            ASSERT_EQ((*found)->last.value, line.last);
        }
        if (!everything) return;
        ASSERT_EQ(account_.compare(*store), "");
        const auto audited = testkit::audit(*store);
        ASSERT_TRUE(audited.sound()) << audited.text();
        const auto verified = store->verify();
        ASSERT_TRUE(verified) << to_string(verified.error());
        ASSERT_TRUE(verified->good()) << verified->faults.front().what;
        ASSERT_EQ(verified->head, head_);
    }

    void run(std::uint64_t otherwise) {
        const auto cycles = testkit::number_from_environment("VARVE_KILL_CYCLES", otherwise);
        const std::string name{Store::traits.engine};
        std::printf("crash on %s: %llu cycles, VARVE_SEED=%llu\n", name.c_str(),
                    static_cast<unsigned long long>(cycles),
                    static_cast<unsigned long long>(seed_));
        for (std::uint64_t n = 1; n <= cycles && !HasFailure(); ++n) {
            cycle();
            const bool everything = n % 25 == 0 || n == cycles;
            // otherwise the next writer is the one that recovers, and may be killed while it does
            if (!HasFailure() && (everything || chance_.chance(60))) inspect(everything);
            if (HasFailure()) ADD_FAILURE() << "in cycle " << n;
        }
        std::printf(
            "crash on %s: %llu cycles, %zu acknowledged appends, %llu events, all there; %d killed "
            "while opening; longest reopen %lld ms\n",
            name.c_str(), static_cast<unsigned long long>(cycles), account_.acknowledged(),
            static_cast<unsigned long long>(head_.value), early_,
            static_cast<long long>(slowest_.count()));
        EXPECT_GE(account_.acknowledged(), cycles) << "so few appends that this shows nothing";
    }

    scratch_folder folder_;
    const std::string path_ = folder_ / "store.db";
    const std::uint64_t seed_ = testkit::chosen_seed(
        static_cast<std::uint64_t>(system_clock::now().time_since_epoch().count()));
    testkit::seeded_random chance_{seed_};
    testkit::ledger account_{{}, true};
    std::vector<acknowledgement> fresh_;
    position head_;
    milliseconds slowest_{0};
    int early_ = 0;
};

using on_sqlite = kill_cycles<sqlite_store>;
using on_rocksdb = kill_cycles<rocksdb_store>;

TEST_F(on_sqlite, S35_S36_what_a_killed_writer_acknowledged_is_there_whole_and_in_order) {
    run(300);
}
TEST_F(on_rocksdb, S35_S36_what_a_killed_writer_acknowledged_is_there_whole_and_in_order) {
    run(100);
}

}  // namespace
}  // namespace varve::tests
