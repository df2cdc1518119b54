// The store over the memory engine, compiled in memory.cpp instead of in each unit.
#pragma once

#include <varve/eventstore/memory_store.hpp>

extern template class varve::basic_store<varve::memory_engine>;

namespace varve::tests {

/// As `memory_store::open`, of which it spares the unit the compilation.
result<memory_store> open_memory(store_options options = {},
                                 memory_engine_options engine_options = {});

}  // namespace varve::tests
