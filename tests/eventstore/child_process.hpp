// A second process for tests: what it answers, and what it leaves behind when it is killed.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace engines {

/// A process that runs `work` and waits after each of its steps. SQLite must not be in use when it
/// is made: its state does not survive a fork (trap S8).
class child_process {
public:
    using steps = std::vector<std::function<std::string()>>;

    /// Each step gives what `answer()` will give; all but the first begin with `go_on()`. With
    /// `nobody`, it runs without the rights of root.
    explicit child_process(const steps& work, bool nobody = false) {
        int answer[2];
        int order[2];
        if (::pipe(answer) != 0 || ::pipe(order) != 0) return;
        pid_ = ::fork();
        if (pid_ == 0) {
            ::close(answer[0]);
            ::close(order[1]);
            if (nobody && ::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
                ::_exit(3);
            run(work, answer[1], order[0]);
        }
        ::close(answer[1]);
        ::close(order[0]);
        answer_ = answer[0];
        order_ = order[1];
    }
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    ~child_process() {
        kill();
        ::close(answer_);
        if (order_ >= 0) ::close(order_);
    }

    void go_on() { (void)!::write(order_, "", 1); }
    /// Waits for what the step gives.
    std::string answer() {
        std::string text;
        for (char c = 0; ::read(answer_, &c, 1) == 1 && c != '\0';) text += c;
        return text;
    }
    /// Lets it leave `work`'s objects alone and end at once, as by a power cut of its own.
    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    pid_t pid() const { return pid_; }

private:
    [[noreturn]] static void run(const steps& work, int answer, int order) {
        for (const auto& step : work) {
            std::string text;
            try {
                text = step();
            } catch (const std::exception& broken) {
                text = broken.what();
            }
            const auto size = static_cast<ssize_t>(text.size() + 1);
            if (::write(answer, text.c_str(), text.size() + 1) != size) ::_exit(4);
            char c = 0;
            if (::read(order, &c, 1) != 1) ::_exit(0);  // the parent has ended
        }
        ::_exit(0);
    }

    pid_t pid_ = -1;
    int answer_ = -1;
    int order_ = -1;
};

}  // namespace engines
