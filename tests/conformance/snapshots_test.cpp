// Runs the chapter `snapshots` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/snapshots.hpp>

VARVE_ON_OUR_ENGINES(snapshots);
