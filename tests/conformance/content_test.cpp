// Runs the chapter `content` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/content.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, content, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, content, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, content, ::varve::tests::sqlite_file_harness);
