// What a harness over a simulated disk can do to it: all of `faulty_harness` but opening the store.
//
//     struct my_harness : varve::testkit::on_simulated_disk {
//         using store_type = my::store;
//         static constexpr std::string_view name = "mine";
//         varve::result<my::store> open(varve::environment& env) { return my::store::open(disk, env); }
//         varve::result<my::store> open_to_read(varve::environment& env) { return open(env); }
//     };
#pragma once

#include <varve/eventstore/simulation/disk.hpp>
#include <varve/testing/random.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace varve::inline v0::testkit {

/// Base of harnesses whose store keeps all it has on one simulated disk.
class on_simulated_disk {
public:
    on_simulated_disk() : on_simulated_disk(std::make_shared<simulated_disk>()) {}
    explicit on_simulated_disk(std::shared_ptr<simulated_disk> given) : disk(std::move(given)) {}

    void power_cut(std::uint64_t seed) { disk->crash(seed); }
    void plan(const disk_fault& fault) { disk->plan(fault); }
    void clear_faults() { disk->clear_faults(); }
    void fill_up() { disk->set_capacity(size()); }
    void make_room() { disk->set_capacity(~std::uint64_t{0}); }
    std::uint64_t count(disk_operation kind) const { return disk->count(kind); }

    bool flip_in(bytes_view needle, std::uint64_t seed) {
        for (const auto& file : disk->names()) {
            const auto all = content(file);
            const auto at = as_text(all).find(as_text(needle));
            if (at == std::string_view::npos) continue;
            flip_at(file, all, at + scramble(seed) % needle.size(), seed);
            return true;
        }
        return false;
    }
    void flip(std::uint64_t seed) {
        std::uint64_t at = scramble(seed) % size();
        for (const auto& file : disk->names()) {
            const auto all = content(file);
            if (at < all.size()) return flip_at(file, all, at, seed);
            at -= all.size();
        }
    }
    void mend() { disk->damage(flipped_.name, flipped_.at, {&flipped_.before, 1}).value(); }

    std::shared_ptr<simulated_disk> disk;

private:
    std::uint64_t size() const {
        std::uint64_t sum = 0;
        for (const auto& file : disk->names()) sum += content(file).size();
        return sum;
    }
    bytes content(const std::string& file) const {
        auto opened = disk->open(file, disk_open::existing).value();
        bytes all(opened.size().value());
        opened.read(0, all).value();
        return all;
    }
    void flip_at(const std::string& file, bytes_view all, std::uint64_t at, std::uint64_t seed) {
        flipped_ = {file, at, all[at]};
        const std::byte flipped = all[at] ^ static_cast<std::byte>(1u << (seed % 8));
        disk->damage(file, at, {&flipped, 1}).value();
    }

    struct {
        std::string name{};
        std::uint64_t at = 0;
        std::byte before{};
    } flipped_;
};

}  // namespace varve::inline v0::testkit
