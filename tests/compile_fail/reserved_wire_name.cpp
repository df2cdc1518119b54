// Names that begin with `$` belong to the store.
// expect: varve: this wire name begins with `$`, which is reserved
#include "account.hpp"

struct Closed {
#ifdef BAD
    static constexpr std::string_view wire_name = "$closed";
#else
    static constexpr std::string_view wire_name = "closed$";
#endif
};

const varve::type_description& closed() { return varve::describe_type<Closed>(); }
