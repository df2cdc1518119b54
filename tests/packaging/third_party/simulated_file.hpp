// The engine's file, and the store's anchor, on a disk in memory that can lose power.
#pragma once

#include "append_only_file.hpp"

#include <varve/eventstore/anchor/storage.hpp>
#include <varve/eventstore/simulation/disk.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace third_party {

class simulated_file final : public append_only_file {
public:
    static file_opener opener(std::shared_ptr<varve::simulated_disk> disk, std::string name) {
        return [disk = std::move(disk),
                name = std::move(name)] -> varve::result<std::unique_ptr<append_only_file>> {
            auto held = disk->lock(name);
            if (!held) return varve::pass_on(std::move(held));
            auto file = disk->open(name, varve::disk_open::create);
            if (!file) return varve::pass_on(std::move(file));
            if (auto named = disk->sync_directory(); !named)
                return varve::pass_on(std::move(named));
            return std::unique_ptr<append_only_file>{
                new simulated_file{std::move(*held), std::move(*file)}};
        };
    }

    varve::result<varve::bytes> read_all() override {
        const auto size = file_.size();
        if (!size) return std::unexpected(size.error());
        varve::bytes all(*size);
        if (const auto got = file_.read(0, all); !got) return std::unexpected(got.error());
        return all;
    }
    varve::result<void> write(std::uint64_t at, varve::bytes_view data) override {
        return file_.write(at, data);
    }
    varve::result<void> cut(std::uint64_t size) override { return file_.truncate(size); }
    varve::result<void> sync() override { return file_.sync(); }

private:
    simulated_file(varve::disk_lock held, varve::disk_file file)
        : held_(std::move(held)), file_(std::move(file)) {}

    varve::disk_lock held_;
    varve::disk_file file_;
};

/// Says how far the log was durable, so that a store whose end was lost or damaged is told from one that
/// ends there.
class anchor_file final : public varve::anchor_storage {
public:
    anchor_file(std::shared_ptr<varve::simulated_disk> disk, std::string name)
        : disk_(std::move(disk)), name_(std::move(name)) {}

    varve::result<varve::bytes> read(std::uint64_t offset, std::size_t size) override {
        auto file = disk_->open(name_, varve::disk_open::existing);
        if (!file && file.error().code == varve::errc::not_found) return varve::bytes{};
        if (!file) return varve::pass_on(std::move(file));
        varve::bytes data(size);
        const auto got = file->read(offset, data);
        if (!got) return std::unexpected(got.error());
        data.resize(*got);
        return data;
    }
    varve::result<void> write(std::uint64_t offset, varve::bytes_view data) override {
        auto file = disk_->open(name_, varve::disk_open::create);
        if (!file) return varve::pass_on(std::move(file));
        return file->write(offset, data);
    }
    varve::result<void> sync() override {
        auto file = disk_->open(name_, varve::disk_open::existing);
        if (!file) return varve::pass_on(std::move(file));
        if (auto done = file->sync(); !done) return done;
        return disk_->sync_directory();
    }

private:
    std::shared_ptr<varve::simulated_disk> disk_;
    std::string name_;
};

}  // namespace third_party
