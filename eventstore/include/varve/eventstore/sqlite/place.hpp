// Where a SQLite engine lives: what is at a path, and who may write there.
#pragma once

#include <varve/adapters/network_file_system.hpp>
#include <varve/adapters/store_lock.hpp>
#include <varve/eventstore/sqlite/file.hpp>
#include <varve/eventstore/sqlite/writer.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace varve::inline v0::detail {

/// What was found at a path.
enum class sqlite_found : std::uint8_t { nothing, empty, engine };

/// A path on the system's files or on those of a VFS.
class sqlite_place {
public:
    /// Errors: `invalid_argument`, `not_found` if its folder is not there, `unsupported` if that lies
    /// on a network file system.
    static result<sqlite_place> at(const std::string& path, const std::string& vfs) {
        if (path.empty() || path.find('\0') != std::string::npos || path.starts_with(':'))
            return fail(errc::invalid_argument, "'" + path + "' cannot be the path of a store");
        sqlite_place place{path, vfs};
        if (!vfs.empty()) return place;
        // through links, so that two names of one file have one lock
        std::error_code error;
        const auto whole = std::filesystem::absolute(path, error);  // else a new file has no folder
        const auto real = std::filesystem::weakly_canonical(whole, error);
        if (error) return system_failure("'" + path + "'", error.value());
        if (!std::filesystem::is_directory(real.parent_path(), error))
            return fail(errc::not_found, "there is no folder " + real.parent_path().string());
        if (auto local = refuse_network(real.parent_path().string()); !local)
            return pass_on(std::move(local));
        place.path_ = real.string();
        return place;
    }

    /// Looks without touching. Errors: `foreign`, `denied`, `io`.
    result<sqlite_found> look() const {
        if (vfs_.empty()) {
            struct stat status{};
            if (::stat(path_.c_str(), &status) != 0) {
                if (errno == ENOENT) return sqlite_found::nothing;
                return system_failure("'" + path_ + "'", errno);
            }
            if (S_ISDIR(status.st_mode)) return foreign("a folder; a SQLite store is a file");
            if (!S_ISREG(status.st_mode)) return foreign("no regular file");
            if (auto beside = look_beside(); !beside) return pass_on(std::move(beside));
            if (::access(path_.c_str(), R_OK) != 0) return system_failure("'" + path_ + "'", errno);
        } else if (!sqlite_file::exists(vfs_, path_)) {
            return sqlite_found::nothing;
        }
        auto header = read_sqlite_header(vfs_, path_);
        if (!header) return pass_on(std::move(header));
        if (header->empty) return sqlite_found::empty;
        if (!header->database) {
            // the one transaction that makes the tables may have been cut short: SQLite undoes it
            if (sqlite_file::exists(vfs_, path_ + "-journal")) return sqlite_found::empty;
            return foreign("no SQLite database");
        }
        if (header->application != sqlite_application)
            return foreign("a SQLite database, but no store");
        if (header->version > sqlite_layout)
            return foreign("a store of a newer version (layout " + std::to_string(header->version) +
                           ", this program knows " + std::to_string(sqlite_layout) +
                           "); use a newer program");
        return sqlite_found::engine;
    }

    /// The right to write, until it is destroyed. Errors: `busy`.
    result<std::shared_ptr<void>> lock(const std::string& holder) const {
        const std::string name = path_ + "-lock";
        if (vfs_.empty()) {
            auto taken = store_lock::take(name, holder);
            if (!taken) return pass_on(std::move(taken));
            return std::make_shared<store_lock>(std::move(*taken));
        }
        auto file = sqlite_file::open(
            vfs_, name, SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
        if (!file) return pass_on(std::move(file));
        if (auto taken = (*file)->lock(); !taken)
            return fail(taken.error().code,
                        "the store is open for writing by another object of this process (" +
                            taken.error().message + ")");
        return std::shared_ptr<sqlite_file>{std::move(*file)};
    }

    /// Creates the file, readable and writable by its owner alone; its side files follow it.
    result<void> create() const {
        if (!vfs_.empty()) return {};
        const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                                S_IRUSR | S_IWUSR);
        if (file < 0) return system_failure("creating '" + path_ + "'", errno);
        ::close(file);
        return {};
    }

    /// Whether a reader that cannot create side files finds all there is in the file itself.
    bool log_is_empty() const {
        std::error_code error;
        const auto size = std::filesystem::file_size(path_ + "-wal", error);
        return error || size == 0;
    }

    const std::string& path() const noexcept { return path_; }
    const std::string& vfs() const noexcept { return vfs_; }

private:
    sqlite_place(std::string path, std::string vfs)
        : path_(std::move(path)), vfs_(std::move(vfs)) {}

    /// SQLite opens what bears the names of its side files, whatever it is, and would wait for a pipe.
    result<void> look_beside() const {
        for (const char* suffix : {"-journal", "-wal", "-shm"}) {
            struct stat status{};
            if (::stat((path_ + suffix).c_str(), &status) == 0 && !S_ISREG(status.st_mode))
                return fail(errc::foreign, "'" + path_ + suffix +
                                               "' is no regular file, but bears the name of a side "
                                               "file of the store; nothing was touched");
        }
        return {};
    }

    std::unexpected<failure> foreign(const std::string& what) const {
        return fail(errc::foreign, "'" + path_ + "' is " + what + "; nothing was touched");
    }

    std::string path_;
    std::string vfs_;
};

}  // namespace varve::inline v0::detail
