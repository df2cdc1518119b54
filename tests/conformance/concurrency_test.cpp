// Runs the chapter `concurrency` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/concurrency.hpp>

VARVE_ON_OUR_ENGINES(concurrency);
