// The example of projections/README.md, run.
#include "bank.hpp"
#include "stores.hpp"

// [include]
#include <varve/projections/at_least.hpp>
#include <varve/projections/sqlite_read_model.hpp>
#include <varve/projections/worker.hpp>
// [/include]

#include <gtest/gtest.h>

#include <string>

namespace {

using Deposited = ledger::deposited;
using Withdrawn = ledger::withdrawn;
using Noted = ledger::noted;

// [projection]
struct Balances {
    static constexpr std::string_view name = "balances";
    static constexpr std::uint32_t version = 1;  // another version is folded anew, from zero
    using events = varve::events<Deposited, Withdrawn, Noted>;
    using ignores = varve::events<Noted>;
    static constexpr std::string_view schema =
        "create table balances(account integer primary key, cents integer not null) strict";

    void apply(varve::row_writer& rows, const Deposited& e) const {
        move(rows, e.account, e.cents);
    }
    void apply(varve::row_writer& rows, const Withdrawn& e, const varve::recorded_event&) const {
        move(rows, e.account, -e.cents);
    }

    static void move(varve::row_writer& rows, std::int64_t account, std::int64_t cents) {
        rows.run("insert into balances values(?1, ?2) on conflict do update set cents = cents + ?2",
                 account, cents);
    }
};

struct BalanceOf {
    std::int64_t account;
};

struct BalanceHandler {
    varve::result<std::optional<std::int64_t>> operator()(const varve::rows<Balances>& balances,
                                                          const BalanceOf& query) const {
        return balances.one<std::int64_t>("select cents from balances where account = ?1",
                                          query.account);
    }
};
// [/projection]

TEST(readme, of_the_projections_says_what_happens) {
    using namespace std::chrono_literals;
    auto store = ledger::memory_log();
    const auto path = ledger::fresh_folder("readme") + "balances.db";
    ledger::teller teller;
    teller.say(store, Noted{7});
    teller.say(store, Deposited{7, 500});
    const auto last = teller.say(store, Withdrawn{7, 200});

    // [worker]
    auto model = varve::sqlite_read_model<Balances>::open(path).value();
    varve::projection_worker worker{store, model};
    worker.start().value();         // from the stored checkpoint, then live
    worker.wait(last, 5s).value();  // read your own write
    const auto cents = model.read(
        [](const varve::rows<Balances>& now) { return BalanceHandler{}(now, BalanceOf{7}); });
    // [/worker]

    ASSERT_TRUE(cents) << to_string(cents.error());
    EXPECT_EQ(*cents, 300);
    constexpr auto wanted = varve::at_least(varve::position{3});
    static_assert(wanted.reached == varve::position{3} && wanted.timeout == 5s);
}

}  // namespace
