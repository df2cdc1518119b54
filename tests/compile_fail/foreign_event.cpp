// A handler decides on events of its aggregate only.
// expect: varve: this is not one of the aggregate's `events`
#include "account.hpp"

struct Renamed {
    static constexpr std::string_view wire_name = "renamed";
    std::int64_t name;
};

struct Handler {
    static auto key(const Deposit& command) { return command.account; }
    varve::decision<Account> operator()(const Account&, const Deposit& command) const {
#ifdef BAD
        return {Deposited{command.cents}, Renamed{command.account}};
#else
        return {Deposited{command.cents}, Opened{}};
#endif
    }
};

const std::size_t size = sizeof(bus_of<Handler>);
