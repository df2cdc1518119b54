// Runs the chapter `damage` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/damage.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, damage, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, damage, ::varve::tests::sqlite_harness);
