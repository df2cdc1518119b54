// Our own engines under one harness, so that a chapter is compiled once and run over all of them.
#pragma once

#include "stores/place.hpp"

#include <varve/testing/harness.hpp>
#include <varve/testing/instantiate.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace varve::tests {

/// The harness of the engine that is named: memory, sqlite or rocksdb on a simulated disk, sqlite_file
/// or rocksdb_file on real files.
class our_harness {
public:
    using store_type = any_store;
    static constexpr std::string_view name = "ours";

    /// Of the engine that the running test's suite begins with: `sqlite/append/0`.
    our_harness();
    explicit our_harness(std::string_view engine);
    explicit our_harness(std::unique_ptr<store_place> place) : place_(std::move(place)) {}

    result<any_store> open(environment& env) { return place_->open(env); }
    result<any_store> open_to_read(environment& env) { return place_->open_to_read(env); }

    void power_cut(std::uint64_t seed) { disk().crash(seed); }
    void plan(const disk_fault& fault) { disk().plan(fault); }
    void clear_faults() { disk().clear_faults(); }
    void fill_up() { disk().set_capacity(size()); }
    void make_room() { disk().set_capacity(~std::uint64_t{0}); }
    std::uint64_t count(disk_operation kind) const { return disk().count(kind); }
    bool flip_in(bytes_view needle, std::uint64_t seed);
    void flip(std::uint64_t seed);
    void mend() { disk().damage(flipped_.name, flipped_.at, {&flipped_.before, 1}).value(); }

private:
    simulated_disk& disk() const { return *place_->disk; }
    std::uint64_t size() const;
    bytes content(const std::string& name) const;
    void flip_at(const std::string& name, bytes_view all, std::uint64_t at, std::uint64_t seed);

    std::unique_ptr<store_place> place_;
    struct {
        std::string name{};
        std::uint64_t at = 0;
        std::byte before{};
    } flipped_;
};

}  // namespace varve::tests

/// Runs a chapter over every engine on a simulated disk.
#define VARVE_ON_OUR_SIMULATED_ENGINES(chapter)                              \
    VARVE_CONFORMANCE_CHAPTER(memory, chapter, ::varve::tests::our_harness); \
    VARVE_CONFORMANCE_CHAPTER(sqlite, chapter, ::varve::tests::our_harness); \
    VARVE_CONFORMANCE_CHAPTER(rocksdb, chapter, ::varve::tests::our_harness)

/// Runs a chapter over every engine, also on real files.
#define VARVE_ON_OUR_ENGINES(chapter)                                             \
    VARVE_ON_OUR_SIMULATED_ENGINES(chapter);                                      \
    VARVE_CONFORMANCE_CHAPTER(sqlite_file, chapter, ::varve::tests::our_harness); \
    VARVE_CONFORMANCE_CHAPTER(rocksdb_file, chapter, ::varve::tests::our_harness)
