// A tag makes no event of what is none.
// expect: varve: this is not one of the aggregate's `events`
#include "account.hpp"

#ifdef BAD
struct Renamed {
    static constexpr std::string_view wire_name = "renamed";
};
#else
using Renamed = Opened;
#endif

varve::decision<Account> decide() { return varve::tagged(Renamed{}, "branch:3"); }
