// Runs the chapter `faults` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/faults.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, faults, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, faults, ::varve::tests::sqlite_harness);
