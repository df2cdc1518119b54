// A flat struct holds no address: it would be stored, and mean nothing.
// expect: varve: this flat struct holds a pointer
#include "account.hpp"

struct Named {
    static constexpr std::string_view wire_name = "named";
#ifdef BAD
    const char* name;
#else
    char name[8];
#endif
};

varve::bytes payload() { return varve::encode(Named{}); }
