// Runs the chapter `reads` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/reads.hpp>

VARVE_ON_OUR_ENGINES(reads);
