// What the bus costs: finding the handler, and a whole `send` on the memory store; time and allocations.
#include "account.hpp"
#include "count_allocations.hpp"
#include "paired.hpp"

#include <varve/command_bus.hpp>
#include <varve/eventstore/memory_store.hpp>
#include <varve/eventstore/sqlite_store.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace {

using bench::need;
using bench::unit;

// ---- finding the handler -------------------------------------------------------------------

struct counted {
    static constexpr std::string_view wire_name = "counted";
    std::int64_t by;
};

struct counter {
    static constexpr std::string_view category = "counter";
    using events = varve::events<counted>;
    std::int64_t value = 0;
    void evolve(const counted& event) noexcept { value += event.by; }
};

template <std::size_t>
struct count {
    std::int64_t by;
};

template <std::size_t N>
struct count_handler {
    static std::uint64_t key(const count<N>&) { return N; }
    varve::decision<counter> operator()(const counter& now, const count<N>& command) const {
        if (now.value + command.by < 0) return varve::reject("below zero");
        return counted{command.by};
    }
};

template <std::size_t... N>
auto bus_of(varve::memory_store& store, std::index_sequence<N...>) {
    return varve::command_bus<varve::memory_store, varve::commands<count_handler<N>...>>{
        store, varve::environment::system()};
}

template <std::size_t Types>
void find_handler(bench::table& rows, varve::memory_store& store) {
    const auto bus = bus_of(store, std::make_index_sequence<Types>{});
    using command = count<Types * 2 / 3>;
    const count_handler<Types * 2 / 3> handler{};
    counter state{};
    command next{1};
    const auto timed = [&](auto decide) {
        return [&, decide] {
            return bench::nanoseconds(5'000'000, [&] {
                bench::change(state);
                bench::change(next);
                bench::keep(decide());
            });
        };
    };
    rows.compare(fmt::format("dispatch, bus of {} command{}", Types, Types == 1 ? "" : "s"),
                 unit::nanoseconds,
                 {{"varve: bus.decide", timed([&] { return bus.decide(state, next); })},
                  {"the handler, called directly", timed([&] { return handler(state, next); })}},
                 {{"same (>= 0.9)", 0.9}});
    rows.counted(fmt::format("allocations per dispatch, bus of {}", Types),
                 bench::allocations_of(1000, [&] { bench::keep(bus.decide(state, next)); }), 0);
}

// ---- a whole send --------------------------------------------------------------------------

constexpr std::size_t sends = 1000;

template <class Once>
std::function<double()> timed_sends(Once once) {
    return [once] { return bench::nanoseconds(sends, once); };
}

void send_to_memory(bench::table& rows, std::uint64_t each) {
    const std::string work = fmt::format("send, memory, {} commands per stream", each);
    if (!rows.wanted(work)) return;
    auto& env = varve::environment::system();
    auto on_bus = need(varve::memory_store::open()), by_hand = need(varve::memory_store::open()),
         bare = need(varve::memory_store::open());
    bench::account_bus<varve::memory_store> bus{on_bus, env};
    bench::deposits first{each}, second{each}, third{each};
    rows.compare(work, unit::nanoseconds,
                 {{"varve: bus.send", timed_sends([&] { need(bus.send(first.next())); })},
                  {"load, decide, append by hand",
                   timed_sends([&] { need(bench::deposit_by_hand(by_hand, env, second.next())); })},
                  {"append alone",
                   timed_sends([&] { need(bench::append_deposit(bare, env, third.next())); })}},
                 {{"same (>= 0.9)", 0.9}});
}

template <class Store>
void count_sends(bench::table& rows, Store store, const std::string& name) {
    auto& env = varve::environment::system();
    bench::account_bus<Store> bus{store, env};
    bench::deposits one{1}, ten{20}, alone{20};
    const auto per = [&](const std::string& work, auto&& once) {
        bench::allocations_of(200, once);  // warm up
        rows.counted(fmt::format("allocations per {}, {}", work, name),
                     bench::allocations_of(2000, once));
    };
    per("append", [&] {
        auto command = alone.next();
        command.account += 1'000'000;
        need(bench::append_deposit(store, env, command));
    });
    per("send to a new stream", [&] {
        auto command = one.next();
        command.account += 2'000'000;
        need(bus.send(command));
    });
    per("send after 10 events", [&] { need(bus.send(ten.next())); });
}

}  // namespace

int main(int count, char** words) {
    bench::table rows{"dispatch", bench::parse(count, words)};
    auto store = need(varve::memory_store::open());
    find_handler<1>(rows, store);
    find_handler<100>(rows, store);
    find_handler<1000>(rows, store);
    send_to_memory(rows, 1);
    send_to_memory(rows, 20);
    count_sends(rows, need(varve::memory_store::open()), "memory");
    const bench::scratch_folder folder{rows.chosen().dir};
    count_sends(rows, need(varve::sqlite_store::open(folder.file("ours.db"))), "SQLite");
    return 0;
}
