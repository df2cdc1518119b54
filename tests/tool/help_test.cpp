// The example in each help text is run, and does what it says.
#include "tool/support.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace {

using namespace tool_test;

/// What a shell makes of a line: blanks divide, single quotes hold together.
std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> words;
    bool quoted = false;
    bool inside = false;
    for (const char c : line) {
        if (c == '\'') {
            quoted = !quoted;
            inside = true;
            if (quoted) words.emplace_back();
        } else if (c == ' ' && !quoted) {
            inside = false;
        } else {
            if (!inside) words.emplace_back();
            inside = true;
            words.back() += c;
        }
    }
    return words;
}

class the_help : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(the_help, has_an_example_that_works) {
    const temporary_folder folder;
    {
        writer store{folder / "bank.db"};
        store.json("account-7", "opened", "{}");
        store.json("account-7", "deposited", "{\"cents\":1}");
    }
    auto words = GetParam();
    words.emplace_back("--help");
    const auto help = run(words);
    EXPECT_EQ(help.code, 0);
    EXPECT_EQ(help.err, "");
    for (const auto& line : lines_of(help.out)) EXPECT_LE(line.size(), 120u) << line;
    const auto at = help.out.find("Example:\n  varve ");
    ASSERT_NE(at, std::string::npos) << help.out;
    const auto begin = help.out.find("varve ", at) + 6;
    const auto example = split(help.out.substr(begin, help.out.find('\n', begin) - begin));
    const auto done = run(example, {.folder = folder.path()});
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_NE(done.out, "");
    EXPECT_EQ(done.err, "");
}

TEST(the_version, is_told_by_command_and_by_option) {
    EXPECT_EQ(run({"--version"}).out.find("varve "), 0u);
    EXPECT_NE(run({"version"}).out.find("format\t"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    of_each_command, the_help,
    testing::Values(std::vector<std::string>{}, std::vector<std::string>{"info"},
                    std::vector<std::string>{"streams", "ls"}, std::vector<std::string>{"cat"},
                    std::vector<std::string>{"tail"}, std::vector<std::string>{"append"},
                    std::vector<std::string>{"replay"}, std::vector<std::string>{"verify"},
                    std::vector<std::string>{"version"}));

}  // namespace
