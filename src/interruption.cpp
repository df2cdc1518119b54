#include "interruption.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

namespace varve::tool {

interruption::interruption() {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &wanted, &before_);
    signals_ = ::signalfd(-1, &wanted, SFD_CLOEXEC);
    stop_ = ::eventfd(0, EFD_CLOEXEC);
    watcher_ = std::thread{[this] { watch(); }};
}

interruption::~interruption() {
    const std::uint64_t one = 1;
    if (::write(stop_, &one, sizeof one) != sizeof one) std::abort();  // an eventfd takes it
    watcher_.join();
    ::close(signals_);
    ::close(stop_);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool interruption::wait_for(std::chrono::nanoseconds time) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, time, [&] { return asked_.load(); });
}

void interruption::allow(std::function<exit_code(exit_code)> end) {
    const std::lock_guard lock{mutex_};
    end_ = std::move(end);
    if (!end_) return;
    if (asked_) end_now(exit_code::interrupted);
    if (lost_reader_) end_now(exit_code::good);
}

void interruption::watch() {
    pollfd waiting[] = {{.fd = stop_, .events = POLLIN, .revents = 0},
                        {.fd = signals_, .events = POLLIN, .revents = 0},
                        {.fd = STDOUT_FILENO, .events = 0, .revents = 0}};
    for (;;) {
        if (::poll(waiting, 3, -1) < 0) continue;  // EINTR
        if (waiting[0].revents != 0) return;
        if (waiting[1].revents != 0) {
            signalfd_siginfo taken;
            if (::read(signals_, &taken, sizeof taken) == sizeof taken) on_signal();
        }
        if (waiting[2].revents != 0) {
            on_lost_reader();
            waiting[2].fd = -1;
        }
    }
}

void interruption::on_signal() {
    const std::lock_guard lock{mutex_};
    if (end_) end_now(exit_code::interrupted);
    if (asked_) std::_Exit(static_cast<int>(exit_code::interrupted));
    asked_ = true;
    changed_.notify_all();
}

void interruption::on_lost_reader() {
    const std::lock_guard lock{mutex_};
    lost_reader_ = true;
    if (end_) end_now(exit_code::good);
}

/// With the mutex held, so that the command cannot go on meanwhile.
void interruption::end_now(exit_code code) { std::_Exit(static_cast<int>(end_(code))); }

}  // namespace varve::tool
