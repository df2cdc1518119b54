// Runs the chapter `endings` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/endings.hpp>

VARVE_ON_OUR_ENGINES(endings);
