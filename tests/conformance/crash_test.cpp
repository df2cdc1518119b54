// Runs the chapter `crash` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/crash.hpp>

VARVE_ON_OUR_SIMULATED_ENGINES(crash);
