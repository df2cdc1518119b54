// Whoever says `tagged` says with what.
// expect: varve: `tagged` names an event and at least one tag
#include "account.hpp"

#ifdef BAD
varve::decision<Account> decide() { return varve::tagged(Opened{}); }
#else
varve::decision<Account> decide() { return varve::tagged(Opened{}, "branch:3"); }
#endif
