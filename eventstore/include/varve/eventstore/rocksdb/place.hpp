// Where a RocksDB engine lives: what is in a folder, and who may write there.
#pragma once

#include <varve/adapters/descriptor.hpp>
#include <varve/adapters/network_file_system.hpp>
#include <varve/adapters/rocksdb.hpp>
#include <varve/adapters/store_lock.hpp>
#include <varve/eventstore/rocksdb/files.hpp>
#include <varve/eventstore/rocksdb/store_file.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace varve::inline v0::detail {

/// What was found at a path.
struct rocksdb_found {
    enum : std::uint8_t { nothing, empty, being_made, engine } what = nothing;
    rocksdb_store_file store{};
};

/// A folder on the system's files or on those of a platform.
class rocksdb_place {
public:
    /// `files`: null for the system's. Errors: `invalid_argument`, `not_found`, `unsupported`
    /// if it lies on a network file system.
    static result<rocksdb_place> at(const std::string& path,
                                    std::shared_ptr<rocksdb::FileSystem> files) {
        if (path.empty() || path.find('\0') != std::string::npos)
            return fail(errc::invalid_argument, "'" + path + "' cannot be the path of a store");
        if (files) return rocksdb_place{{std::move(files), path}, false};
        // through links, so that two names of one folder have one lock
        std::error_code error;
        const auto whole = std::filesystem::absolute(path, error);
        auto real = std::filesystem::weakly_canonical(whole, error);
        if (error) return system_failure("'" + path + "'", error.value());
        if (!real.has_filename()) real = real.parent_path();
        if (!std::filesystem::is_directory(real.parent_path(), error))
            return fail(errc::not_found, "there is no folder " + real.parent_path().string());
        const bool there = std::filesystem::exists(real, error);
        if (auto local = refuse_network((there ? real : real.parent_path()).string()); !local)
            return pass_on(std::move(local));
        return rocksdb_place{{std::make_shared<rocksdb_private_files>(), real.string()}, true};
    }

    /// Looks without touching. Errors: `foreign`, `corrupt`, `denied`, `io`.
    result<rocksdb_found> look() const {
        if (real_) {
            struct stat status{};
            if (::stat(path().c_str(), &status) != 0) {
                if (errno == ENOENT) return rocksdb_found{};
                return system_failure("'" + path() + "'", errno);
            }
            if (!S_ISDIR(status.st_mode)) return foreign("a file; a RocksDB store is a folder");
            if (::access(path().c_str(), R_OK | X_OK) != 0)
                return system_failure("'" + path() + "'", errno);
        }
        auto text = files_.read(rocksdb_store_file_name);
        if (!text) return pass_on(std::move(text));
        return *text ? known(**text) : unknown();
    }

    /// The right to write, until it is destroyed. Makes the folder. Errors: `busy`, `denied`, ...
    result<std::shared_ptr<void>> lock(const std::string& holder) const {
        auto held = std::make_shared<both_locks>();
        held->files = files_.system();
        if (real_) {
            if (auto done = make_folder(); !done) return pass_on(std::move(done));
            auto taken = store_lock::take(files_.path(rocksdb_writer_file), holder);
            if (!taken) return pass_on(std::move(taken));
            held->ours = std::move(*taken);
        }
        const auto status = files_.system()->LockFile(files_.path("LOCK"), {}, &held->rocksdbs,
                                                      nullptr);
        if (status.ok()) return held;
        if (!real_ && !status.IsBusy()) return rocksdb_failure(status, "locking");
        return fail(rocksdb_errc(status) == errc::denied ? errc::denied : errc::busy,
                    real_ ? "another program that uses RocksDB has '" + path() +
                                "' open; close it there (" + status.ToString() + ")"
                          : "the store is open for writing by another object of this process (" +
                                status.ToString() + ")");
    }

