// Runs the chapter `faults` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/faults.hpp>

VARVE_ON_OUR_SIMULATED_ENGINES(faults);
