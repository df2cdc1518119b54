// A bank that a test opens, serves with commands, and opens again.
#pragma once

#include "bank/run.hpp"
#include "samples/program.hpp"
#include "stores/memory.hpp"
#include "stores/sqlite.hpp"

#include <varve/eventstore/simulation/disk.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace sample_test {

using namespace bank;

/// A bank in memory; `reopen` keeps the disk.
struct in_memory {
    using store_type = varve::memory_store;
    std::shared_ptr<varve::simulated_disk> disk = std::make_shared<varve::simulated_disk>();

    store_type open(const scratch&) const {
        return varve::tests::open_memory({}, {.disk = disk}).value();
    }
};

struct on_sqlite {
    using store_type = varve::sqlite_store;

    store_type open(const scratch& at) const {
        return varve::tests::open_sqlite(at.path("bank.db")).value();
    }
};

template <class Engine>
class a_bank : public testing::Test {
protected:
    a_bank() { open(); }

    void open() {
        store_.emplace(engine_.open(at_));
        bank_.emplace(Bank::open(*store_, {.read_models = at_.path("read")}).value());
    }

    void close() {
        bank_.reset();
        store_.reset();
    }

    template <class Command>
    varve::receipt send(const Command& command) {
        return bank_->send(command).value();
    }

    Statement statement(const std::string& account) {
        return bank_->ask(StatementOf{account}, varve::at_least{store_->head()}).value();
    }

    acks serve(std::uint64_t commands, unsigned threads) {
        const auto before = read_acks(acks_file()).value();
        auto told = ack_writer::open(acks_file(), before.bytes).value();
        load_run run{*bank_, store_->head(), {.seed = 3, .accounts = 20}, before, told};
        run.send_all(commands, threads).value();
        return read_acks(acks_file()).value();
    }

    std::string acks_file() const { return at_.path("acks"); }

    scratch at_;
    Engine engine_;
    std::optional<typename Engine::store_type> store_;
    std::optional<Bank> bank_;
};

}  // namespace sample_test
