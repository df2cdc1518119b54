// A type that nothing can carry says what it could become.
// expect: varve: no codec fits this type
#include "account.hpp"

#include <string>

struct Named {
    static constexpr std::string_view wire_name = "named";
#ifdef BAD
    std::string name;
#else
    std::array<char, 16> name;
#endif
};

varve::bytes payload() { return varve::encode(Named{}); }
