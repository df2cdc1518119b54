// Runs the chapters `checkpoints` and `checkpoint_faults` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/checkpoints.hpp>

VARVE_ON_OUR_ENGINES(checkpoints);
VARVE_ON_OUR_SIMULATED_ENGINES(checkpoint_faults);
