// The chapters that cut the power, fail operations and flip bits, over our engine on a simulated disk.
//
// PLANTED_FAULT=forgets_to_sync (or another name of `planted_faults.hpp`) plants a fault: the suite
// must then fail, or it would be worth nothing.
#include "file_engine.hpp"
#include "planted_faults.hpp"
#include "simulated_file.hpp"

#include <varve/eventstore/basic_store.hpp>
#include <varve/testing/conformance.hpp>
#include <varve/testing/on_simulated_disk.hpp>

using namespace third_party;

// [harness]
struct failing_disk_harness : varve::testkit::on_simulated_disk {
    using store_type = varve::basic_store<planted_engine>;
    static constexpr std::string_view name = "file on a disk that fails";

    varve::result<store_type> open(varve::environment& env) {
        auto file = with_planted_fault(simulated_file::opener(disk, "store"));
        auto engine = file_engine::open(store_type::spaces(), std::move(file), "store");
        if (!engine) return varve::pass_on(std::move(engine));
        return store_type::open(
            planted_engine{std::move(*engine)},
            {.environment = &env, .anchor = std::make_shared<anchor_file>(disk, "anchor")});
    }
    varve::result<store_type> open_to_read(varve::environment& env) { return open(env); }
};

VARVE_CONFORMANCE_UNDER_FAULTS(failing, ::failing_disk_harness);
// [/harness]
VARVE_CONFORMANCE_CHAPTER(failing, durability, ::failing_disk_harness);
VARVE_CONFORMANCE_CHAPTER(failing, consumers, ::failing_disk_harness);
