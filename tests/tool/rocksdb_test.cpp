// The tool over a RocksDB store: the same commands, the same words.
#include "tool/support.hpp"

#include <varve/eventstore/rocksdb_store.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace tool_test;

class over_rocksdb : public testing::Test {
protected:
    outcome tool(std::vector<std::string> rest, const std::string& store = {}) const {
        rest.insert(rest.begin(), {"--store", store.empty() ? "rocksdb:" + path : store});
        return run(rest);
    }
    void SetUp() override {
        const auto made = tool({"append", "account-1", "opened", R"({"n":1})", "--create"});
        ASSERT_EQ(made.code, 0) << made.err;
        ASSERT_EQ(tool({"append", "account-1", "opened", R"({"n":2})"}).code, 0);
    }

    temporary_folder folder;
    std::string path = folder / "bank.store";
};

TEST_F(over_rocksdb, what_was_appended_is_read_by_every_command) {
    for (const auto& command : std::vector<std::vector<std::string>>{
             {"info"},
             {"info", "--types"},
             {"streams", "ls"},
             {"cat", "account-1"},
             {"tail"},
             {"replay"},
             {"verify"},
             {"append", "account-1", "opened", "{}", "--dry-run"}}) {
        const auto done = tool(command);
        EXPECT_EQ(done.code, 0) << command.front() << ": " << done.err;
        EXPECT_EQ(done.err, "") << command.front();
    }
    EXPECT_EQ(lines_of(tool({"cat", "account-1"}).out).size(), 2u);
    EXPECT_NE(tool({"info"}).out.find("rocksdb"), std::string::npos);
}

TEST_F(over_rocksdb, a_folder_that_is_such_a_store_needs_no_prefix) {
    EXPECT_EQ(lines_of(tool({"cat", "account-1"}, path).out).size(), 2u);
    const auto other = tool({"info"}, (folder / "other"));
    EXPECT_EQ(other.code, 3) << other.err;
    std::filesystem::create_directory(folder / "other");
    const auto empty = tool({"info"}, (folder / "other"));
    EXPECT_NE(empty.code, 0);
    EXPECT_NE(empty.err.find("folder"), std::string::npos) << empty.err;
}

TEST_F(over_rocksdb, a_damaged_table_is_found_and_named) {  // semantics.md §26
    ASSERT_EQ(tool({"append", "account-1", "opened", R"({"n":3})"}).code, 0);
    std::filesystem::path largest;
    for (const auto& entry : std::filesystem::directory_iterator{path})
        if (entry.path().extension() == ".sst" &&
            (largest.empty() || entry.file_size() > std::filesystem::file_size(largest)))
            largest = entry.path();
    ASSERT_FALSE(largest.empty());
    auto bytes = read_file(largest);
    bytes[60] = static_cast<char>(bytes[60] ^ 1);
    write_file(largest, bytes);
    const auto verified = tool({"verify"});
    EXPECT_EQ(verified.code, 5) << verified.out << verified.err;
    EXPECT_NE((verified.out + verified.err).find(largest.filename().string()), std::string::npos)
        << verified.out << verified.err;
}

TEST_F(over_rocksdb, a_log_damaged_before_its_end_is_refused_and_given_up_by_name_only) {  // §37
    ASSERT_EQ(tool({"append", "account-1", "opened", R"({"n":3})"}).code, 0);
    ASSERT_EQ(tool({"verify"}).code, 0);
    {  // three more in one life, so that they lie in one log; the second of them is damaged
        auto store = varve::rocksdb_store::open(path).value();
        for (int i = 4; i <= 6; ++i) {
            const varve::new_event event{.stream = "account-1", .type = "opened"};
            ASSERT_TRUE(store.append(
                {.id = store.environment().ids().next<varve::append_id>(), .events = {&event, 1}}));
        }
    }
    std::filesystem::path log;
    for (const auto& entry : std::filesystem::directory_iterator{path})
        if (entry.path().extension() == ".log" && entry.file_size() > 300) log = entry.path();
    auto bytes = read_file(log);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_file(log, bytes);
    const auto refused = tool({"append", "account-1", "opened", "{}"});
    EXPECT_EQ(refused.code, 5);
    EXPECT_NE(refused.err.find("repair --accept-loss-after 4"), std::string::npos) << refused.err;
    EXPECT_EQ(tool({"verify"}).code, 5);
    EXPECT_EQ(tool({"repair", "--accept-loss-after", "5", "--yes"}).code, 4);
    const auto repaired = tool({"repair", "--accept-loss-after", "4", "--yes"});
    EXPECT_EQ(repaired.code, 0) << repaired.err;
    EXPECT_EQ(tool({"verify"}).code, 0);
    EXPECT_EQ(lines_of(tool({"cat", "account-1"}).out).size(), 4u);
    EXPECT_EQ(tool({"append", "account-1", "opened", "{}"}).code, 0);
}

TEST_F(over_rocksdb, a_store_that_another_process_writes_is_busy_and_names_it) {  // §40
    std::filesystem::remove_all(path);
    auto first = tool({"append", "account-1", "opened", "{}", "--create"});
    ASSERT_EQ(first.code, 0);
    const varve::result<varve::rocksdb_store> held = varve::rocksdb_store::open(
        path, {.holder = "the-test"});
    ASSERT_TRUE(held.has_value());
    const auto done = tool({"append", "account-1", "opened", "{}"});
    EXPECT_EQ(done.code, 6);
    EXPECT_NE(done.err.find("pid " + std::to_string(::getpid()) + ", the-test"), std::string::npos)
        << done.err;
    EXPECT_NE(tool({"info"}).out.find("the-test"), std::string::npos);
}

}  // namespace
