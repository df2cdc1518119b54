// A query has one answer (semantics.md §69).
// expect: varve: two handlers on this bus answer this query
#include "account.hpp"

struct GuessHandler {
    std::int64_t operator()(const BalanceOf&) const { return 0; }
};

#ifdef BAD
using bus = varve::query_bus<varve::queries<BalanceHandler, GuessHandler>, Balances>;
#else
using bus = varve::query_bus<varve::queries<GuessHandler>, Balances>;
#endif
const std::size_t size = sizeof(bus);
