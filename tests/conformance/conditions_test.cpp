// Runs the chapter `conditions` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/conditions.hpp>

VARVE_ON_OUR_ENGINES(conditions);
