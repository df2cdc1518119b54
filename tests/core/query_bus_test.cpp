#include <varve/query_bus.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace {

struct Balances {
    std::map<std::string, int> cents;
};
struct Names {
    std::map<std::string, std::string> of;
};

struct BalanceOf {
    std::string account;
};
struct Greeting {
    std::string account;
};
struct Version {};

struct BalanceHandler {
    varve::result<int> operator()(const Balances& balances, const BalanceOf& query) const {
        const auto found = balances.cents.find(query.account);
        if (found == balances.cents.end())
            return varve::fail(varve::errc::not_found, "no account " + query.account);
        return found->second;
    }
};
struct GreetingHandler {
    std::string hello = "Hello";
    std::string operator()(const Names& names, const Balances& balances,
                           const Greeting& query) const {
        return hello + " " + names.of.at(query.account) + ", " +
               std::to_string(balances.cents.at(query.account));
    }
};
struct VersionHandler {
    int operator()(const Version&) const noexcept { return 3; }
};

using bus_type = varve::query_bus<varve::queries<BalanceHandler, GreetingHandler, VersionHandler>,
                                  Balances, Names>;

// semantics.md §69
TEST(query_bus, a_query_is_answered_by_its_handler_from_the_read_models_it_wants) {
    Balances balances{{{"7", 500}}};
    Names names{{{"7", "Ada"}}};
    const bus_type bus{balances, names};
    EXPECT_EQ(bus.ask(BalanceOf{"7"}).value(), 500);
    EXPECT_EQ(bus.ask(Greeting{"7"}).value(), "Hello Ada, 500");
    EXPECT_EQ(bus.ask(Version{}).value(), 3);
    EXPECT_EQ(bus.ask(BalanceOf{"8"}).error().code, varve::errc::not_found);
    balances.cents["7"] = 400;
    EXPECT_EQ(bus.ask(BalanceOf{"7"}).value(), 400)
        << "the bus refers to the read model, it has no copy";
}

TEST(query_bus, handlers_may_be_handed_over) {
    Balances balances{{{"7", 500}}};
    Names names{{{"7", "Ada"}}};
    const bus_type bus{{},   BalanceHandler{}, GreetingHandler{"Moin"}, VersionHandler{}, balances,
                       names};
    EXPECT_EQ(bus.ask(Greeting{"7"}).value(), "Moin Ada, 500");
}

TEST(query_bus, it_says_which_read_models_a_query_needs) {
    using varve::detail::type_list;
    static_assert(std::is_same_v<bus_type::read_models_of<Greeting>, type_list<Names, Balances>>);
    static_assert(std::is_same_v<bus_type::read_models_of<Version>, type_list<>>);
    static_assert(bus_type::accepts<Version> && !bus_type::accepts<int>);
}

}  // namespace
