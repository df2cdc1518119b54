// Runs the chapter `consumers` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/consumers.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, consumers, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, consumers, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, consumers, ::varve::tests::sqlite_file_harness);
