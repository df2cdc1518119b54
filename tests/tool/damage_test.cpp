// Damaged stores, foreign files, folders that cannot be written to: told, never served or repaired.
#include "tool/support.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace {

using namespace tool_test;

class a_store : public testing::Test {
protected:
    a_store() {
        writer store{path};
        for (int i = 1; i <= 5; ++i) store.json("a-1", "t", "{\"n\":" + std::to_string(i) + "}");
    }
    outcome tool(std::vector<std::string> rest, const given& with = {}) const {
        rest.insert(rest.begin(), {"--store", path});
        return run(std::move(rest), with);
    }

    temporary_folder folder;
    std::string path = folder / "a.db";
};

// §37, §47
TEST_F(a_store, with_a_flipped_bit_is_proved_damaged_with_the_position_and_exit_5) {
    writer::flip_bit(path, varve::position{3});
    const auto done = tool({"verify"});
    EXPECT_EQ(done.code, 5);
    EXPECT_EQ(done.out.find("3\t"), 0u) << done.out;
    EXPECT_NE(done.out.find("checked\tchecksums, leaves, chain, density, anchor"),
              std::string::npos);
    EXPECT_NE(done.err.find("the first is at position 3: "), std::string::npos) << done.err;
    EXPECT_NE(done.err.find("next: "), std::string::npos) << done.err;

    const auto json = tool({"-o", "json", "verify"});
    EXPECT_EQ(json.code, 5);
    EXPECT_EQ(json.err, "");
    EXPECT_NE(
        json.out.find("\"status\":\"fail\",\"data\":{\"faults\":[{\"position\":\"3\",\"what\":"),
        std::string::npos)
        << json.out;
    EXPECT_NE(json.out.find("\"code\":\"corrupt\""), std::string::npos);

    const auto lines = tool({"-o", "ndjson", "verify"});
    EXPECT_EQ(lines.code, 5);
    EXPECT_EQ(lines.out.find("{\"record\":\"fault\",\"position\":\"3\""), 0u) << lines.out;
    EXPECT_NE(lines.out.find("\n{\"record\":\"summary\","), std::string::npos) << lines.out;
}

// §37: never served
TEST_F(a_store, that_is_damaged_is_never_served_and_every_command_points_to_verify) {
    writer::flip_bit(path, varve::position{5});
    for (const auto& command : std::vector<std::vector<std::string>>{
             {"cat", "a-1"}, {"tail"}, {"replay"}, {"cat", "a-1", "--from", "5"}}) {
        const auto done = tool(command);
        EXPECT_EQ(done.code, 5) << command.front();
        EXPECT_EQ(done.out.find("{\"n\":5}"), std::string::npos) << done.out;
        EXPECT_NE(done.err.find("position 5"), std::string::npos) << done.err;
        EXPECT_NE(done.err.find("verify"), std::string::npos) << done.err;
    }
}

TEST_F(a_store, whose_pages_are_torn_is_proved_damaged_although_it_cannot_be_opened) {
    // whole pages of zeros from the third on: SQLite itself finds its tables damaged
    auto bytes = read_file(path);
    ASSERT_GT(bytes.size(), 8192u);
    std::fill(bytes.begin() + 8192, bytes.end(), '\0');
    write_file(path, bytes);
    const auto done = tool({"verify"});
    EXPECT_EQ(done.code, 5) << done.out << done.err;
    EXPECT_NE(done.err.find("next: "), std::string::npos) << done.err;
}

TEST_F(a_store, that_is_good_passes_and_says_what_was_checked) {
    const auto done = tool({"verify"});
    EXPECT_EQ(done.code, 0);
    EXPECT_NE(done.out.find("events\t5\nappends\t5\n"), std::string::npos) << done.out;
    EXPECT_NE(done.out.find("faults\t0\n"), std::string::npos) << done.out;
}

// §40
TEST(a_file, that_is_no_store_is_refused_and_left_as_it_was) {
    const temporary_folder folder;
    const std::string path = folder / "letter.txt";
    const std::string text = "Dear reader, " + std::string(5000, 'x');
    write_file(path, text);
    for (const char* command : {"info", "verify", "tail"}) {
        const auto done = run({"--store", path, command});
        EXPECT_EQ(done.code, 2) << command;
        EXPECT_NE(done.err.find("no SQLite database"), std::string::npos) << done.err;
    }
    const auto done = run({"--store", path, "append", "a-1", "t", "{}", "--create"});
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(read_file(path), text);
}

TEST(a_folder, as_a_store_is_refused) {
    const temporary_folder folder;
    const auto done = run({"--store", folder.path().string(), "info"});
    EXPECT_EQ(done.code, 2);
    EXPECT_NE(done.err.find("a folder; a SQLite store is a file"), std::string::npos) << done.err;
}

TEST_F(a_store, in_a_folder_that_cannot_be_written_to_is_read_all_the_same) {
    namespace fs = std::filesystem;
    for (const char* side : {"-wal", "-shm"}) fs::remove(path + side);  // as it is after a copy
    for (const auto& each : fs::directory_iterator(folder.path()))
        fs::permissions(each.path(),
                        fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
    fs::permissions(folder.path(), fs::perms{0555});
    for (const auto& command : std::vector<std::vector<std::string>>{
             {"info"}, {"cat", "a-1"}, {"tail"}, {"replay"}, {"verify"}, {"streams", "ls"}}) {
        const auto done = tool(command, {.as_nobody = true});
        if (done.code == 126 || done.code == 127) GTEST_SKIP() << "the tool's folder is not public";
        EXPECT_EQ(done.code, 0) << command.front() << ": " << done.err;
    }
    const auto refused = tool({"append", "a-1", "t", "{}"}, {.as_nobody = true});
    EXPECT_EQ(refused.code, 1) << refused.err;
    EXPECT_NE(refused.err.find("Permission denied"), std::string::npos) << refused.err;
    EXPECT_NE(refused.err.find("mend the permissions"), std::string::npos) << refused.err;
}

}  // namespace
