// Runs the chapter `snapshot_faults` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/snapshot_faults.hpp>

VARVE_ON_OUR_SIMULATED_ENGINES(snapshot_faults);
