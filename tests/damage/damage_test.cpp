// Each file of a store is damaged in each way; nothing wrong is ever served (semantics.md §26, §37,
// §39, §47).
#include "damage/battery.hpp"

namespace varve::tests {
namespace {

#define VARVE_DAMAGE_BATTERY(suite, engine)                                            \
    using suite = damage_battery<engine>;                                              \
    TEST_F(suite, S37_S47_of_a_damaged_store_nothing_is_served_that_was_not_written) { \
        live();                                                                        \
        if (!HasFailure())                                                             \
            damage_everything(testkit::number_from_environment("VARVE_DAMAGES", 1));   \
    }

VARVE_DAMAGE_BATTERY(on_sqlite, sqlite_files)
VARVE_DAMAGE_BATTERY(on_rocksdb, rocksdb_files_of_a_store)
VARVE_DAMAGE_BATTERY(on_memory, memory_files)

}  // namespace
}  // namespace varve::tests
