// A wire name means one event on the whole bus, whatever the aggregate.
// expect: varve: a wire name stands for two different events on this bus
#include "account.hpp"

struct Created {
#ifdef BAD
    static constexpr std::string_view wire_name = "opened";
#else
    static constexpr std::string_view wire_name = "created";
#endif
};

struct Customer {
    static constexpr std::string_view category = "customer";
    using events = varve::events<Created, Deposited>;  // sharing the event itself is fine
    template <class Event>
    void evolve(const Event&) noexcept {}
};

struct Create {
    std::string_view name;
};

struct CreateHandler {
    static auto key(const Create& command) { return command.name; }
    varve::decision<Customer> operator()(const Customer&, const Create&) const { return Created{}; }
};

const std::size_t size = sizeof(bus_of<OpenHandler, CreateHandler>);
