// The harnesses of this framework's own engines.
#pragma once

#include "stores/stores.hpp"

#include <varve/eventstore/simulation/sqlite_vfs.hpp>
#include <varve/testing/harness.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace varve::tests {

/// The part of a harness that a simulated disk gives.
class on_simulated_disk {
public:
    void power_cut(std::uint64_t seed) { disk_->crash(seed); }
    void plan(const disk_fault& fault) { disk_->plan(fault); }
    void clear_faults() { disk_->clear_faults(); }
    void fill_up() { disk_->set_capacity(size()); }
    void make_room() { disk_->set_capacity(~std::uint64_t{0}); }
    std::uint64_t count(disk_operation kind) const { return disk_->count(kind); }

    bool flip_in(bytes_view needle, std::uint64_t seed);
    void flip(std::uint64_t seed);
    void mend() { disk_->damage(flipped_.name, flipped_.at, {&flipped_.before, 1}).value(); }

protected:
    std::shared_ptr<simulated_disk> disk_ = std::make_shared<simulated_disk>();

private:
    std::uint64_t size() const;
    bytes content(const std::string& name) const;
    void flip_at(const std::string& name, bytes_view all, std::uint64_t at, std::uint64_t seed);

    struct {
        std::string name{};
        std::uint64_t at = 0;
        std::byte before{};
    } flipped_;
};

/// The memory engine, whose journal lies on a simulated disk.
class memory_harness : public on_simulated_disk {
public:
    using store_type = memory_store;
    static constexpr std::string_view name = "memory";

    result<store_type> open(environment& env);
    result<store_type> open_to_read(environment& env) { return open(env); }
};

/// The SQLite engine on a simulated disk, which can lose power and fail.
class sqlite_harness : public on_simulated_disk {
public:
    using store_type = sqlite_store;
    static constexpr std::string_view name = "sqlite";

    result<store_type> open(environment& env);
    result<store_type> open_to_read(environment& env);

private:
    std::unique_ptr<sqlite_simulated_vfs> vfs_ = std::make_unique<sqlite_simulated_vfs>(disk_);
};

/// A folder of its own below the system's one for temporary files, removed at the end.
class scratch_folder {
public:
    scratch_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "varve-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    scratch_folder(scratch_folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    scratch_folder& operator=(scratch_folder&& other) noexcept {
        std::swap(path_, other.path_);
        return *this;
    }
    ~scratch_folder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }

    std::string operator/(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// The SQLite engine on real files.
class sqlite_file_harness {
public:
    using store_type = sqlite_store;
    static constexpr std::string_view name = "sqlite_file";

    result<store_type> open(environment& env);
    std::string path() const { return folder_ / "store.db"; }

private:
    scratch_folder folder_;
};

}  // namespace varve::tests
