// The stores of this framework, compiled once for all test programs instead of once in each unit.
#pragma once

#include <varve/eventstore/memory_store.hpp>
#include <varve/eventstore/sqlite_store.hpp>

namespace varve {

extern template class basic_store<memory_engine>;
extern template class basic_store<sqlite_engine>;

}  // namespace varve
