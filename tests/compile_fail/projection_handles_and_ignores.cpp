// An event that a projection ignores has no `apply`: one of the two is an error.
// expect: varve: this projection both handles and ignores an event
#include "account.hpp"

#include <varve/projections/memory_read_model.hpp>

struct Total {
    static constexpr std::string_view name = "total";
    static constexpr std::uint32_t version = 1;
    using events = varve::events<Opened, Deposited>;
#ifdef BAD
    using ignores = varve::events<Opened, Deposited>;
#else
    using ignores = varve::events<Opened>;
#endif
    std::int64_t cents = 0;
    void apply(const Deposited& e) { cents += e.cents; }
};

varve::result<void> fold(varve::memory_read_model<Total>& model,
                         const varve::recorded_event& event) {
    return model.apply(event);
}
