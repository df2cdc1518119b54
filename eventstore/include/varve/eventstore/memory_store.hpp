// The event store in memory, on a simulated disk: for tests, and for what need not outlive a process.
#pragma once

#include <varve/eventstore/anchor/simulated_anchor.hpp>
#include <varve/eventstore/basic_store.hpp>
#include <varve/eventstore/memory_engine.hpp>

#include <memory>
#include <utility>

namespace varve::inline v0 {

class memory_store : public basic_store<memory_engine> {
public:
    /// Opens the store on the disk of `engine_options` (a private, empty one by default).
    /// Errors: as `basic_store::open` and `memory_engine::open`.
    static result<memory_store> open(store_options options = {},
                                     memory_engine_options engine_options = {}) {
        if (!engine_options.disk) engine_options.disk = std::make_shared<simulated_disk>();
        if (!options.anchor)
            options.anchor = std::make_shared<detail::simulated_anchor>(
                engine_options.disk, engine_options.file + "-anchor");
        auto engine = memory_engine::open(detail::store_spaces, std::move(engine_options));
        if (!engine) return pass_on(std::move(engine));
        auto store = basic_store::open(std::move(*engine), std::move(options));
        if (!store) return pass_on(std::move(store));
        return memory_store{std::move(*store)};
    }

private:
    explicit memory_store(basic_store&& store) : basic_store(std::move(store)) {}
};

static_assert(event_store<memory_store>);

}  // namespace varve::inline v0
