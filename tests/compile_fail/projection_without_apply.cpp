// A projection handles each event that it subscribes to, or says that it ignores it.
// expect: varve: this projection subscribes to an event that it neither handles nor ignores
// expect: Opened
#include "account.hpp"

#include <varve/projections/memory_read_model.hpp>

struct Total {
    static constexpr std::string_view name = "total";
    static constexpr std::uint32_t version = 1;
    using events = varve::events<Opened, Deposited>;
#ifndef BAD
    using ignores = varve::events<Opened>;
#endif
    std::int64_t cents = 0;
    void apply(const Deposited& e) { cents += e.cents; }
};

varve::result<void> fold(varve::memory_read_model<Total>& model,
                         const varve::recorded_event& event) {
    return model.apply(event);
}
