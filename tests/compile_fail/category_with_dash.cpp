// A category ends where the key begins, so it holds no dash.
// expect: varve: this category is empty, too long, begins with `$` or holds a `-`
#include "account.hpp"

struct Purse {
#ifdef BAD
    static constexpr std::string_view category = "small-purse";
#else
    static constexpr std::string_view category = "small_purse";
#endif
    using events = varve::events<Deposited>;
    void evolve(const Deposited&) noexcept {}
};

const varve::decision<Purse> decided = Deposited{5};
