// A scenario begins with events of its aggregate only.
// expect: varve: this is not one of the aggregate's `events`
#include "account.hpp"

struct Renamed {
    static constexpr std::string_view wire_name = "renamed";
    std::int64_t name;
};

void scenario() {
#ifdef BAD
    varve::given<Account>(Opened{}, Renamed{7})
        .when<DepositHandler>(Deposit{7, 5})
        .then(Deposited{5});
#else
    varve::given<Account>(Opened{}).when<DepositHandler>(Deposit{7, 5}).then(Deposited{5});
#endif
}
