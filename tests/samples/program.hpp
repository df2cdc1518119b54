// Runs a sample's real program, waits for what it writes, and kills it.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace sample_test {

/// A folder of its own, removed in the end.
class scratch {
public:
    scratch() {
        std::string pattern = (std::filesystem::temp_directory_path() / "varve-samples-XXXXXX")
                                  .string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder: " + pattern);
        folder_ = pattern;
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch() {
        std::error_code ignored;  // a leftover harms no later test
        std::filesystem::remove_all(folder_, ignored);
    }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }

    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream{path(name), std::ios::binary} << text;
        return path(name);
    }

private:
    std::filesystem::path folder_;
};

inline std::string text_of(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

inline std::size_t lines_in(const std::string& path) {
    const auto text = text_of(path);
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

struct ended {
    int code = -1;  ///< 128 + the signal, if one ended it.
    std::string output;
};

/// One run of a program; what it prints on both streams goes into one file.
class program {
public:
    program(const scratch& at, const std::string& name, std::vector<std::string> words)
        : output_(at.path("output")) {
        words.insert(words.begin(), std::string{VARVE_SAMPLES} + "/" + name);
        std::vector<char*> raw;
        for (auto& word : words) raw.push_back(word.data());
        raw.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, 1, output_.c_str(),
                                           O_WRONLY | O_CREAT | O_TRUNC, 0644);
        ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
        const int failed = ::posix_spawn(&id_, raw[0], &actions, nullptr, raw.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        if (failed != 0) throw std::runtime_error("cannot run " + words[0]);
    }
    program(const program&) = delete;
    program& operator=(const program&) = delete;
    ~program() {
        if (id_ > 0) kill();
    }

    ended wait() {
        int status = 0;
        while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {}
        id_ = 0;
        return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(output_)};
    }

    ended kill() {
        ::kill(id_, SIGKILL);
        return wait();
    }

    /// Returns once the file has that many lines or the program has ended; false after a minute
    /// without a new line.
    bool wait_for_lines(const std::string& path, std::size_t lines) const {
        const int notes = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        const int end = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0));
        const auto folder = std::filesystem::path{path}.parent_path().string();
        if (notes < 0 || end < 0 ||
            ::inotify_add_watch(notes, folder.c_str(), IN_MODIFY | IN_CREATE) < 0)
            throw std::runtime_error("cannot watch " + folder);
        bool ended = false;
        int woken = 1;
        while (woken > 0 && !ended && lines_in(path) < lines) {
            pollfd both[] = {{notes, POLLIN, 0}, {end, POLLIN, 0}};
            woken = ::poll(both, 2, 60'000);
            ended = both[1].revents != 0;
            char seen[4096];
            while (::read(notes, seen, sizeof seen) > 0) {}
        }
        ::close(notes);
        ::close(end);
        return woken > 0;
    }

private:
    pid_t id_ = 0;
    std::string output_;
};

inline ended run(const scratch& at, const std::string& name, std::vector<std::string> words) {
    return program{at, name, std::move(words)}.wait();
}

}  // namespace sample_test
