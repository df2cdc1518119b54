// Two projections of one name would write to one file.
// expect: varve: two projections of this app share a name
#include "account.hpp"

#include <varve/app.hpp>

struct Count {
    static constexpr std::string_view name = "count";
    static constexpr std::uint32_t version = 1;
    using events = varve::events<Deposited>;
    int deposits = 0;
    void apply(const Deposited&) { ++deposits; }
};

struct Sum {
#ifdef BAD
    static constexpr std::string_view name = "count";
#else
    static constexpr std::string_view name = "sum";
#endif
    static constexpr std::uint32_t version = 1;
    using events = varve::events<Deposited>;
    std::int64_t cents = 0;
    void apply(const Deposited& e) { cents += e.cents; }
};

using Bank = varve::app<varve::commands<>, varve::queries<>, varve::projections<Count, Sum>>;

varve::result<Bank> open(varve::store_ref store) { return Bank::open(store); }
