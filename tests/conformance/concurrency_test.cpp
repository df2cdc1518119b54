// Runs the chapter `concurrency` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/concurrency.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, concurrency, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, concurrency, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, concurrency, ::varve::tests::sqlite_file_harness);
