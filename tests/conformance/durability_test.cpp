// Runs the chapter `durability` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/durability.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, durability, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, durability, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, durability, ::varve::tests::sqlite_file_harness);
