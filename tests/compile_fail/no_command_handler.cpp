// A command that no handler accepts cannot be sent (semantics.md §69).
// expect: varve: no handler on this bus accepts this command
#include "account.hpp"

varve::result<varve::receipt> send(bus_of<OpenHandler>& bus) {
#ifdef BAD
    return bus.send(Deposit{7, 500});
#else
    return bus.send(Open{7});
#endif
}
