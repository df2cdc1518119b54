// The real bank program, killed without warning while it serves: what it said is true (semantics.md §35, §36, §52).

#include "samples/program.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using sample_test::ended;
using sample_test::program;
using sample_test::scratch;

/// The words of a command on the bank of a folder.
std::vector<std::string> bank(const scratch& at, std::vector<std::string> words) {
    for (const auto* word : {"store", "read-models", "acks"}) {
        words.push_back(std::string{"--"} + word);
        words.push_back(at.path(word));
    }
    return words;
}

std::vector<std::string> load(const scratch& at) {
    return bank(at,
                {"run", "--commands", "3000", "--accounts", "50", "--threads", "8", "--seed", "9"});
}

/// The number that the report has in front of this text.
std::string count_of(const std::string& report, const std::string& what) {
    const auto found = report.find("  " + what);
    if (found == std::string::npos) return "nowhere";
    const auto from = report.rfind(' ', found - 1);
    return report.substr(from + 1, found - from - 1);
}

void kill_at(const scratch& at, std::size_t answers) {
    program serving{at, "bank", load(at)};
    ASSERT_TRUE(serving.wait_for_lines(at.path("acks"), answers)) << "it stopped answering";
    const auto end = serving.kill();
    ASSERT_EQ(end.code, 128 + SIGKILL) << end.output;
}

void expect_nothing_lost(const scratch& at) {
    const auto checked = sample_test::run(at, "bank", bank(at, {"check"}));
    EXPECT_EQ(checked.code, 0) << checked.output;
    EXPECT_EQ(count_of(checked.output, "faults"), "0") << checked.output;
}

TEST(bank_program, killed_twice_loses_nothing_doubles_nothing_and_goes_on_to_the_end) {
    const scratch at;
    kill_at(at, 1000);
    expect_nothing_lost(at);
    kill_at(at, 2000);
    expect_nothing_lost(at);
    const auto before = sample_test::lines_in(at.path("acks"));

    const auto last = sample_test::run(at, "bank", load(at));
    ASSERT_EQ(last.code, 0) << last.output;
    EXPECT_EQ(count_of(last.output, "commands were answered before this run"),
              std::to_string(before));
    EXPECT_EQ(sample_test::lines_in(at.path("acks")), 3000u);

    const auto checked = sample_test::run(at, "bank", bank(at, {"check"}));
    EXPECT_EQ(checked.code, 0) << checked.output;
    EXPECT_EQ(count_of(checked.output, "stored without an answer"), "0") << checked.output;
    EXPECT_EQ(count_of(checked.output,
                       "accounts, same balance in read model, folded stream and plain sum"),
              "50");
}

TEST(bank_program, says_what_is_wrong_by_its_exit_code) {
    const scratch at;
    const auto run = [&](std::vector<std::string> words) {
        return sample_test::run(at, "bank", bank(at, std::move(words)));
    };
    EXPECT_EQ(run({"open", "7", "Ada"}).code, 0);
    EXPECT_EQ(run({"open", "7", "Ada"}).code, 1);
    EXPECT_EQ(run({"withdraw", "7", "1"}).output, "bank: rejected: insufficient funds\n");
    EXPECT_EQ(run({"deposit", "7", "much"}).code, 2);
    EXPECT_EQ(run({"statement", "8"}).code, 3);
    EXPECT_EQ(run({"fly"}).code, 2);
    EXPECT_EQ(run({"run", "--threads", "0"}).code, 2);
}

TEST(bank_program, a_statement_shows_the_newest_movement_first) {
    const scratch at;
    const auto run = [&](std::vector<std::string> words) {
        return sample_test::run(at, "bank", bank(at, std::move(words)));
    };
    run({"open", "7", "Ada"});
    run({"deposit", "7", "2005"});
    EXPECT_EQ(run({"withdraw", "7", "1000"}).output,
              "stored at position 3; account 7 holds 10.05\n");
    EXPECT_EQ(run({"statement", "7"}).output,
              "account 7 of Ada: 10.05\n          -10.00\n           20.05\n");
}

TEST(hello_program, books_until_the_show_is_sold_out) {
    const scratch at;
    const auto hello = sample_test::run(at, "hello", {});
    EXPECT_EQ(hello.code, 0);
    EXPECT_EQ(hello.output, "booked\nbooked\nsold out\n");
}

}  // namespace
