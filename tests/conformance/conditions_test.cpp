// Runs the chapter `conditions` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/conditions.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, conditions, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, conditions, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, conditions, ::varve::tests::sqlite_file_harness);