    /// Clears away what an earlier making left, which nobody was told of, and begins anew.
    result<void> begin_making() const {
        if (auto done = files_.replace(rocksdb_store_file_name, rocksdb_store_file{}.text()); !done)
            return done;
        auto names = files_.names();
        if (!names) return pass_on(std::move(names));
        for (const auto& name : *names) {
            if (name == rocksdb_store_file_name || is_lock(name)) continue;
            if (auto done = files_.remove(name); !done) return done;
        }
        return files_.sync_folder();
    }

    /// Writes down what the folder holds from now on, durably.
    result<void> write(const rocksdb_store_file& store) const {
        return files_.replace(rocksdb_store_file_name, store.text());
    }

    const rocksdb_files& files() const noexcept { return files_; }
    const std::string& path() const noexcept { return files_.folder(); }
    bool real() const noexcept { return real_; }

private:
    rocksdb_place(rocksdb_files files, bool real) : files_(std::move(files)), real_(real) {}

    struct both_locks {
        both_locks() = default;
        both_locks(const both_locks&) = delete;
        both_locks& operator=(const both_locks&) = delete;
        ~both_locks() {
            if (rocksdbs != nullptr) (void)files->UnlockFile(rocksdbs, {}, nullptr);
        }
        store_lock ours;
        std::shared_ptr<rocksdb::FileSystem> files;
        rocksdb::FileLock* rocksdbs = nullptr;
    };

    static bool is_lock(std::string_view name) {
        return name == rocksdb_writer_file || name == "LOCK";
    }
    /// What may lie there before there is a store.
    static bool is_ours(std::string_view name) {
        return is_lock(name) || name == rocksdb_durable_file || name == rocksdb_head_file;
    }

    result<rocksdb_found> known(const std::string& text) const {
        auto store = rocksdb_store_file::read(text);
        if (!store && store.error().code == errc::foreign) return foreign(store.error().message);
        if (!store)
            return fail(errc::corrupt, "'" + files_.path(rocksdb_store_file_name) +
                                           "': " + store.error().message +
                                           "; restore the store from a backup");
        if (!store->made)
            if (auto fresh = check_being_made(); !fresh) return pass_on(std::move(fresh));
        return rocksdb_found{store->made ? rocksdb_found::engine : rocksdb_found::being_made,
                             std::move(*store)};
    }

    /// What is being made was never open, so it has no anchor; else an old `STORE` lies here, and to
    /// begin anew would wipe out the store. Errors: `corrupt`.
    result<void> check_being_made() const {
        auto anchor = files_.read(rocksdb_anchor_file);
        if (!anchor) return pass_on(std::move(anchor));
        if (!*anchor) return {};
        return fail(errc::corrupt, "'" + files_.path(rocksdb_store_file_name) +
                                       "' says that the store is being made, and the anchor beside "
                                       "it knows of one that was; restore the file from a backup");
    }

    /// There is no `STORE` in it.
    result<rocksdb_found> unknown() const {
        auto names = files_.names();
        if (!names) return pass_on(std::move(names));
        bool database = false;
        bool other = false;
        for (const auto& name : *names) {
            database = database || name == "CURRENT" || name.starts_with("MANIFEST-");
            other = other ||
                    (!is_ours(name) && name != std::string{rocksdb_store_file_name} + "-new");
        }
        if (database) return foreign("a RocksDB database, but no store");
        if (other) return foreign("a folder with other files, and no store");
        return rocksdb_found{rocksdb_found::empty, {}};
    }

    /// Readable by its owner alone.
    result<void> make_folder() const {
        if (::mkdir(path().c_str(), S_IRWXU) != 0) {
            if (errno == EEXIST) return {};
            return system_failure("making the folder '" + path() + "'", errno);
        }
        const auto parent = std::filesystem::path{path()}.parent_path().string();
        const descriptor folder{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        if (folder && ::fsync(folder.get()) == 0) return {};
        return system_failure("syncing the folder '" + parent + "'", errno);
    }

    std::unexpected<failure> foreign(const std::string& what) const {
        return fail(errc::foreign, "'" + path() + "' is " + what + "; nothing was touched");
    }

    rocksdb_files files_;
    bool real_;
};

}  // namespace varve::inline v0::detail
