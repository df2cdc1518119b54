// A query that nobody answers cannot be asked (semantics.md §69).
// expect: varve: no handler on this bus answers this query
#include "account.hpp"

struct NameOf {
    std::int64_t account;
};

std::int64_t ask(const varve::query_bus<varve::queries<BalanceHandler>, Balances>& bus) {
#ifdef BAD
    bus.ask(NameOf{7});
    return 0;
#else
    return bus.ask(BalanceOf{7}).value();
#endif
}
