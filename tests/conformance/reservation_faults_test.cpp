// Runs the chapter `reservation_faults` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/reservation_faults.hpp>

VARVE_ON_OUR_SIMULATED_ENGINES(reservation_faults);
