// Runs the chapter `queries` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/queries.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, queries, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, queries, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, queries, ::varve::tests::sqlite_file_harness);
