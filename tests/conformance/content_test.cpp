// Runs the chapter `content` of the conformance suite over our engines.
#include "conformance/engines.hpp"

#include <varve/testing/conformance/content.hpp>

VARVE_ON_OUR_ENGINES(content);
