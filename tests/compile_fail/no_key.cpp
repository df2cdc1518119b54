// A command handler says which stream its command goes to.
// expect: varve: this command handler has no `key`
#include "account.hpp"

struct Handler {
#ifndef BAD
    static auto key(const Deposit& command) { return command.account; }
#endif
    varve::decision<Account> operator()(const Account&, const Deposit& command) const {
        return Deposited{command.cents};
    }
};

const std::size_t size = sizeof(bus_of<Handler>);
