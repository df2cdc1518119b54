// An app says what its parts are; a bare handler could be any of them.
// expect: varve: an app is app<commands<...>, queries<...>, projections<...>>
#include "account.hpp"

#include <varve/app.hpp>

#ifdef BAD
using Bank = varve::app<OpenHandler>;
#else
using Bank = varve::app<varve::commands<OpenHandler>>;
#endif

varve::result<varve::receipt> open(Bank& bank) { return bank.send(Open{7}); }
