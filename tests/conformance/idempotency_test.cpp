// Runs the chapter `idempotency` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/idempotency.hpp>

VARVE_ON_OUR_ENGINES(idempotency);
