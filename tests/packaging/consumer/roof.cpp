// What a user of the installed roof writes: a command is stored and its state comes back.
#include <varve/app.hpp>

#include <cstdio>

struct Counted {
    static constexpr std::string_view wire_name = "consumer.counted";
    std::int64_t by;
};

struct Count {
    std::int64_t by;
};

struct Counter {
    static constexpr std::string_view category = "counter";
    using events = varve::events<Counted>;
    std::int64_t value = 0;
    void evolve(const Counted& event) { value += event.by; }
};

struct CountHandler {
    static auto key(const Count&) { return "one"; }
    varve::decision<Counter> operator()(const Counter&, const Count& command) const {
        return Counted{command.by};
    }
};

struct Totals {
    static constexpr std::string_view name = "totals";
    static constexpr std::uint32_t version = 1;
    using events = varve::events<Counted>;
    std::int64_t sum = 0;
    void apply(const Counted& event) { sum += event.by; }
};

struct Total {};

struct TotalHandler {
    std::int64_t operator()(const Totals& totals, const Total&) const { return totals.sum; }
};

int main() {
    auto store = varve::memory_store::open().value();
    auto app = varve::app<varve::commands<CountHandler>, varve::queries<TotalHandler>,
                          varve::projections<Totals>>::open(store)
                   .value();
    varve::receipt last;
    for (const std::int64_t by : {20, 22}) last = app.send(Count{by}).value();
    const auto total = app.ask(Total{}, varve::at_least(last.last)).value();
    std::puts(total == 42 ? varve::version_text : "it does not count");
    return total == 42 ? 0 : 1;
}
