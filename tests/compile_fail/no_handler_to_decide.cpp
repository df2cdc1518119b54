// A command that no handler accepts cannot be decided either (semantics.md §69).
// expect: varve: no handler on this bus accepts this command
#include "account.hpp"

bool refused(const bus_of<OpenHandler>& bus, const Account& account) {
#ifdef BAD
    bus.decide(account, Deposit{7, 500});
    return false;
#else
    return bus.decide(account, Open{7}).is_rejected();
#endif
}
