// One file that only grows, as `file_engine` needs it, and the one of the operating system.
#pragma once

#include <varve/bytes.hpp>
#include <varve/failure.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace third_party {

/// Held open by one engine. Errors: `io`, `full`.
struct append_only_file {
    virtual ~append_only_file() = default;
    virtual varve::result<varve::bytes> read_all() = 0;
    virtual varve::result<void> write(std::uint64_t at, varve::bytes_view data) = 0;
    virtual varve::result<void> cut(std::uint64_t size) = 0;
    virtual varve::result<void> sync() = 0;
};

/// Opens the file, or makes it and its name durable. Errors: `busy` if somebody else holds it.
using file_opener = std::function<varve::result<std::unique_ptr<append_only_file>>()>;

/// A file of the operating system.
class posix_file final : public append_only_file {
public:
    static varve::result<std::unique_ptr<append_only_file>> open(const std::string& path) {
        const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (file < 0) return failed("opening", path);
        auto opened = std::unique_ptr<posix_file>{new posix_file{file, path}};
        if (::flock(file, LOCK_EX | LOCK_NB) != 0)
            return varve::fail(varve::errc::busy, "'" + path + "' is held by another process");
        auto folder = std::filesystem::path{path}.parent_path();
        const int parent = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
        const bool named = parent >= 0 && ::fsync(parent) == 0;
        if (parent >= 0) ::close(parent);
        if (!named) return failed("syncing the folder of", path);
        return opened;
    }
    static file_opener opener(std::string path) {
        return [path = std::move(path)] { return open(path); };
    }
    posix_file(const posix_file&) = delete;
    posix_file& operator=(const posix_file&) = delete;
    ~posix_file() override { ::close(file_); }

    varve::result<varve::bytes> read_all() override {
        const auto size = ::lseek(file_, 0, SEEK_END);
        if (size < 0) return failed("reading", path_);
        varve::bytes all(static_cast<std::size_t>(size));
        for (std::size_t done = 0; done != all.size();) {
            const auto more = ::pread(file_, all.data() + done, all.size() - done,
                                      static_cast<::off_t>(done));
            if (more <= 0) return failed("reading", path_);
            done += static_cast<std::size_t>(more);
        }
        return all;
    }
    varve::result<void> write(std::uint64_t at, varve::bytes_view data) override {
        while (!data.empty()) {
            const auto done = ::pwrite(file_, data.data(), data.size(), static_cast<::off_t>(at));
            if (done < 0) return failed("writing to", path_);
            data = data.subspan(static_cast<std::size_t>(done));
            at += static_cast<std::uint64_t>(done);
        }
        return {};
    }
    varve::result<void> cut(std::uint64_t size) override {
        if (::ftruncate(file_, static_cast<::off_t>(size)) != 0) return failed("cutting", path_);
        return {};
    }
    varve::result<void> sync() override {
        if (::fdatasync(file_) != 0) return failed("syncing", path_);
        return {};
    }

private:
    posix_file(int file, std::string path) : file_(file), path_(std::move(path)) {}

    static std::unexpected<varve::failure> failed(const char* what, const std::string& path) {
        return varve::fail(errno == ENOSPC ? varve::errc::full : varve::errc::io,
                           std::string{what} + " '" + path + "': " + std::strerror(errno));
    }

    int file_;
    std::string path_;
};

}  // namespace third_party
