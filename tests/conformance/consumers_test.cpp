// Runs the chapter `consumers` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/consumers.hpp>

VARVE_ON_OUR_ENGINES(consumers);
