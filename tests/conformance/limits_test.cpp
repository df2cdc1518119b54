// Runs the chapter `limits` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/limits.hpp>

VARVE_ON_OUR_ENGINES(size_limits);
