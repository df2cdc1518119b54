// The file system as one RocksDB object sees it: shut when the object is retired, cut where we say.
//
// Each opening has a gate of its own. It does three things that RocksDB cannot do for itself. It
// can be *shut*: from then on the object only reads, so that one which still serves views cannot
// delete or overwrite what its successor wrote. It *bounds* files: a log ends for RocksDB where we
// have proved that it ends, or where it is known to be durable. It *tells* how much of the
// write-ahead log has been synced. And it *keeps* a log that RocksDB has done with until the
// MANIFEST has grown once more: so the last record of a MANIFEST may be torn by a power cut, or be
// damaged, and nothing is lost, for the log has it still.
#pragma once

#include <varve/adapters/rocksdb.hpp>
#include <varve/eventstore/rocksdb/names.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

/// Where files end for a RocksDB object that only sees a part of them.
struct rocksdb_bounds {
    static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

    std::map<std::string, std::uint64_t, std::less<>> files{};  ///< By base name.
    rocksdb_mark durable{.log = none, .size = none};  ///< Of the logs; later ones are empty.

    std::uint64_t of(const std::string& path) const {
        const auto name = base_name(path);
        std::uint64_t end = none;
        if (const auto found = files.find(name); found != files.end()) end = found->second;
        const auto log = log_number(name);
        if (log && durable.log != none && *log >= durable.log)
            end = std::min(end, *log == durable.log ? durable.size : 0);
        return end;
    }
};

class rocksdb_gate final : public rocksdb::FileSystemWrapper {
public:
    using told = std::function<void(const rocksdb_mark&)>;

    /// `durable` is told of each sync of a log, or, if `early`, of each write to one.
    rocksdb_gate(const std::shared_ptr<rocksdb::FileSystem>& files, rocksdb_bounds bounds,
                 told durable = {}, bool early = false)
        : FileSystemWrapper(files),
          bounds_(std::move(bounds)),
          durable_(std::move(durable)),
          early_(early) {}

    const char* Name() const override { return "varve"; }

    /// From now on everything that would change a file fails. Reading goes on.
    void shut() noexcept { shut_ = true; }
    bool is_shut() const noexcept { return shut_; }

    // ---- reading: up to the bound --------------------------------------------------------------

