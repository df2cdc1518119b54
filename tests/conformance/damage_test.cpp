// Runs the chapter `damage` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/damage.hpp>

VARVE_ON_OUR_SIMULATED_ENGINES(damage);
