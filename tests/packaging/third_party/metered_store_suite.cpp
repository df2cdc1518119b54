// The conformance suite over a store of our own, which offers nothing but `varve::event_store`.
#include "metered_store.hpp"

#include <varve/eventstore/memory_store.hpp>
#include <varve/testing/conformance.hpp>

#include <memory>

// [harness]
struct metered_harness {
    using store_type = third_party::metered_store<varve::memory_store>;
    static constexpr std::string_view name = "metered";

    varve::result<store_type> open(varve::environment& env) {
        auto inner = varve::memory_store::open({.environment = &env}, {.disk = disk});
        if (!inner) return varve::pass_on(std::move(inner));
        return store_type{std::move(*inner), counts};
    }
    std::shared_ptr<varve::simulated_disk> disk = std::make_shared<varve::simulated_disk>();
    std::shared_ptr<third_party::meter> counts = std::make_shared<third_party::meter>();
};

VARVE_CONFORMANCE(metered, ::metered_harness);
// [/harness]

static_assert(varve::event_store<metered_harness::store_type>);
static_assert(!varve::checkpoint_store<metered_harness::store_type>);
