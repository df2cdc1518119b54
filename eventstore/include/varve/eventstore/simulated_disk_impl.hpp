// The bodies of `simulated_disk.hpp`, which includes this file.
#pragma once

#include <varve/eventstore/simulated_disk.hpp>

#include <algorithm>

namespace varve::inline v0 {

inline std::optional<disk_error> simulated_disk::begin(disk_operation kind) {
    ++counts_[static_cast<std::size_t>(kind)];
    ++counts_[static_cast<std::size_t>(disk_operation::any)];
    std::optional<disk_error> error;
    for (disk_fault& fault : faults_) {
        if (fault.kind != kind && fault.kind != disk_operation::any) continue;
        if (fault.at > 1) {
            --fault.at;
        } else {
            error = fault.error;
            if (!fault.for_ever) fault.at = 0;
        }
    }
    std::erase_if(faults_, [](const disk_fault& fault) { return fault.at == 0; });
    return error;
}

inline std::unexpected<failure> simulated_disk::failed(disk_error error, std::string_view what,
                                                       std::string_view name) {
    const std::string place = std::string{what} + " '" + std::string{name} + "' on the simulated disk";
    if (error == disk_error::io) return fail(errc::io, place + ": input/output error");
    return fail(errc::full, place + ": no space left");
}

inline result<void> simulated_disk::alive(const disk_file& file) const {
    if (file.life_ == life_) return {};
    return fail(errc::io, "'" + file.node_->name +
                              "' was open when the power of the simulated disk was cut; open it again");
}

inline std::uint64_t simulated_disk::used() const {
    std::uint64_t sum = 0;
    for (const auto& [name, node] : names_) sum += node->size();
    return sum;
}

inline result<disk_file> simulated_disk::open(std::string_view name, disk_open how) {
    const std::lock_guard lock{mutex_};
    if (const auto error = begin(disk_operation::open)) return failed(*error, "opening", name);
    auto found = names_.find(name);
    if (found == names_.end()) {
        if (how == disk_open::existing)
            return fail(errc::not_found,
                        "no file '" + std::string{name} + "' on the simulated disk");
        auto node = std::make_shared<detail::simulated_file>(std::string{name});
        renamings_.push_back({"", std::string{name}, node});
        apply(names_, renamings_.back());
        found = names_.find(name);
    }
    disk_file file;
    file.disk_ = shared_from_this();
    file.node_ = found->second;
    file.life_ = life_;
    return file;
}

inline void simulated_disk::apply(directory& names, const renaming& change) {
    if (!change.from.empty()) names.erase(change.from);
    if (!change.to.empty()) names.insert_or_assign(change.to, change.node);
}

inline result<void> simulated_disk::remove(std::string_view name) {
    const std::lock_guard lock{mutex_};
    if (const auto error = begin(disk_operation::remove)) return failed(*error, "removing", name);
    const auto found = names_.find(name);
    if (found == names_.end())
        return fail(errc::not_found, "no file '" + std::string{name} + "' on the simulated disk");
    renamings_.push_back({std::string{name}, "", found->second});
    apply(names_, renamings_.back());
    return {};
}

inline result<void> simulated_disk::rename(std::string_view from, std::string_view to) {
    const std::lock_guard lock{mutex_};
    if (const auto error = begin(disk_operation::rename)) return failed(*error, "renaming", from);
    const auto found = names_.find(from);
    if (found == names_.end())
        return fail(errc::not_found, "no file '" + std::string{from} + "' on the simulated disk");
    renamings_.push_back({std::string{from}, std::string{to}, found->second});
    apply(names_, renamings_.back());
    return {};
}

inline result<void> simulated_disk::sync_directory() {
    const std::lock_guard lock{mutex_};
    if (const auto error = begin(disk_operation::sync_directory))
        return failed(*error, "syncing the directory of", "*");
    durable_names_ = names_;
    renamings_.clear();
    return {};
}

inline bool simulated_disk::exists(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    return names_.contains(name);
}

inline std::vector<std::string> simulated_disk::names() const {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> names;
    for (const auto& [name, node] : names_) names.push_back(name);
    return names;
}

inline result<void> simulated_disk::damage(std::string_view name, std::uint64_t offset,
                                           bytes_view data) {
    const std::lock_guard lock{mutex_};
    const auto found = names_.find(name);
    if (found == names_.end())
        return fail(errc::not_found, "no file '" + std::string{name} + "' on the simulated disk");
    found->second->damage(offset, data);
    return {};
}

inline result<disk_lock> simulated_disk::lock(std::string_view name) {
    const std::lock_guard guard{mutex_};
    const auto [held, fresh] = locked_.insert(std::string{name});
    if (!fresh)
        return fail(errc::busy, "'" + std::string{name} +
                                    "' on the simulated disk is in use by another object of this "
                                    "process; close that one first");
    return disk_lock{nullptr, [self = shared_from_this(), key = *held, life = life_](void*) {
                         const std::lock_guard unlock{self->mutex_};
                         if (self->life_ == life) self->locked_.erase(key);
                     }};
}

inline void simulated_disk::crash(std::uint64_t seed) {
    const std::lock_guard lock{mutex_};
    const std::uint64_t kept = detail::mix(seed, 0) % (renamings_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) apply(durable_names_, renamings_[i]);
    names_ = durable_names_;
    for (const auto& [name, node] : names_) {
        std::uint64_t own = seed;
        for (const char c : node->name) own = detail::mix(own, static_cast<unsigned char>(c));
        node->crash(own);
    }
    renamings_.clear();
    locked_.clear();
    faults_.clear();
    ++life_;
}

inline void simulated_disk::plan(const disk_fault& fault) {
    const std::lock_guard lock{mutex_};
    faults_.push_back(fault);
}

inline void simulated_disk::clear_faults() {
    const std::lock_guard lock{mutex_};
    faults_.clear();
}

inline void simulated_disk::set_capacity(std::uint64_t capacity) {
    const std::lock_guard lock{mutex_};
    capacity_ = capacity;
}

inline std::uint64_t simulated_disk::count(disk_operation kind) const {
    const std::lock_guard lock{mutex_};
    return counts_[static_cast<std::size_t>(kind)];
}

inline std::uint64_t simulated_disk::crashes() const {
    const std::lock_guard lock{mutex_};
    return life_;
}

inline result<void> simulated_disk::write(const disk_file& file, std::optional<std::uint64_t> at,
                                          bytes_view data) {
    const std::lock_guard lock{mutex_};
    if (auto fine = alive(file); !fine) return fine;
    detail::simulated_file& node = *file.node_;
    const std::uint64_t offset = at.value_or(node.size());
    if (const auto error = begin(disk_operation::write)) {
        if (*error == disk_error::short_write) node.write(offset, data.first(data.size() / 2));
        return failed(*error, "writing to", node.name);
    }
    const std::uint64_t end = offset + data.size();
    if (end > node.size() && capacity_ != std::numeric_limits<std::uint64_t>::max() &&
        used() + (end - node.size()) > capacity_)
        return failed(disk_error::no_space, "writing to", node.name);
    node.write(offset, data);
    return {};
}

inline result<std::size_t> disk_file::read(std::uint64_t offset, std::span<std::byte> into) const {
    const std::lock_guard lock{disk_->mutex_};
    if (auto fine = disk_->alive(*this); !fine) return pass_on(std::move(fine));
    if (const auto error = disk_->begin(disk_operation::read))
        return simulated_disk::failed(*error, "reading", node_->name);
    return node_->read(offset, into);
}

inline result<void> disk_file::write(std::uint64_t offset, bytes_view data) {
    return disk_->write(*this, offset, data);
}

inline result<void> disk_file::append(bytes_view data) {
    return disk_->write(*this, std::nullopt, data);
}

inline result<void> disk_file::sync() {
    const std::lock_guard lock{disk_->mutex_};
    if (auto fine = disk_->alive(*this); !fine) return fine;
    if (const auto error = disk_->begin(disk_operation::sync)) {
        node_->fail_sync(disk_->counts_[static_cast<std::size_t>(disk_operation::any)]);
        return simulated_disk::failed(*error, "syncing", node_->name);
    }
    node_->sync();
    return {};
}

inline result<void> disk_file::truncate(std::uint64_t size) {
    const std::lock_guard lock{disk_->mutex_};
    if (auto fine = disk_->alive(*this); !fine) return fine;
    if (const auto error = disk_->begin(disk_operation::truncate))
        return simulated_disk::failed(*error, "cutting", node_->name);
    node_->truncate(size);
    return {};
}

inline result<std::uint64_t> disk_file::size() const {
    const std::lock_guard lock{disk_->mutex_};
    if (auto fine = disk_->alive(*this); !fine) return pass_on(std::move(fine));
    return node_->size();
}

}  // namespace varve::inline v0
