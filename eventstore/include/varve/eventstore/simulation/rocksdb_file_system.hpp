// RocksDB on a simulated disk: the same faults and power cuts as everything else, on one thread.
//
// Flushes and compactions, for which RocksDB has threads, wait in a queue until `run_background()`;
// the engine calls it after each of its writes. So a run is a single row of operations of the disk,
// the same each time. What differs from run to run are identities that RocksDB draws for its files
// (they are in MANIFEST, IDENTITY and the properties of its tables), and times.
//
//     auto disk = std::make_shared<varve::simulated_disk>();
//     auto files = std::make_shared<varve::rocksdb_simulated_files>(disk);
//     auto engine = varve::rocksdb_engine::open("store", spaces, {.platform = files});
#pragma once

#include <varve/adapters/rocksdb.hpp>
#include <varve/eventstore/rocksdb/object.hpp>
#include <varve/eventstore/simulation/disk.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// The disk as RocksDB's file system. Folders are prefixes of names; they need not be made.
class rocksdb_simulated_files final : public rocksdb_platform {
    using IOStatus = rocksdb::IOStatus;
    using IOOptions = rocksdb::IOOptions;
    using FileOptions = rocksdb::FileOptions;
    using IODebugContext = rocksdb::IODebugContext;

public:
    explicit rocksdb_simulated_files(std::shared_ptr<simulated_disk> disk)
        : disk_(std::move(disk)) {}

    simulated_disk& disk() const noexcept { return *disk_; }
    const char* Name() const override { return "varve-simulated"; }

    // ---- background work -----------------------------------------------------------------------

    void schedule(const task& work) override {
        const std::lock_guard lock{mutex_};
        waiting_.push_back(work);
    }
    int unschedule(void* tag) override {
        std::deque<task> dropped;
        {
            const std::lock_guard lock{mutex_};
            std::deque<task> kept;
            for (const auto& one : waiting_) (one.tag == tag ? dropped : kept).push_back(one);
            waiting_.swap(kept);
        }
        for (const auto& one : dropped)
            if (one.dropped != nullptr) one.dropped(one.with);
        return static_cast<int>(dropped.size());
    }
    /// Not without end: a compaction that fails asks to be run again at once, and on a disk that is
    /// broken for ever it always fails. Its own thread would sleep for a second each time.
    void run_background() override {
        for (int left = 100; left != 0; --left) {
            task next{};
            {
                const std::lock_guard lock{mutex_};
                if (waiting_.empty()) return;
                next = waiting_.front();
                waiting_.pop_front();
            }
            next.run(next.with);
        }
    }

    std::string unique_id() override {
        const std::lock_guard lock{mutex_};
        const auto number = std::to_string(++ids_);
        return "00000000-0000-4000-8000-" + std::string(12 - number.size(), '0') + number;
    }

    // ---- files ---------------------------------------------------------------------------------

    IOStatus NewSequentialFile(const std::string& name, const FileOptions&,
                               std::unique_ptr<rocksdb::FSSequentialFile>* file,
                               IODebugContext*) override {
        auto opened = disk_->open(name, disk_open::existing);
        if (!opened) return status_of(opened.error());
        *file = std::make_unique<sequential_file>(std::move(*opened));
        return IOStatus::OK();
    }
    IOStatus NewRandomAccessFile(const std::string& name, const FileOptions&,
                                 std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                 IODebugContext*) override {
        auto opened = disk_->open(name, disk_open::existing);
        if (!opened) return status_of(opened.error());
        *file = std::make_unique<random_file>(std::move(*opened));
        return IOStatus::OK();
    }
    IOStatus NewWritableFile(const std::string& name, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                             IODebugContext*) override {
        auto opened = disk_->open(name, disk_open::create);
        if (!opened) return status_of(opened.error());
        if (auto cut = opened->truncate(0); !cut) return status_of(cut.error());
        *file = std::make_unique<writable_file>(std::move(*opened));
        return IOStatus::OK();
    }
    IOStatus NewRandomRWFile(const std::string& name, const FileOptions&,
                             std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                             IODebugContext*) override {
        auto opened = disk_->open(name, disk_open::create);
        if (!opened) return status_of(opened.error());
        *file = std::make_unique<changing_file>(std::move(*opened));
        return IOStatus::OK();
    }
    IOStatus NewDirectory(const std::string&, const IOOptions&,
                          std::unique_ptr<rocksdb::FSDirectory>* folder, IODebugContext*) override {
        *folder = std::make_unique<directory>(disk_);
        return IOStatus::OK();
    }

