// Beyond 16 members a flat struct names its fields.
// expect: varve: this flat struct has more than 16 members; name them in `fields`
#include "account.hpp"

struct Wide {
    static constexpr std::string_view wire_name = "wide";
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p;
#ifdef BAD
    int q;
#endif
};

varve::bytes payload() { return varve::encode(Wide{}); }
