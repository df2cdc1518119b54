// Runs the chapter `limits` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/limits.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, size_limits, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, size_limits, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, size_limits, ::varve::tests::sqlite_file_harness);
