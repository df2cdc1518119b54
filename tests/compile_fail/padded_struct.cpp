// A flat struct has no bytes that mean nothing.
// expect: varve: this flat struct has padding
#include "account.hpp"

struct Priced {
    static constexpr std::string_view wire_name = "priced";
    double price;
    float discount;
#ifndef BAD
    std::int32_t quantity;
#endif
};

varve::bytes payload() { return varve::encode(Priced{}); }
