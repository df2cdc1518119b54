// Two events of one aggregate need two names, or reading could not tell them apart.
// expect: varve: two events of this aggregate share a wire name
#include "account.hpp"

struct Withdrawn {
#ifdef BAD
    static constexpr std::string_view wire_name = "deposited";
#else
    static constexpr std::string_view wire_name = "withdrawn";
#endif
    std::int64_t cents;
};

struct Purse {
    static constexpr std::string_view category = "purse";
    using events = varve::events<Opened, Deposited, Withdrawn>;
    template <class Event>
    void evolve(const Event&) noexcept {}
};

const varve::decision<Purse> decided = Withdrawn{5};
