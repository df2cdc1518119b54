// JSON is asked for by a type and brought by an include.
// expect: varve: this type is stored as JSON; include <varve/adapters/json.hpp>
#include "account.hpp"

#ifndef BAD
#include <varve/adapters/json.hpp>
#endif

struct Priced {
    static constexpr std::string_view wire_name = "priced";
    using encoding = varve::json;
    std::int64_t net;
    static constexpr auto fields = varve::fields(varve::field("net", &Priced::net));
};

varve::bytes payload() { return varve::encode(Priced{}); }