    // ---- names ---------------------------------------------------------------------------------

    IOStatus FileExists(const std::string& name, const IOOptions&, IODebugContext*) override {
        return disk_->exists(name) || is_folder(name) ? IOStatus::OK() : IOStatus::NotFound(name);
    }
    IOStatus GetChildren(const std::string& folder, const IOOptions&,
                         std::vector<std::string>* names, IODebugContext*) override {
        names->clear();
        const std::string prefix = folder.ends_with('/') ? folder : folder + "/";
        for (const auto& name : disk_->names())
            if (name.starts_with(prefix) && name.find('/', prefix.size()) == std::string::npos)
                names->push_back(name.substr(prefix.size()));
        return IOStatus::OK();
    }
    IOStatus GetFileSize(const std::string& name, const IOOptions&, std::uint64_t* size,
                         IODebugContext*) override {
        auto opened = disk_->open(name, disk_open::existing);
        if (!opened) return status_of(opened.error());
        auto found = opened->size();
        if (!found) return status_of(found.error());
        *size = *found;
        return IOStatus::OK();
    }
    IOStatus DeleteFile(const std::string& name, const IOOptions&, IODebugContext*) override {
        return status_of(disk_->remove(name));
    }
    IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                        IODebugContext*) override {
        return status_of(disk_->rename(from, to));
    }
    IOStatus CreateDir(const std::string&, const IOOptions&, IODebugContext*) override {
        return IOStatus::OK();
    }
    IOStatus CreateDirIfMissing(const std::string&, const IOOptions&, IODebugContext*) override {
        return IOStatus::OK();
    }
    IOStatus DeleteDir(const std::string&, const IOOptions&, IODebugContext*) override {
        return IOStatus::OK();
    }
    IOStatus IsDirectory(const std::string& name, const IOOptions&, bool* is,
                         IODebugContext*) override {
        *is = is_folder(name);
        return IOStatus::OK();
    }
    IOStatus GetFileModificationTime(const std::string&, const IOOptions&, std::uint64_t* time,
                                     IODebugContext*) override {
        *time = 0;
        return IOStatus::OK();
    }
    IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* absolute,
                             IODebugContext*) override {
        *absolute = path;
        return IOStatus::OK();
    }
    IOStatus GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) override {
        *path = "test";
        return IOStatus::OK();
    }
    IOStatus NewLogger(const std::string&, const IOOptions&,
                       std::shared_ptr<rocksdb::Logger>* logger, IODebugContext*) override {
        *logger = std::make_shared<rocksdb_silence>();
        return IOStatus::OK();
    }

    /// Given up with the object, or with the power.
    IOStatus LockFile(const std::string& name, const IOOptions&, rocksdb::FileLock** lock,
                      IODebugContext*) override {
        auto taken = disk_->lock(name);
        if (!taken) return status_of(taken.error());
        *lock = new held_lock{std::move(*taken)};
        return IOStatus::OK();
    }
    IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
        delete lock;
        return IOStatus::OK();
    }

