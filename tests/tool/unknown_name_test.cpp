// A type or category that the store does not know is told of, and changes neither data nor exit code.
#include "tool/support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace tool_test;

class an_unknown : public testing::Test {
protected:
    an_unknown() {
        writer store{path};
        store.json("account-7", "bank.Deposited", "{}");
        store.json("note-1", "scribbled", "{}");
        store.append({.stream = "raw-1", .type = "undescribed", .payload = varve::as_bytes("x")});
    }
    outcome tool(std::vector<std::string> rest) const {
        rest.insert(rest.begin(), {"--store", path});
        auto done = run(std::move(rest));
        EXPECT_EQ(done.code, 0) << done.err;
        return done;
    }
    temporary_folder folder;
    std::string path = folder / "bank.db";
};

TEST_F(an_unknown, type_is_told_with_the_nearest_one) {
    const std::string said =
        "note: the store knows no type 'deposited'\n  next: did you mean "
        "'bank.Deposited'? varve --store " +
        path + " info --types\n";
    EXPECT_EQ(tool({"tail", "-t", "deposited", "-t", "scribbled"}).err, said);
    EXPECT_EQ(tool({"cat", "account-7", "-t", "deposited"}).err, said);
    EXPECT_EQ(tool({"-o", "ndjson", "tail", "-t", "deposited"}).err, said);
}

TEST_F(an_unknown, type_is_no_matter_if_it_only_has_no_event_here) {
    EXPECT_EQ(tool({"cat", "account-7", "-t", "scribbled"}).err, "");
    EXPECT_EQ(tool({"tail", "--after", "2", "-t", "bank.Deposited"}).err, "");
    EXPECT_EQ(tool({"tail", "-t", "undescribed"}).err, "") << "the log knows it";
}

TEST_F(an_unknown, category_is_told_with_the_nearest_one) {
    const std::string said =
        "note: the store has no stream of category 'acount'\n  next: did you "
        "mean 'account'? varve --store " +
        path + " streams ls\n";
    EXPECT_EQ(tool({"tail", "--category", "acount"}).err, said);
    EXPECT_EQ(tool({"streams", "ls", "--category", "acount"}).err, said);
    EXPECT_EQ(tool({"tail", "--category", "account", "-t", "scribbled"}).err, "");
    EXPECT_EQ(tool({"streams", "ls", "n", "--category", "account"}).err, "");
}

TEST_F(an_unknown, name_is_not_told_of_when_quiet_and_is_a_diagnostic_in_json) {
    EXPECT_EQ(tool({"-q", "tail", "-t", "deposited", "--category", "acount"}).err, "");
    const auto json = tool({"-o", "json", "tail", "-t", "deposited"});
    EXPECT_EQ(json.err, "");
    EXPECT_NE(json.out.find(R"("status":"pass","data":{"events":[]},"diagnostics":[{"code":)"
                            R"("not_found","severity":"note","message":)"),
              std::string::npos)
        << json.out;
}

}  // namespace
