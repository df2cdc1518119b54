// One owner at a time for a file, and files that only their owner may read.
#pragma once

#include <varve/failure.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace varve::inline v0 {

namespace detail {

/// `/a/b: Permission denied` with the code that fits.
inline std::unexpected<failure> file_failure(const std::string& path, int error) {
    const bool missing = error == ENOENT || error == ENOTDIR;
    const bool denied = error == EACCES || error == EPERM || error == EROFS;
    const bool full = error == ENOSPC || error == EDQUOT;
    return fail(missing  ? errc::not_found
                : denied ? errc::denied
                : full   ? errc::full
                         : errc::io,
                "'" + path + "': " + std::generic_category().message(error));
}

}  // namespace detail

/// Makes an empty file that only its owner may read and write, if there is none.
/// Errors: `not_found` (no such folder), `denied`, `full`, `io`.
inline result<void> create_private_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno != EEXIST) return detail::file_failure(path, errno);
    if (file >= 0) ::close(file);
    return {};
}

/// A lock file, held until the object or its process ends; the kernel gives it up then.
class file_lock {
public:
    file_lock() = default;
    file_lock(file_lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    file_lock& operator=(file_lock&& other) noexcept {
        std::swap(file_, other.file_);
        return *this;
    }
    ~file_lock() {
        if (file_ >= 0) ::close(file_);
    }

    /// Takes the lock file at `path`, which is made if need be and stays behind.
    /// Errors: `busy`, naming the process that holds it; `not_found`, `denied`, `full`, `io`.
    static result<file_lock> take(const std::string& path) {
        file_lock lock;
        lock.file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (lock.file_ < 0) return detail::file_failure(path, errno);
        if (::flock(lock.file_, LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK) return detail::file_failure(path, errno);
            return fail(errc::busy, "'" + path + "' is held by " + holder(lock.file_));
        }
        const auto name = std::to_string(::getpid());
        const auto size = static_cast<ssize_t>(name.size());
        if (::ftruncate(lock.file_, 0) != 0 ||
            ::pwrite(lock.file_, name.data(), name.size(), 0) != size)
            return detail::file_failure(path, errno);
        return lock;
    }

private:
    static std::string holder(int file) {
        std::array<char, 20> text{};
        const auto size = ::pread(file, text.data(), text.size(), 0);
        std::string pid{text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
        if (pid.find_first_not_of("0123456789") != std::string::npos) pid.clear();
        if (pid == std::to_string(::getpid())) return "another object of this process";
        return pid.empty() ? "another process" : "process " + pid;
    }

    int file_ = -1;
};

}  // namespace varve::inline v0
