// Names may be any bytes; what is printed of them is safe, and exact for programs.
#include "tool/support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace tool_test;

const std::string wild{"a-\x1b]0;owned\x07\n\t\\\xff\xe2\x80\xae\x00 世", 24};

class a_wild_name : public testing::Test {
protected:
    a_wild_name() { writer{path}.json(wild, "t\x1b[31m", "{}"); }
    outcome tool(std::vector<std::string> rest) const {
        rest.insert(rest.begin(), {"--store", path});
        return run(std::move(rest));
    }
    temporary_folder folder;
    std::string path = folder / "a.db";
};

TEST_F(a_wild_name, is_printed_without_a_control_character_in_every_format) {
    for (const char* format : {"table", "plain", "json", "ndjson"}) {
        for (const char* command : {"tail", "replay", "info", "verify"}) {
            const auto done = tool({"-o", format, "--color", "never", command});
            EXPECT_EQ(done.code, 0) << done.err;
            for (const char c : done.out)
                EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t')
                    << format;
            EXPECT_EQ(done.out.find("\xe2\x80\xae"), std::string::npos) << "a change of direction";
        }
    }
}

TEST_F(a_wild_name, is_escaped_for_people_and_exact_for_programs) {
    EXPECT_EQ(tool({"streams", "ls", "-q"}).out, R"(a-\x1b]0;owned\x07\n\t\\\xff\u{202e}\x00 世)"
                                                 "\n");
    EXPECT_EQ(tool({"-o", "ndjson", "streams", "ls", "-q"}).out,
              R"({"stream":"a-\u001b]0;owned\u0007\n\u0009\\�\u202e\u0000 世",)"
              R"("stream_hex":"612d1b5d303b6f776e6564070a095cffe280ae0020e4b896"})"
              "\n");
}

TEST_F(a_wild_name, that_is_not_there_is_escaped_in_the_message) {
    const auto done = tool({"cat", "b\x1b[31m"});
    EXPECT_EQ(done.code, 3);
    EXPECT_NE(done.err.find("there is no stream 'b\\x1b[31m'"), std::string::npos) << done.err;
}

TEST(a_near_name, with_blanks_is_quoted_in_the_command_that_is_suggested) {
    const temporary_folder folder;
    { writer{folder / "a.db"}.json("it's me", "t", "{}"); }
    const auto done = run({"--store", "a.db", "cat", "its me"}, {.folder = folder.path()});
    EXPECT_NE(done.err.find(R"(next: varve --store a.db cat 'it'\''s me')"), std::string::npos)
        << done.err;
}

}  // namespace
