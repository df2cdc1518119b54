// Our own engines under one harness, so that a chapter is compiled once and run over all of them.
#pragma once

#include "stores/place.hpp"

#include <varve/testing/harness.hpp>
#include <varve/testing/instantiate.hpp>
#include <varve/testing/on_simulated_disk.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

namespace varve::tests {

/// The harness of the engine that is named: memory, sqlite or rocksdb on a simulated disk, sqlite_file
/// or rocksdb_file on real files.
class our_harness : public testkit::on_simulated_disk {
public:
    using store_type = any_store;
    static constexpr std::string_view name = "ours";

    /// Of the engine that the running test's suite begins with: `sqlite/append/0`.
    our_harness();
    explicit our_harness(std::string_view engine);
    explicit our_harness(std::unique_ptr<store_place> place);

    result<any_store> open(environment& env) { return place_->open(env); }
    result<any_store> open_to_read(environment& env) { return place_->open_to_read(env); }
    void expire_append_ids_after(std::optional<std::chrono::nanoseconds> age) {
        place_->append_id_expiry = age;
    }

private:
    std::unique_ptr<store_place> place_;
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
