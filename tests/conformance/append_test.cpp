// Runs the chapter `append` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/append.hpp>

VARVE_ON_OUR_ENGINES(append);
