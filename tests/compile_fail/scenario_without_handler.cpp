// A scenario finds its handler, or says how to name it.
// expect: varve: no handler is known for this command
#include "account.hpp"

void scenario() {
#ifdef BAD
    varve::given<Account>(Opened{}).when(Deposit{7, 5}).then(Deposited{5});
#else
    varve::given<Account>(Opened{})
        .with(varve::commands<OpenHandler, DepositHandler>{})
        .when(Deposit{7, 5})
        .then(Deposited{5});
#endif
}
