// Runs the chapter `durability` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/durability.hpp>

VARVE_ON_OUR_ENGINES(durability);
