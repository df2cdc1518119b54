// The example in each help text is run, and does what it says.
#include "bank.pb.h"
#include "tool/support.hpp"

#include <varve/codec.hpp>

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

template <class T>
void put(writer& store, const T& event) {
    const auto payload = varve::encode(event);
    const auto& type = varve::describe_type<T>();
    store.append({.stream = "account-7", .type = type.type, .payload = payload}, &type);
}

/// As the bank sample writes it: what is typed off the help must do no harm there.
void write_bank(const std::string& path) {
    writer store{path};
    bank::Opened opened;
    opened.set_owner("Ann");
    put(store, opened);
    bank::Deposited deposited;
    deposited.set_cents(1);
    put(store, deposited);
}

class the_help : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(the_help, has_an_example_that_works) {
    const temporary_folder folder;
    write_bank(folder / "bank.db");
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

TEST(the_example_of_append, stores_what_the_application_reads) {
    const temporary_folder folder;
    const auto path = folder / "bank.db";
    write_bank(path);
    const auto help = run({"append", "--help"}).out;
    const auto begin = help.find("varve --store bank.db append") + 6;
    const auto words = split(help.substr(begin, help.find('\n', begin) - begin));
    ASSERT_EQ(run(words, {.folder = folder.path()}).code, 0);
    const auto newest = run({"--store", path, "-o", "ndjson", "tail", "-n", "1"}).out;
    EXPECT_NE(newest.find(R"("type":"bank.Deposited","schema_version":1,)"), std::string::npos);
    EXPECT_NE(newest.find(R"("encoding":"protobuf","payload":{"cents":"500"})"), std::string::npos)
        << newest;
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