private:
    struct held_lock final : rocksdb::FileLock {
        explicit held_lock(disk_lock taken) : lock(std::move(taken)) {}
        disk_lock lock;
    };

    static IOStatus status_of(const failure& why) {
        switch (why.code) {
            case errc::not_found: return IOStatus::PathNotFound(why.message);
            case errc::full: return IOStatus::NoSpace(why.message);
            case errc::busy: return IOStatus::Busy(why.message);
            default: return IOStatus::IOError(why.message);
        }
    }
    static IOStatus status_of(const result<void>& done) {
        return done ? IOStatus::OK() : status_of(done.error());
    }
    static IOStatus read(const disk_file& file, std::uint64_t at, std::size_t n,
                         rocksdb::Slice* got, char* scratch) {
        const auto size = file.read(at, {reinterpret_cast<std::byte*>(scratch), n});
        *got = {scratch, size ? *size : 0};
        return size ? IOStatus::OK() : status_of(size.error());
    }
    bool is_folder(const std::string& name) const {
        for (const auto& one : disk_->names())
            if (one.starts_with(name + "/")) return true;
        return false;
    }

    class sequential_file final : public rocksdb::FSSequentialFile {
    public:
        explicit sequential_file(disk_file file) : file_(std::move(file)) {}
        IOStatus Read(size_t n, const IOOptions&, rocksdb::Slice* got, char* scratch,
                      IODebugContext*) override {
            auto status = read(file_, at_, n, got, scratch);
            at_ += got->size();
            return status;
        }
        IOStatus Skip(std::uint64_t n) override {
            at_ += n;
            return IOStatus::OK();
        }

    private:
        disk_file file_;
        std::uint64_t at_ = 0;
    };

    class random_file final : public rocksdb::FSRandomAccessFile {
    public:
        explicit random_file(disk_file file) : file_(std::move(file)) {}
        IOStatus Read(std::uint64_t at, size_t n, const IOOptions&, rocksdb::Slice* got,
                      char* scratch, IODebugContext*) const override {
            return read(file_, at, n, got, scratch);
        }

    private:
        disk_file file_;
    };

    class writable_file final : public rocksdb::FSWritableFile {
    public:
        explicit writable_file(disk_file file) : file_(std::move(file)) {}
        using FSWritableFile::Append;
        IOStatus Append(const rocksdb::Slice& data, const IOOptions&, IODebugContext*) override {
            size_ += data.size();
            return status_of(file_.append(slice_bytes(data)));
        }
        IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
            size_ = size;
            return status_of(file_.truncate(size));
        }
        IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
        IOStatus Sync(const IOOptions&, IODebugContext*) override {
            return status_of(file_.sync());
        }
        IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
        std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return size_; }

    private:
        disk_file file_;
        std::uint64_t size_ = 0;
    };

    class changing_file final : public rocksdb::FSRandomRWFile {
    public:
        explicit changing_file(disk_file file) : file_(std::move(file)) {}
        IOStatus Write(std::uint64_t at, const rocksdb::Slice& data, const IOOptions&,
                       IODebugContext*) override {
            return status_of(file_.write(at, slice_bytes(data)));
        }
        IOStatus Read(std::uint64_t at, size_t n, const IOOptions&, rocksdb::Slice* got,
                      char* scratch, IODebugContext*) const override {
            return read(file_, at, n, got, scratch);
        }
        IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
        IOStatus Sync(const IOOptions&, IODebugContext*) override {
            return status_of(file_.sync());
        }
        IOStatus Fsync(const IOOptions&, IODebugContext*) override {
            return status_of(file_.sync());
        }
        IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

    private:
        disk_file file_;
    };

    class directory final : public rocksdb::FSDirectory {
    public:
        explicit directory(std::shared_ptr<simulated_disk> disk) : disk_(std::move(disk)) {}
        IOStatus Fsync(const IOOptions&, IODebugContext*) override {
            return status_of(disk_->sync_directory());
        }

    private:
        std::shared_ptr<simulated_disk> disk_;
    };

    std::shared_ptr<simulated_disk> disk_;
    std::mutex mutex_;
    std::deque<task> waiting_;
    std::uint64_t ids_ = 0;
};

}  // namespace varve::inline v0
