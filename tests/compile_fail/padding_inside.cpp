// Padding is found in the structs inside a flat struct too.
// expect: varve: this flat struct has padding
#include "account.hpp"

struct Money {
    std::int64_t cents;
#ifdef BAD
    char currency[3];
#else
    char currency[8];
#endif
};

struct Priced {
    static constexpr std::string_view wire_name = "priced";
    Money net;
    Money gross[2];
};

varve::bytes payload() { return varve::encode(Priced{}); }
