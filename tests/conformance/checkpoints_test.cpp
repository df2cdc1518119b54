// Runs the chapters `checkpoints` and `checkpoint_faults` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/checkpoints.hpp>
#include <varve/testing/instantiate.hpp>

VARVE_CONFORMANCE_CHAPTER(memory, checkpoints, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, checkpoints, ::varve::tests::sqlite_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite_file, checkpoints, ::varve::tests::sqlite_file_harness);

VARVE_CONFORMANCE_CHAPTER(memory, checkpoint_faults, ::varve::tests::memory_harness);
VARVE_CONFORMANCE_CHAPTER(sqlite, checkpoint_faults, ::varve::tests::sqlite_harness);
