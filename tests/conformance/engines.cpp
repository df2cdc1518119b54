// What the harnesses do, compiled once for all chapters.
#include "conformance/engines.hpp"

#include <varve/testing/random.hpp>

namespace varve::tests {

bool on_simulated_disk::flip_in(bytes_view needle, std::uint64_t seed) {
    for (const auto& name : disk_->names()) {
        const auto all = content(name);
        const auto at = as_text(all).find(as_text(needle));
        if (at == std::string_view::npos) continue;
        flip_at(name, all, at + testkit::scramble(seed) % needle.size(), seed);
        return true;
    }
    return false;
}

void on_simulated_disk::flip(std::uint64_t seed) {
    std::uint64_t at = testkit::scramble(seed) % size();
    for (const auto& name : disk_->names()) {
        const auto all = content(name);
        if (at < all.size()) return flip_at(name, all, at, seed);
        at -= all.size();
    }
}

std::uint64_t on_simulated_disk::size() const {
    std::uint64_t sum = 0;
    for (const auto& name : disk_->names()) sum += content(name).size();
    return sum;
}

bytes on_simulated_disk::content(const std::string& name) const {
    auto file = disk_->open(name, disk_open::existing).value();
    bytes all(file.size().value());
    file.read(0, all).value();
    return all;
}

void on_simulated_disk::flip_at(const std::string& name, bytes_view all, std::uint64_t at,
                                std::uint64_t seed) {
    flipped_ = {name, at, all[at]};
    const std::byte flipped = all[at] ^ static_cast<std::byte>(1u << (seed % 8));
    disk_->damage(name, at, {&flipped, 1}).value();
}

result<memory_store> memory_harness::open(environment& env) {
    return memory_store::open({.environment = &env}, {.disk = disk_});
}

result<sqlite_store> sqlite_harness::open(environment& env) {
    return sqlite_store::open("store.db", {.environment = &env, .vfs = vfs_->name()});
}

result<sqlite_store> sqlite_harness::open_to_read(environment& env) {
    return sqlite_store::open("store.db",
                              {.read_only = true, .environment = &env, .vfs = vfs_->name()});
}

result<sqlite_store> sqlite_file_harness::open(environment& env) {
    return sqlite_store::open(path(), {.environment = &env});
}

}  // namespace varve::tests
