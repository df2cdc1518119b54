// The smallest complete program: a domain, a scenario, a store, a command.

// [readme]
#include <varve/app.hpp>

#include <cstdio>

struct Booked {  // an event: what happened
    static constexpr std::string_view wire_name = "cinema.booked";
    std::int32_t seats;
};

struct Book {  // a command: what somebody wants
    std::string show;
    std::int32_t seats;
};

struct Show {  // a state, folded from events
    static constexpr std::string_view category = "show";
    using events = varve::events<Booked>;
    std::int32_t free = 100;
    void evolve(const Booked& event) { free -= event.seats; }
};

struct BookSeats {  // decides: a pure function
    static auto key(const Book& command) { return command.show; }
    varve::decision<Show> operator()(const Show& show, const Book& command) const {
        if (command.seats < 1) return varve::reject("book at least one seat");
        if (command.seats > show.free) return varve::reject("sold out");
        return Booked{command.seats};
    }
};

int main() {
    varve::given<Show>(Booked{98}).when<BookSeats>(Book{"dune", 3}).rejected("sold out");

    auto store = varve::memory_store::open().value();
    auto cinema = varve::app<varve::commands<BookSeats>>::open(store).value();
    for (const int seats : {60, 40, 1}) {
        const auto done = cinema.send(Book{"dune", seats});
        std::puts(done ? "booked" : done.error().message.c_str());
    }
}
// [/readme]
