// Runs the chapter `append` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/append.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, append, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, append, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, append, ::varve::tests::sqlite_file_harness);
