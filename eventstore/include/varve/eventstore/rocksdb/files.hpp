// Whole small files through a RocksDB file system, which may be the machine's or a simulated one.
#pragma once

#include <varve/adapters/file_lock.hpp>
#include <varve/adapters/rocksdb.hpp>
#include <varve/eventstore/rocksdb/names.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// The system's files, of which each new one is its owner's alone.
class rocksdb_private_files final : public rocksdb::FileSystemWrapper {
public:
    rocksdb_private_files() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
    const char* Name() const override { return "varve-private"; }

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& with,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override {
        (void)create_private_file(name);  // what is wrong with it shows when it is opened
        return target()->NewWritableFile(name, with, file, debug);
    }
    /// Makes the file if there is none.
    rocksdb::IOStatus NewRandomRWFile(const std::string& name, const rocksdb::FileOptions& with,
                                      std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                                      rocksdb::IODebugContext* debug) override {
        (void)create_private_file(name);
        return target()->NewRandomRWFile(name, with, file, debug);
    }
    rocksdb::IOStatus LockFile(const std::string& name, const rocksdb::IOOptions& with,
                               rocksdb::FileLock** lock, rocksdb::IODebugContext* debug) override {
        (void)create_private_file(name);
        return target()->LockFile(name, with, lock, debug);
    }
};

/// The files of one folder.
class rocksdb_files {
public:
    rocksdb_files(std::shared_ptr<rocksdb::FileSystem> system, std::string folder)
        : system_(std::move(system)), folder_(std::move(folder)) {}

    const std::shared_ptr<rocksdb::FileSystem>& system() const noexcept { return system_; }
    const std::string& folder() const noexcept { return folder_; }
    std::string path(std::string_view name) const { return folder_ + "/" + std::string{name}; }

    /// The names in the folder; none if there is no folder.
    result<std::vector<std::string>> names() const {
        std::vector<std::string> names;
        const auto status = system_->GetChildren(folder_, {}, &names, nullptr);
        if (!status.ok() && !missing(status)) return rocksdb_failure(status, folder_);
        std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
        return names;
    }

    /// Nothing if there is no such file.
    result<std::optional<std::string>> read(std::string_view name) const {
        constexpr std::size_t most = 64u << 10;
        std::unique_ptr<rocksdb::FSSequentialFile> file;
        auto status = system_->NewSequentialFile(path(name), {}, &file, nullptr);
        if (missing(status)) return std::nullopt;
        if (!status.ok()) return rocksdb_failure(status, "reading '" + path(name) + "'");
        std::string text(most, '\0');
        rocksdb::Slice got;
        status = file->Read(most, {}, &got, text.data(), nullptr);
        if (!status.ok()) return rocksdb_failure(status, "reading '" + path(name) + "'");
        return got.ToString();
    }

    /// Replaces the file, durably: it has its old content or the new one.
    result<void> replace(std::string_view name, std::string_view text) const {
        const std::string fresh = path(name) + "-new";
        std::unique_ptr<rocksdb::FSWritableFile> file;
        auto status = system_->NewWritableFile(fresh, {}, &file, nullptr);
        if (status.ok()) status = file->Append({text.data(), text.size()}, {}, nullptr);
        if (status.ok()) status = file->Sync({}, nullptr);
        if (status.ok()) status = file->Close({}, nullptr);
        if (status.ok()) status = system_->RenameFile(fresh, path(name), {}, nullptr);
        if (!status.ok()) return rocksdb_failure(status, "writing '" + path(name) + "'");
        return sync_folder();
    }

    /// The first `end` bytes of a file, in a new file of that name. The folder is not synced.
    result<void> write_again(std::string_view name, std::uint64_t end) const {
        const std::string fresh = path(name) + "-new";
        std::unique_ptr<rocksdb::FSSequentialFile> from;
        std::unique_ptr<rocksdb::FSWritableFile> to;
        auto status = system_->NewSequentialFile(path(name), {}, &from, nullptr);
        if (status.ok()) status = system_->NewWritableFile(fresh, {}, &to, nullptr);
        std::string piece(256u << 10, '\0');
        for (rocksdb::Slice got; status.ok() && end != 0; end -= got.size()) {
            const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), end));
            status = from->Read(most, {}, &got, piece.data(), nullptr);
            if (status.ok() && !got.empty()) status = to->Append(got, {}, nullptr);
            if (got.empty()) break;
        }
        if (status.ok()) status = to->Sync({}, nullptr);
        if (status.ok()) status = to->Close({}, nullptr);
        if (status.ok()) status = system_->RenameFile(fresh, path(name), {}, nullptr);
        if (status.ok()) return {};
        return rocksdb_failure(status, "writing '" + path(name) + "' again");
    }

    result<void> remove(std::string_view name) const {
        const auto status = system_->DeleteFile(path(name), {}, nullptr);
        if (status.ok() || missing(status)) return {};
        return rocksdb_failure(status, "removing '" + path(name) + "'");
    }

    result<void> sync_folder() const {
        std::unique_ptr<rocksdb::FSDirectory> folder;
        auto status = system_->NewDirectory(folder_, {}, &folder, nullptr);
        if (status.ok()) status = folder->Fsync({}, nullptr);
        if (status.ok()) return {};
        return rocksdb_failure(status, "syncing the folder '" + folder_ + "'");
    }

    static bool missing(const rocksdb::Status& status) {
        return status.IsNotFound() || status.IsPathNotFound();
    }

private:
    std::shared_ptr<rocksdb::FileSystem> system_;
    std::string folder_;
};

}  // namespace varve::inline v0::detail
