// The store over the memory engine: every member of it, and its place.
#include "stores/memory.hpp"

#include "stores/owned.hpp"

template class varve::basic_store<varve::memory_engine>;

namespace varve::tests {
namespace {

/// The memory engine, whose journal lies on the disk.
struct on_disk final : store_place {
    on_disk() { disk = std::make_shared<simulated_disk>(); }
    result<any_store> open(environment& env) override {
        return owned(memory_store::open({.environment = &env, .append_id_expiry = append_id_expiry},
                                        {.disk = disk}));
    }
    result<any_store> open_to_read(environment& env) override { return open(env); }
};

}  // namespace

std::unique_ptr<store_place> memory_place() { return std::make_unique<on_disk>(); }

result<memory_store> open_memory(store_options options, memory_engine_options engine_options) {
    return memory_store::open(std::move(options), std::move(engine_options));
}

}  // namespace varve::tests
