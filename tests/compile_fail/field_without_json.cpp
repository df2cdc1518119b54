// A field that JSON cannot carry is refused by name of the rule.
// expect: varve: this field has no JSON form
#include "account.hpp"

#include <varve/adapters/json.hpp>

struct Named {
    static constexpr std::string_view wire_name = "named";
    using encoding = varve::json;
#ifdef BAD
    std::string_view name;
#else
    std::string name;
#endif
    static constexpr auto fields = varve::fields(varve::field("name", &Named::name));
};

varve::bytes payload() { return varve::encode(Named{}); }
