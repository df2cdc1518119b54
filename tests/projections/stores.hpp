// Real stores behind one type: each is compiled once, in memory_store_test.cpp and sqlite_store_test.cpp.
#pragma once

#include <varve/environment.hpp>
#include <varve/store_ref.hpp>

#include <memory>
#include <string>
#include <utility>

namespace ledger {

/// Owns a store and stands for it.
class log : public varve::store_ref {
public:
    log(std::shared_ptr<void> owner, varve::store_ref store)
        : store_ref(std::move(store)), owner_(std::move(owner)) {}

private:
    std::shared_ptr<void> owner_;
};

log memory_log(varve::environment& env = varve::environment::system());
log sqlite_log(const std::string& path);

/// Fails the test unless a worker brings a read model up with the store, behind it and live.
void expect_projected(log store, const std::string& folder);

}  // namespace ledger