    rocksdb::IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& with,
                                        std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                        rocksdb::IODebugContext* debug) override {
        auto status = target()->NewSequentialFile(name, with, file, debug);
        const auto end = bounds_.of(name);
        if (status.ok() && end != rocksdb_bounds::none)
            *file = std::make_unique<bounded_file>(std::move(*file), end);
        return status;
    }
    rocksdb::IOStatus GetFileSize(const std::string& name, const rocksdb::IOOptions& with,
                                  std::uint64_t* size, rocksdb::IODebugContext* debug) override {
        auto status = target()->GetFileSize(name, with, size, debug);
        if (status.ok()) *size = std::min(*size, bounds_.of(name));
        return status;
    }

    // ---- changing: while the gate is open ------------------------------------------------------

    rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& with,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override {
        // what options it had is of no interest: each opening states its own, and reads them back
        if (shut_ || base_name(name).starts_with("OPTIONS-")) return refuse(name);
        auto status = target()->NewWritableFile(name, with, file, debug);
        if (status.ok()) *file = std::make_unique<guarded_file>(std::move(*file), *this, name);
        return status;
    }
    rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& with,
                                   std::unique_ptr<rocksdb::FSDirectory>* folder,
                                   rocksdb::IODebugContext* debug) override {
        auto status = target()->NewDirectory(name, with, folder, debug);
        if (status.ok()) *folder = std::make_unique<guarded_folder>(std::move(*folder), *this);
        return status;
    }
    rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& with,
                                 rocksdb::IODebugContext* debug) override {
        if (shut_) return refuse(name);
        if (!log_number(base_name(name))) return target()->DeleteFile(name, with, debug);
        {
            const std::lock_guard lock{mutex_};
            done_with_.try_emplace(name, grown_);
        }
        clear_away();
        return rocksdb::IOStatus::OK();
    }
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                                 const rocksdb::IOOptions& with,
                                 rocksdb::IODebugContext* debug) override {
        return shut_ ? refuse(from) : target()->RenameFile(from, to, with, debug);
    }
    rocksdb::IOStatus Truncate(const std::string& name, size_t size, const rocksdb::IOOptions& with,
                               rocksdb::IODebugContext* debug) override {
        return shut_ ? refuse(name) : target()->Truncate(name, size, with, debug);
    }
    rocksdb::IOStatus CreateDir(const std::string& name, const rocksdb::IOOptions& with,
                                rocksdb::IODebugContext* debug) override {
        return shut_ ? refuse(name) : target()->CreateDir(name, with, debug);
    }
    rocksdb::IOStatus CreateDirIfMissing(const std::string& name, const rocksdb::IOOptions& with,
                                         rocksdb::IODebugContext* debug) override {
        return shut_ ? rocksdb::IOStatus::OK() : target()->CreateDirIfMissing(name, with, debug);
    }
    rocksdb::IOStatus DeleteDir(const std::string& name, const rocksdb::IOOptions& with,
                                rocksdb::IODebugContext* debug) override {
        return shut_ ? refuse(name) : target()->DeleteDir(name, with, debug);
    }
    /// Nothing here is ever written in two ways.
    rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions&,
                                         std::unique_ptr<rocksdb::FSWritableFile>*,
                                         rocksdb::IODebugContext*) override {
        return refuse(name);
    }
    rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string&,
                                        const rocksdb::FileOptions&,
                                        std::unique_ptr<rocksdb::FSWritableFile>*,
                                        rocksdb::IODebugContext*) override {
        return refuse(name);
    }
    rocksdb::IOStatus LinkFile(const std::string& name, const std::string&,
                               const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
        return refuse(name);
    }

    /// RocksDB would ask this to heal itself on a disk that was full. `reopen` does that.
    rocksdb::IOStatus GetFreeSpace(const std::string&, const rocksdb::IOOptions&, std::uint64_t*,
                                   rocksdb::IODebugContext*) override {
        return rocksdb::IOStatus::NotSupported("nothing is healed in the background");
    }

    /// The engine holds the folder's locks itself, longer than any one object lives.
    rocksdb::IOStatus LockFile(const std::string&, const rocksdb::IOOptions&,
                               rocksdb::FileLock** lock, rocksdb::IODebugContext*) override {
        *lock = new rocksdb::FileLock;
        return rocksdb::IOStatus::OK();
    }
    rocksdb::IOStatus UnlockFile(rocksdb::FileLock* lock, const rocksdb::IOOptions&,
                                 rocksdb::IODebugContext*) override {
        delete lock;
        return rocksdb::IOStatus::OK();
    }

