// Runs the chapter `crash` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/crash.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, crash, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, crash, ::varve::tests::sqlite_harness);
