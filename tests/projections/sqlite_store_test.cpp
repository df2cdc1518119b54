// The store on SQLite that the tests of projections run on, and a projection over it (semantics §52).
#include "bank.hpp"
#include "stores.hpp"

#include <varve/eventstore/sqlite_store.hpp>

#include <gtest/gtest.h>

namespace ledger {

log sqlite_log(const std::string& path) {
    auto store = std::make_shared<varve::sqlite_store>(varve::sqlite_store::open(path).value());
    return {store, varve::store_ref{*store}};
}

}  // namespace ledger

TEST(projection, follows_a_store_on_sqlite) {
    const auto folder = ledger::fresh_folder("over_sqlite");
    ledger::expect_projected(ledger::sqlite_log(folder + "log.db"), folder);
}