private:
    static rocksdb::IOStatus refuse(const std::string& name) {
        return rocksdb::IOStatus::IOError("'" + name + "' is not for this object to change");
    }

    /// The MANIFEST has been synced with more in it than before.
    void manifest_grew() {
        {
            const std::lock_guard lock{mutex_};
            ++grown_;
        }
        clear_away();
    }
    /// If it fails, the next opening does it.
    void clear_away() {
        const std::lock_guard lock{mutex_};
        std::erase_if(done_with_, [this](const auto& log) {
            if (log.second == grown_) return false;
            (void)target()->DeleteFile(log.first, {}, nullptr);
            return true;
        });
    }

    /// Ends at a bound.
    class bounded_file final : public rocksdb::FSSequentialFileOwnerWrapper {
    public:
        bounded_file(std::unique_ptr<rocksdb::FSSequentialFile>&& file, std::uint64_t end)
            : FSSequentialFileOwnerWrapper(std::move(file)), left_(end) {}
        rocksdb::IOStatus Read(size_t n, const rocksdb::IOOptions& with, rocksdb::Slice* got,
                               char* scratch, rocksdb::IODebugContext* debug) override {
            const auto most = static_cast<size_t>(std::min<std::uint64_t>(n, left_));
            auto status = target()->Read(most, with, got, scratch, debug);
            if (status.ok()) left_ -= got->size();
            return status;
        }
        rocksdb::IOStatus Skip(std::uint64_t n) override {
            const auto most = std::min(n, left_);
            left_ -= most;
            return target()->Skip(most);
        }

    private:
        std::uint64_t left_;
    };

    class guarded_file final : public rocksdb::FSWritableFileOwnerWrapper {
    public:
        guarded_file(std::unique_ptr<rocksdb::FSWritableFile>&& file, rocksdb_gate& gate,
                     const std::string& name)
            : FSWritableFileOwnerWrapper(std::move(file)),
              gate_(&gate),
              name_(name),
              log_(log_number(base_name(name))),
              manifest_(base_name(name).starts_with("MANIFEST-")) {}

        rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& with,
                                 rocksdb::IODebugContext* debug) override {
            if (gate_->shut_) return refuse(name_);
            auto status = target()->Append(data, with, debug);
            if (status.ok()) size_ += data.size();
            if (status.ok() && gate_->early_) tell();
            return status;
        }
        rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& with,
                                 const rocksdb::DataVerificationInfo&,
                                 rocksdb::IODebugContext* debug) override {
            return Append(data, with, debug);
        }
        rocksdb::IOStatus Truncate(std::uint64_t size, const rocksdb::IOOptions& with,
                                   rocksdb::IODebugContext* debug) override {
            return gate_->shut_ ? refuse(name_) : target()->Truncate(size, with, debug);
        }
        rocksdb::IOStatus Sync(const rocksdb::IOOptions& with,
                               rocksdb::IODebugContext* debug) override {
            if (gate_->shut_) return refuse(name_);
            return told(target()->Sync(with, debug));
        }
        rocksdb::IOStatus Fsync(const rocksdb::IOOptions& with,
                                rocksdb::IODebugContext* debug) override {
            if (gate_->shut_) return refuse(name_);
            return told(target()->Fsync(with, debug));
        }

    private:
        rocksdb::IOStatus told(rocksdb::IOStatus status) {
            if (status.ok()) tell();
            if (status.ok() && manifest_) gate_->manifest_grew();
            return status;
        }
        void tell() {
            if (log_ && gate_->durable_) gate_->durable_({.log = *log_, .size = size_});
        }
        rocksdb_gate* gate_;
        std::string name_;
        std::optional<std::uint64_t> log_;
        bool manifest_;
        std::uint64_t size_ = 0;
    };

    class guarded_folder final : public rocksdb::FSDirectoryWrapper {
    public:
        guarded_folder(std::unique_ptr<rocksdb::FSDirectory>&& folder, rocksdb_gate& gate)
            : FSDirectoryWrapper(std::move(folder)), gate_(&gate) {}
        rocksdb::IOStatus Fsync(const rocksdb::IOOptions& with,
                                rocksdb::IODebugContext* debug) override {
            return gate_->shut_ ? refuse("folder") : FSDirectoryWrapper::Fsync(with, debug);
        }
        rocksdb::IOStatus FsyncWithDirOptions(const rocksdb::IOOptions& with,
                                              rocksdb::IODebugContext* debug,
                                              const rocksdb::DirFsyncOptions& how) override {
            return gate_->shut_ ? refuse("folder")
                                : FSDirectoryWrapper::FsyncWithDirOptions(with, debug, how);
        }

    private:
        rocksdb_gate* gate_;
    };

    const rocksdb_bounds bounds_;
    const told durable_;
    const bool early_;
    std::atomic<bool> shut_ = false;
    std::mutex mutex_;  // guards what follows
    std::uint64_t grown_ = 0;
    std::map<std::string, std::uint64_t> done_with_;  // logs, and how often it had grown then
};

}  // namespace varve::inline v0::detail
