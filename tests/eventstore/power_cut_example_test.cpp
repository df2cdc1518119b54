// The README's example of a power cut under somebody's own code, run.

#include <varve/eventstore/simulation/sqlite_vfs.hpp>
#include <varve/eventstore/sqlite_store.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace {

using varve::append_id;

std::vector<append_id> acknowledged;

/// Appends until something fails, and remembers what was acknowledged.
void run_my_code(const std::string& vfs) {
    auto store = varve::sqlite_store::open("mine.db", {.vfs = vfs});
    if (!store) return;
    for (const auto& id : acknowledged) EXPECT_TRUE(store->find(id).value().has_value());
    for (int i = 0; i < 50; ++i) {
        const varve::new_event event[] = {{.stream = "mine-1", .type = "noted"}};
        const auto id = varve::environment::system().ids().next<append_id>();
        if (!store->append({.id = id, .events = event})) return;
        acknowledged.push_back(id);
    }
}

// semantics.md §35
TEST(power_cut, what_was_acknowledged_under_the_readmes_example_is_there) {
    const std::uint64_t seed = 7;
    // [power-cut]
    auto disk = std::make_shared<varve::simulated_disk>();
    varve::sqlite_simulated_vfs vfs{disk};
    disk->plan({.kind = varve::disk_operation::any, .at = 200, .for_ever = true});
    run_my_code(vfs.name());  // until the disk fails
    disk->crash(seed);        // here the power goes
    run_my_code(vfs.name());  // and again: what is there?
    // [/power-cut]
    EXPECT_GT(acknowledged.size(), 50u);
}

}  // namespace
