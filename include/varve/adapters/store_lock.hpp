// One writer per store: a lock file that names who holds it.
//
// The lock is `flock` on a file of its own beside the store, so that nothing that is done to the
// store's file can lose it; the kernel gives it up when its holder ends, however it ends. The file
// stays behind, unlocked. Whoever deletes it while it is held lets a second writer in.
#pragma once

#include <varve/adapters/descriptor.hpp>
#include <varve/failure.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

namespace varve::inline v0 {

/// The right to write a store; given up when it is destroyed.
class store_lock {
public:
    store_lock() = default;

    /// Takes the lock file at `path`, which is created if need be. `holder`: a name for messages,
    /// empty for the program's own. Errors: `busy` naming the holder, `denied`, `not_found`, `io`.
    static result<store_lock> take(const std::string& path, std::string_view holder = {}) {
        detail::descriptor file{
            ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
        if (!file) return detail::system_failure("lock file '" + path + "'", errno);
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK)
                return detail::system_failure("locking '" + path + "'", errno);
            return fail(errc::busy, "the store is open for writing by " + holder_of(file.get()) +
                                        " (lock file '" + path +
                                        "'); close it there, or open it read-only");
        }
        if (!still_named(file.get(), path))
            return fail(errc::busy, "lock file '" + path + "' was replaced meanwhile; try again");
        const std::string text = describe(holder);
        const auto size = static_cast<ssize_t>(text.size());
        if (::ftruncate(file.get(), 0) != 0 ||
            ::pwrite(file.get(), text.data(), text.size(), 0) != size)
            return detail::system_failure("lock file '" + path + "'", errno);
        store_lock lock;
        lock.file_ = std::move(file);
        return lock;
    }

    explicit operator bool() const noexcept { return static_cast<bool>(file_); }

private:
    /// `pid 4711, bank, since 2026-01-02T03:04:05Z`
    static std::string describe(std::string_view holder) {
        const std::time_t now = std::time(nullptr);
        std::tm parts{};
        ::gmtime_r(&now, &parts);
        std::array<char, 32> when{};
        std::strftime(when.data(), when.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
        std::string name = holder.empty() ? std::string{program_invocation_short_name}
                                          : std::string{holder};
        for (char& c : name)
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
        return "pid " + std::to_string(::getpid()) + ", " + name + ", since " + when.data();
    }

    /// False if somebody removed the file after it was opened: then others lock another one.
    static bool still_named(int file, const std::string& path) {
        struct stat opened{};
        struct stat named{};
        return ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
               opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
    }

    static std::string holder_of(int file) {
        std::array<char, 512> text{};
        const ssize_t size = ::pread(file, text.data(), text.size(), 0);
        if (size <= 0) return "another process";
        std::string holder{text.data(), static_cast<std::size_t>(size)};
        for (char& c : holder)
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
        if (holder.starts_with("pid " + std::to_string(::getpid()) + ","))
            return "another object of this process (" + holder + ")";
        return "another process (" + holder + ")";
    }

    detail::descriptor file_;
};

}  // namespace varve::inline v0
