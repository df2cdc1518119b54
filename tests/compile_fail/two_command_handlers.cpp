// A bus with two handlers for one command does not exist (semantics.md §69).
// expect: varve: two handlers on this bus accept this command
#include "account.hpp"

struct HastyDepositHandler {
    static auto key(const Deposit& command) { return command.account; }
    varve::decision<Account> operator()(const Account&, const Deposit&) const {
        return varve::nothing;
    }
};

#ifdef BAD
using bus = bus_of<DepositHandler, OpenHandler, HastyDepositHandler>;
#else
using bus = bus_of<OpenHandler, HastyDepositHandler>;
#endif
const std::size_t size = sizeof(bus);
