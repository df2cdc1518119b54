// A key is text or an integer: a floating-point number would name streams at random.
// expect: varve: the key of a command is text or an integer
#include "account.hpp"

struct Handler {
#ifdef BAD
    static double key(const Deposit& command) { return static_cast<double>(command.account); }
#else
    static std::string_view key(const Deposit&) { return "all"; }
#endif
    varve::decision<Account> operator()(const Account&, const Deposit& command) const {
        return Deposited{command.cents};
    }
};

const std::size_t size = sizeof(bus_of<Handler>);
