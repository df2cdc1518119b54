// Runs the chapter `reservations` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/reservations.hpp>

VARVE_ON_OUR_ENGINES(reservations);
