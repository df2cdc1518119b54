// An aggregate evolves by each of its events.
// expect: varve: this aggregate has an event without an `evolve`
// expect: Opened
#include "account.hpp"

struct Forgetful {
    static constexpr std::string_view category = "forgetful";
    using events = varve::events<Deposited, Opened>;
    void evolve(const Deposited&) noexcept {}
#ifndef BAD
    void evolve(const Opened&) noexcept {}
#endif
};

varve::result<void> apply(Forgetful& state, const varve::recorded_event& event) {
    return varve::apply(state, event);
}
