// The store in memory that the tests of projections run on, and a projection over it (semantics §52).
#include "bank_rows.hpp"
#include "stores.hpp"

#include <varve/eventstore/memory_store.hpp>
#include <varve/projections/worker.hpp>

#include <gtest/gtest.h>

namespace ledger {

log memory_log(varve::environment& env) {
    auto store = std::make_shared<varve::memory_store>(
        varve::memory_store::open({.environment = &env}).value());
    return {store, varve::store_ref{*store}};
}

void expect_projected(log store, const std::string& folder) {
    teller teller;
    teller.say_some(store, 100);
    auto model = varve::sqlite_read_model<balances>::open(folder + "balances.db").value();
    varve::projection_worker worker{store, model};
    ASSERT_TRUE(worker.start());
    const auto last = teller.say_some(store, 100);
    ASSERT_TRUE(worker.wait(last, std::chrono::seconds{30}));
    EXPECT_EQ(stored_rows(model).value().text, expected_rows(store));
}

}  // namespace ledger

TEST(projection, follows_a_store_in_memory) {
    ledger::expect_projected(ledger::memory_log(), ledger::fresh_folder("over_memory"));
}
