// Runs the chapter `queries` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/queries.hpp>

VARVE_ON_OUR_ENGINES(queries);
