// `fields` names every member of a flat struct.
// expect: varve: this flat struct has padding; sort its members from large to small, fill the gap with a named member, and name every member if it has `fields`
#include "account.hpp"

struct Priced {
    static constexpr std::string_view wire_name = "priced";
    std::int64_t net;
    std::int64_t gross;
#ifdef BAD
    static constexpr auto fields = varve::fields(varve::field("net", &Priced::net));
#else
    static constexpr auto fields = varve::fields(varve::field("net", &Priced::net),
                                                 varve::field("gross", &Priced::gross));
#endif
};

varve::bytes payload() { return varve::encode(Priced{}); }
