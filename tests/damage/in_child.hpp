// Work in a process of its own, which may crash or hang without taking the test with it.
#pragma once

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <functional>
#include <string>

namespace varve::tests {

/// How it ended, and what it gave.
struct child_end {
    std::string said{};  ///< What `work` returned, if it came to that.
    std::string died{};  ///< Empty: it ended as it should. Otherwise how it did.
};

namespace internal {

[[noreturn]] inline void be_child(const std::function<std::string()>& work, int to, bool bounded) {
    if (bounded) {  // a length that is read from a damaged file must not be allocated unseen
        const rlimit memory{4ull << 30, 4ull << 30};
        ::setrlimit(RLIMIT_AS, &memory);
    }
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    std::string said;
    int code = 0;
    try {
        said = work();
    } catch (const std::exception& thrown) {
        said = thrown.what();
        code = 3;
    }
    for (std::size_t at = 0; at < said.size();) {
        const auto size = ::write(to, said.data() + at, said.size() - at);
        if (size <= 0) ::_exit(4);
        at += static_cast<std::size_t>(size);
    }
    ::_exit(code);
}

inline bool under_sanitizer() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return true;
#else
    return false;
#endif
#else
    return false;
#endif
}

}  // namespace internal

/// Runs `work` in a child and waits for it, at most as long as `patience`: then it hangs, and is
/// killed. The caller has no threads, and no engine open.
inline child_end in_child(const std::function<std::string()>& work,
                          std::chrono::seconds patience = std::chrono::seconds{120}) {
    using clock = std::chrono::steady_clock;
    int ends[2];
    if (::pipe(ends) != 0) return {.died = "no pipe"};
    const pid_t process = ::fork();
    if (process == 0) {
        ::close(ends[0]);
        internal::be_child(work, ends[1], !internal::under_sanitizer());
    }
    ::close(ends[1]);
    child_end end;
    const auto until = clock::now() + patience;
    char piece[65536];
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until -
                                                                                clock::now());
        pollfd ready{ends[0], POLLIN, 0};
        if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) == 0) {
            ::kill(process, SIGKILL);
            end.died = "it hung for " + std::to_string(patience.count()) + " s";
            break;
        }
        const auto size = ::read(ends[0], piece, sizeof piece);
        if (size <= 0) break;
        end.said.append(piece, static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(process, &status, 0);
    if (!end.died.empty()) return end;
    if (WIFSIGNALED(status))
        end.died = std::string{"it died of "} + ::strsignal(WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        end.died = "it ended with " + std::to_string(WEXITSTATUS(status)) + ": " + end.said;
    return end;
}

}  // namespace varve::tests
