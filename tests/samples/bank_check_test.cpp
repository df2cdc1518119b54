// The bank's own check: it is content with a bank that kept its word, and names what was planted.

#include "bank/check.hpp"
#include "samples/bank_fixture.hpp"

#include <varve/adapters/sqlite.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace sample_test;

class a_checked_bank : public a_bank<in_memory> {
protected:
    /// An event that no command would have led to.
    template <class Event>
    void smuggle(const std::string& account, const Event& event) {
        const auto stream = "account-" + account;
        const auto payload = varve::encode(event);
        const varve::new_event one{
            .stream = stream, .type = varve::wire_name<Event>, .payload = payload};
        const auto id = varve::environment::system().ids().next<varve::append_id>();
        store_->append({.id = id, .events = {&one, 1}}).value();
    }

    std::string faults(const acks& told) {
        const auto report = check(*store_, *bank_, told);
        if (!report) return to_string(report.error());
        std::string all;
        for (const auto& fault : report->faults) all += fault + "\n";
        return all;
    }
};

TEST_F(a_checked_bank,
       keeps_every_acknowledged_command_of_many_threads) {  // semantics.md §5, §35, §55
    const auto told = serve(600, 8);
    EXPECT_EQ(told.all.size(), 600u);
    EXPECT_EQ(faults(told), "");
}

TEST_F(a_checked_bank,
       goes_on_where_its_clients_were_left_without_an_answer) {  // semantics.md §14, §15
    auto told = serve(300, 4);
    // the answers to the last hundred got lost on their way
    const auto file = text_of(acks_file());
    std::string kept;
    for (std::size_t i = 0; i < 200; ++i) kept += to_line(told.all[i]);
    ASSERT_TRUE(file.starts_with(kept));
    at_.write("acks", kept);
    const auto head = store_->head();

    told = serve(300, 4);
    EXPECT_EQ(told.all.size(), 300u);
    // what had been rejected is decided again, and may be stored now; what had been stored is found
    EXPECT_LE(store_->head().value, head.value + 100);
    EXPECT_EQ(faults(told), "");
}

TEST_F(a_checked_bank, is_caught_when_an_acknowledged_command_is_missing) {
    auto told = serve(100, 2);
    told.all.push_back({traffic{}.id(5), varve::position{1}, varve::position{1}, "1", 0});
    EXPECT_NE(faults(told).find("was acknowledged, and is LOST"), std::string::npos);
}

TEST_F(a_checked_bank, is_caught_when_an_acknowledged_command_is_another_or_elsewhere) {
    const auto told = serve(100, 2);
    auto wrong = told;
    wrong.all[3].cents += 1;
    EXPECT_NE(faults(wrong).find("holds another event"), std::string::npos);
    wrong = told;
    wrong.all[3].last = wrong.all[3].last.next();
    EXPECT_NE(faults(wrong).find("is at other positions"), std::string::npos);
    wrong = told;
    wrong.all[3].first = wrong.all[3].last = {};
    EXPECT_NE(faults(wrong).find("was rejected, and is in the log"), std::string::npos);
    wrong = told;
    wrong.all.push_back(told.all[3]);
    EXPECT_NE(faults(wrong).find("was answered twice"), std::string::npos);
}

TEST_F(a_checked_bank, is_caught_when_an_account_was_ever_below_zero) {
    send(Open{"7", "Ada"});
    Withdrawn taken;
    taken.set_cents(1);
    smuggle("7", taken);
    EXPECT_NE(faults({}).find("position 2 leaves account 7 below zero"), std::string::npos);
}

TEST_F(a_checked_bank, is_caught_when_its_read_model_says_something_else) {
    const auto told = serve(100, 2);
    ASSERT_EQ(faults(told), "");
    close();
    {
        auto file = varve::sqlite_connection::open(at_.path("read/statements.db"),
                                                   {.access = varve::sqlite_access::write})
                        .value();
        file.execute("update balance set cents = cents + 1 where account = '3'").value();
    }
    open();
    EXPECT_NE(faults(told).find("the read model"), std::string::npos);
}

}  // namespace
