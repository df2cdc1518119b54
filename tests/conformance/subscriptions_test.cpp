// Runs the chapter `subscriptions` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/subscriptions.hpp>

VARVE_ON_OUR_ENGINES(subscriptions);
