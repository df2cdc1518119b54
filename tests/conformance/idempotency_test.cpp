// Runs the chapter `idempotency` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/idempotency.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, idempotency, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, idempotency, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, idempotency, ::varve::tests::sqlite_file_harness);
