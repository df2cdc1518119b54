// One open RocksDB: the database, the gate it sees its files through, and who does its work.
//
// An engine goes through several of them in its life, one after each `reopen`. Views share the one
// they began on, which is *retired* when its successor comes: it still reads and does nothing else.
#pragma once

#include <varve/adapters/rocksdb.hpp>
#include <varve/eventstore/named_spaces.hpp>
#include <varve/eventstore/rocksdb/gate.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// A file system that also does RocksDB's background work, on the thread of whoever asks. For tests
/// and simulation; the machine's own files and RocksDB's own threads need none.
class rocksdb_platform : public rocksdb::FileSystem {
public:
    struct task {
        void (*run)(void*);
        void* with;
        void* tag;
        void (*dropped)(void*);
    };
    virtual void schedule(const task& work) = 0;
    /// Drops what waits under that tag, and says how much it was.
    virtual int unschedule(void* tag) = 0;
    /// Does what waits, and what that leads to.
    virtual void run_background() = 0;
    /// An identity for a database; the same in each run.
    virtual std::string unique_id() = 0;
};

namespace detail {

/// The world as an object sees it: files through its gate, threads from the platform if there is
/// one.
class rocksdb_world final : public rocksdb::EnvWrapper {
public:
    rocksdb_world(const std::shared_ptr<rocksdb_gate>& gate,
                  std::shared_ptr<rocksdb_platform> platform)
        : EnvWrapper(rocksdb::NewCompositeEnv(gate)), gate_(gate), platform_(std::move(platform)) {
        file_system_ = gate;
    }
    const char* Name() const override { return "varve"; }

    void Schedule(void (*run)(void*), void* with, Priority priority, void* tag,
                  void (*dropped)(void*)) override {
        if (platform_)
            platform_->schedule({run, with, tag, dropped});
        else
            EnvWrapper::Schedule(run, with, priority, tag, dropped);
    }
    std::string GenerateUniqueId() override {
        return platform_ ? platform_->unique_id() : EnvWrapper::GenerateUniqueId();
    }
    /// RocksDB pauses for a second after an error in the background. Behind a gate that is shut, or
    /// on a platform, nobody but us would wait.
    void SleepForMicroseconds(int time) override {
        if (!platform_ && !gate_->is_shut()) EnvWrapper::SleepForMicroseconds(time);
    }
    int UnSchedule(void* tag, Priority priority) override {
        return platform_ ? platform_->unschedule(tag) : EnvWrapper::UnSchedule(tag, priority);
    }

private:
    std::shared_ptr<rocksdb_gate> gate_;
    std::shared_ptr<rocksdb_platform> platform_;
};

/// Takes note of the first failure of RocksDB's background work.
class rocksdb_watch final : public rocksdb::EventListener {
public:
    void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* why) override {
        const std::lock_guard lock{mutex_};
        if (first_.empty()) first_ = why == nullptr ? "background work failed" : why->ToString();
        failed_ = true;
    }
    bool failed() const noexcept { return failed_; }
    std::string first() const {
        const std::lock_guard lock{mutex_};
        return first_;
    }

private:
    mutable std::mutex mutex_;
    std::string first_;
    std::atomic<bool> failed_ = false;
};

/// `varve_log`: the column family of a space.
inline std::string rocksdb_family(std::string_view space) { return "varve_" + std::string{space}; }

class rocksdb_object {
public:
    rocksdb_object(const std::shared_ptr<rocksdb::FileSystem>& files,
                   std::shared_ptr<rocksdb_platform> platform, rocksdb_bounds bounds,
                   rocksdb_gate::told durable, bool early)
        : platform_(std::move(platform)),
          gate_(
              std::make_shared<rocksdb_gate>(files, std::move(bounds), std::move(durable), early)),
          world_(std::make_unique<rocksdb_world>(gate_, platform_)) {}
    rocksdb_object(const rocksdb_object&) = delete;
    rocksdb_object& operator=(const rocksdb_object&) = delete;
    ~rocksdb_object() { database_.close(); }

    rocksdb::Env* env() const noexcept { return world_.get(); }
    rocksdb_gate& gate() const noexcept { return *gate_; }
    const std::shared_ptr<rocksdb_watch>& watch() const noexcept { return watch_; }
    rocksdb_database& database() noexcept { return database_; }

    /// Looks up the families of the spaces. Errors: `foreign`.
    result<void> find(const named_spaces& spaces) {
        spaces_ = spaces;
        families_.clear();
        for (const auto& in : spaces) {
            families_.push_back(database_.family(rocksdb_family(in.name)));
            if (families_.back() == nullptr)
                return fail(errc::foreign,
                            "space " + in.name + " is missing; open the store once for writing");
        }
        return {};
    }
    const named_spaces& spaces() const noexcept { return spaces_; }
    rocksdb::ColumnFamilyHandle* family(const space& in) const noexcept {
        return families_[in.index];
    }
    rocksdb::DB& raw() const noexcept { return database_.raw(); }

    /// Background work that waits on a platform.
    void work() const {
        if (platform_) platform_->run_background();
    }

    /// No more changes to any file, and none under way.
    void retire() {
        if (database_) {
            rocksdb::CancelAllBackgroundWork(&database_.raw(), false);  // nothing new is scheduled
            work();
            rocksdb::CancelAllBackgroundWork(&database_.raw(), true);
        }
        gate_->shut();
    }

private:
    std::shared_ptr<rocksdb_platform> platform_;
    std::shared_ptr<rocksdb_gate> gate_;
    std::unique_ptr<rocksdb_world> world_;
    std::shared_ptr<rocksdb_watch> watch_ = std::make_shared<rocksdb_watch>();
    named_spaces spaces_;
    rocksdb_database database_;  // after what it lives on
    std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace detail
}  // namespace varve::inline v0
