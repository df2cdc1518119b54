// Runs the chapter `reads` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/reads.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, reads, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, reads, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, reads, ::varve::tests::sqlite_file_harness);
