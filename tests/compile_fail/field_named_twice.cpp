// Two fields of one struct need two names.
// expect: varve: two fields of this struct share a name
#include "account.hpp"

struct Priced {
    static constexpr std::string_view wire_name = "priced";
    std::int64_t net;
    std::int64_t gross;
#ifdef BAD
    static constexpr auto fields = varve::fields(varve::field("net", &Priced::net),
                                                 varve::field("net", &Priced::gross));
#else
    static constexpr auto fields = varve::fields(varve::field("net", &Priced::net),
                                                 varve::field("gross", &Priced::gross));
#endif
};

varve::bytes payload() { return varve::encode(Priced{}); }
