// Runs the chapter `endings` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/endings.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, endings, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, endings, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, endings, ::varve::tests::sqlite_file_harness);
