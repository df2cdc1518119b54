// Runs the chapter `subscriptions` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/subscriptions.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, subscriptions, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, subscriptions, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, subscriptions, ::varve::tests::sqlite_file_harness);
