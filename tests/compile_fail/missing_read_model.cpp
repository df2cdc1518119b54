// A query handler gets the read models it wants, or the bus does not exist.
// expect: varve: this query handler wants a read model that this bus does not have
#include "account.hpp"

struct Names {};

#ifdef BAD
using bus = varve::query_bus<varve::queries<BalanceHandler>, Names>;
#else
using bus = varve::query_bus<varve::queries<BalanceHandler>, Names, Balances>;
#endif
const std::size_t size = sizeof(bus);
