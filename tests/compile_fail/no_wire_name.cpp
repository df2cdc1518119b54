// What is stored has a name that outlives the C++ type's.
// expect: varve: this event has no wire name; give it `static constexpr std::string_view wire_name
#include "account.hpp"

struct Closed {
#ifndef BAD
    static constexpr std::string_view wire_name = "closed";
#endif
};

const varve::type_description& closed() { return varve::describe_type<Closed>(); }
