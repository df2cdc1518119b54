// A command handler decides: it gives events, it does not do things.
// expect: varve: a command handler has one `varve::decision<State> operator()(const State&, const Command&) const`
#include "account.hpp"

struct Handler {
    static auto key(const Deposit& command) { return command.account; }
#ifdef BAD
    void operator()(Account& account, const Deposit& command) const {
        account.cents += command.cents;
    }
#else
    varve::decision<Account> operator()(const Account&, const Deposit& command) const {
        return Deposited{command.cents};
    }
#endif
};

const std::size_t size = sizeof(bus_of<Handler>);
