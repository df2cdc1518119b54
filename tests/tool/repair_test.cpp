// A log whose end is lost: told by every command, and taken as it is by one alone.
#include "tool/support.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace {

using namespace tool_test;
namespace fs = std::filesystem;

class a_store_without_its_end : public testing::Test {
protected:
    a_store_without_its_end() {
        write(5);
        fs::copy_file(path, folder / "backup.db");
        write(3);
        fs::copy_file(folder / "backup.db", path, fs::copy_options::overwrite_existing);
    }
    void write(int events) {
        writer store{path};
        for (int i = 0; i < events; ++i) store.json("a-1", "t", "{}");
    }
    /// In a store that has its end.
    void write_promise() {
        fs::remove(path + "-anchor");
        writer{path}.promise("seat-7", "t", "{\"what\":\"<promised>\"}");
    }
    outcome tool(std::vector<std::string> rest) const {
        rest.insert(rest.begin(), {"--store", path});
        return run(std::move(rest), {});
    }

    temporary_folder folder;
    std::string path = folder / "a.db";
};

TEST_F(a_store_without_its_end, is_refused_and_proved_to_lack_it) {  // semantics.md §37, §47
    for (const auto& command :
         std::vector<std::vector<std::string>>{{"info"}, {"tail"}, {"append", "a-1", "t", "{}"}}) {
        const auto done = tool(command);
        EXPECT_EQ(done.code, 5) << command.front() << done.err;
        EXPECT_NE(done.err.find("durable up to 8"), std::string::npos) << done.err;
        EXPECT_NE(done.err.find("repair --accept-loss-after 5"), std::string::npos) << done.err;
    }
    const auto proved = tool({"verify"});
    EXPECT_EQ(proved.code, 5);
    EXPECT_NE(proved.out.find("its anchor says that it was durable up to 8"), std::string::npos)
        << proved.out;
}

TEST_F(a_store_without_its_end, is_taken_as_it_is_only_where_it_ends_and_when_somebody_agrees) {
    EXPECT_EQ(tool({"repair"}).code, 2);
    const auto elsewhere = tool({"repair", "--accept-loss-after", "4", "--yes"});
    EXPECT_EQ(elsewhere.code, 4);
    EXPECT_NE(elsewhere.err.find("ends at position 5"), std::string::npos) << elsewhere.err;
    EXPECT_EQ(tool({"repair", "--accept-loss-after", "5"}).code, 2) << "nobody to ask";
    EXPECT_EQ(tool({"repair", "--accept-loss-after", "5", "--dry-run"}).code, 0);
    EXPECT_EQ(tool({"info"}).code, 5) << "a dry run changes nothing";

    const auto done = tool({"repair", "--accept-loss-after", "5", "--yes"});
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_NE(done.out.find("epoch\t2"), std::string::npos) << done.out;
    EXPECT_EQ(tool({"append", "a-1", "t", "{}"}).code, 0);
    EXPECT_EQ(tool({"verify"}).code, 0);
    const auto told = tool({"cat", "$store"});
    EXPECT_NE(told.out.find("$loss-accepted"), std::string::npos) << told.out << told.err;
    const auto again = tool({"repair", "--accept-loss-after", "7"});
    EXPECT_EQ(again.code, 0);
    EXPECT_NE(again.out.find("nothing"), std::string::npos) << again.out;
}

TEST_F(a_store_without_its_end, lists_what_is_promised_and_says_that_a_promise_was_lost) {  // §64
    write_promise();
    const auto listed = tool({"reservations"});
    EXPECT_EQ(listed.code, 0) << listed.err;
    EXPECT_NE(listed.out.find("held"), std::string::npos) << listed.out;
    EXPECT_NE(listed.out.find("seat-7"), std::string::npos) << listed.out;
    const auto refused = tool({"append", "seat-7", "t", "{}"});
    EXPECT_EQ(refused.code, 6) << refused.err;
    EXPECT_NE(refused.err.find("reservation"), std::string::npos) << refused.err;
    fs::copy_file(folder / "backup.db", path, fs::copy_options::overwrite_existing);
    const auto proved = tool({"verify"});
    EXPECT_EQ(proved.code, 5);
    EXPECT_NE(proved.out.find("a promise is lost"), std::string::npos) << proved.out;
}

TEST_F(a_store_without_its_end, gives_up_a_promise_that_cannot_be_read_when_somebody_agrees) {
    write_promise();
    fs::remove(path + "-anchor");
    auto all = read_file(path);
    const auto at = all.find("<promised>");
    ASSERT_NE(at, std::string::npos);
    all[at] = 'X';
    write_file(path, all);
    const auto proved = tool({"verify"});
    EXPECT_EQ(proved.code, 5) << proved.out;
    EXPECT_NE(proved.out.find("the reservation "), std::string::npos) << proved.out;
    EXPECT_EQ(tool({"append", "b-1", "t", "{}"}).code, 5);
    EXPECT_EQ(tool({"repair", "--drop-damaged-reservations"}).code, 2) << "nobody to ask";
    EXPECT_EQ(tool({"repair", "--drop-damaged-reservations", "--dry-run"}).code, 0);
    const auto done = tool({"repair", "--drop-damaged-reservations", "--yes"});
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_NE(tool({"cat", "$store"}).out.find("$reservations-dropped"), std::string::npos);
    EXPECT_EQ(tool({"verify"}).code, 0);
    EXPECT_EQ(tool({"append", "seat-7", "t", "{}"}).code, 0) << "it is free";
}

}  // namespace
