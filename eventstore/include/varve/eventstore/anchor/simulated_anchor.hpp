// An anchor on a simulated disk, for the memory engine.
#pragma once

#include <varve/eventstore/anchor/storage.hpp>
#include <varve/eventstore/simulation/disk.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

class simulated_anchor final : public anchor_storage {
public:
    simulated_anchor(std::shared_ptr<simulated_disk> disk, std::string name)
        : disk_(std::move(disk)), name_(std::move(name)) {}

    result<bytes> read(std::uint64_t offset, std::size_t size) override {
        auto file = disk_->open(name_, disk_open::existing);
        if (!file && file.error().code == errc::not_found) return bytes{};
        if (!file) return pass_on(std::move(file));
        bytes data(size);
        auto got = file->read(offset, data);
        if (!got) return pass_on(std::move(got));
        data.resize(*got);
        return data;
    }

    result<void> write(std::uint64_t offset, bytes_view data) override {
        auto file = disk_->open(name_, disk_open::create);
        if (!file) return pass_on(std::move(file));
        return file->write(offset, data);
    }

    result<void> sync() override {
        auto file = disk_->open(name_, disk_open::existing);
        if (!file) return pass_on(std::move(file));
        if (auto done = file->sync(); !done) return done;
        return disk_->sync_directory();
    }

private:
    std::shared_ptr<simulated_disk> disk_;
    std::string name_;
};

}  // namespace varve::inline v0::detail
