// Runs the chapter `groups` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/groups.hpp>

VARVE_ON_OUR_ENGINES(groups);
