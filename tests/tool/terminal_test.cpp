// What only a terminal sees: tables by default, colours, widths, a status line.
#include "tool/support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace tool_test;

class on_a_terminal : public testing::Test {
protected:
    on_a_terminal() {
        writer store{path};
        store.json(
            "account-1", "opened",
            R"({"owner":"世界世界世界世界世界世界世界世界世界世界世界世界世界世界世界世界世界世界世界世界"})");
        store.advance(std::chrono::seconds{1});
        store.json("account-1", "deposited", R"({"cents":500})");
    }
    outcome tool(std::vector<std::string> rest, const given& with) const {
        rest.insert(rest.begin(), {"--store", path});
        return run(std::move(rest), with);
    }

    temporary_folder folder;
    std::string path = folder / "bank.db";
};

/// Columns that a line takes: one per character, two for the CJK of these tests.
std::size_t columns(const std::string& line) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < line.size();) {
        const auto lead = static_cast<unsigned char>(line[i]);
        const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        const bool wide = lead >= 0xe4 && lead <= 0xe9;
        count += wide ? 2 : 1;
        i += size;
    }
    return count;
}

std::string without(std::string text, const std::string& what) {
    for (std::size_t at; (at = text.find(what)) != std::string::npos;) text.erase(at, what.size());
    return text;
}

const std::string escape = "\x1b[";

TEST_F(on_a_terminal, a_table_is_the_default_and_its_heading_is_bold) {
    const auto done = tool({"cat", "account-1"}, {.terminal = 80});
    EXPECT_EQ(done.code, 0);
    EXPECT_EQ(done.out.find("\x1b[1mREV  POSITION  TIME"), 0u) << done.out;
}

TEST_F(on_a_terminal, no_line_is_wider_than_the_terminal_nor_a_wide_character_halved) {
    for (const unsigned short width : std::vector<unsigned short>{40, 41, 80, 120, 200}) {
        for (const auto& command : std::vector<std::vector<std::string>>{
                 {"cat", "account-1"}, {"tail"}, {"streams", "ls"}}) {
            auto words = command;
            words.insert(words.begin(), {"--color", "never"});
            const auto done = tool(words, {.terminal = width});
            for (const auto& line : lines_of(without(done.out, "\r")))
                EXPECT_LE(columns(line), width) << line;
            EXPECT_EQ(done.out.find("\xef\xbf\xbd"), std::string::npos);
        }
    }
    const auto narrow = tool({"--color", "never", "cat", "account-1"}, {.terminal = 41});
    EXPECT_NE(narrow.out.find("…"), std::string::npos) << narrow.out;
}

TEST_F(on_a_terminal, of_80_columns_times_stay_whole_and_the_payload_is_cut) {
    {
        writer store{path};
        store.advance(std::chrono::milliseconds{2'123});
        store.json("account-4711", "bank.Deposited",
                   R"({"cents":500,"note":"a payload that is too wide for a terminal"})");
    }
    const auto tail = tool({"--color", "never", "tail"}, {.terminal = 80});
    EXPECT_NE(tail.out.find("2026-01-02T03:04:07.123Z  "), std::string::npos) << tail.out;
    EXPECT_NE(tail.out.find("  {\"cen"), std::string::npos) << tail.out;
    EXPECT_NE(tail.out.find("…\r\n"), std::string::npos) << tail.out;
    const auto cat = tool({"--color", "never", "cat", "account-4711"}, {.terminal = 80});
    EXPECT_NE(cat.out.find("2026-01-02T03:04:07.123Z  bank.Deposited  {\"cents\":"),
              std::string::npos)
        << cat.out;
}

TEST_F(on_a_terminal, a_time_with_more_digits_than_those_before_stays_whole_in_a_follow) {
    writer store{path};
    running follow{{"--store", path, "--color", "never", "tail", "-f"}, {.terminal = 80}};
    follow.until_printed("500}\r\n");
    store.advance(std::chrono::milliseconds{2'007});
    store.json("account-1", "deposited", R"({"cents":"0123456789012345678901234567890123456789"})");
    follow.until_printed("2026-01-02T03:04:07.007Z  deposited  {");
    follow.until_printed("…\r\n");
    for (const auto& line : lines_of(without(follow.out(), "\r"))) EXPECT_LE(columns(line), 80u);
}

TEST_F(on_a_terminal, a_width_beyond_the_bounds_is_taken_as_the_bound) {
    const auto narrow = tool({"--color", "never", "cat", "account-1"}, {.terminal = 10});
    EXPECT_EQ(narrow.out, tool({"--color", "never", "cat", "account-1"}, {.terminal = 40}).out);
    const given piped{.environment = {{"COLUMNS", "1000"}}};
    const given bound{.environment = {{"COLUMNS", "200"}}};
    EXPECT_EQ(tool({"-o", "table", "cat", "account-1"}, piped).out,
              tool({"-o", "table", "cat", "account-1"}, bound).out);
}

TEST_F(on_a_terminal, colour_is_only_where_it_is_wanted) {
    const std::vector<std::string> command{"cat", "account-1"};
    const auto colored = [&](std::vector<std::string> flags, const given& with) {
        flags.insert(flags.end(), command.begin(), command.end());
        return tool(flags, with).out.find(escape) != std::string::npos;
    };
    EXPECT_TRUE(colored({}, {.terminal = 80}));
    EXPECT_FALSE(colored({}, {.environment = {{"NO_COLOR", "1"}}, .terminal = 80}));
    EXPECT_TRUE(colored({}, {.environment = {{"NO_COLOR", ""}}, .terminal = 80}));
    EXPECT_FALSE(colored({}, {.environment = {{"TERM", "dumb"}}, .terminal = 80}));
    EXPECT_FALSE(colored({"--color", "never"}, {.terminal = 80}));
    EXPECT_TRUE(
        colored({"--color", "always"}, {.environment = {{"NO_COLOR", "1"}}, .terminal = 80}));
    EXPECT_FALSE(colored({"-o", "table"}, {}));
    EXPECT_TRUE(colored({"-o", "table", "--color", "always"}, {}));
    EXPECT_FALSE(colored({"-o", "json", "--color", "always"}, {}));
    EXPECT_FALSE(colored({"-o", "plain", "--color", "always"}, {}));
}

TEST_F(on_a_terminal, nothing_is_said_by_colour_alone) {
    const auto colored = tool({"cat", "account-9"}, {.terminal = 80});
    const auto bare = tool({"--color", "never", "cat", "account-9"}, {.terminal = 80});
    EXPECT_NE(colored.out.find("\x1b[1;31merror:\x1b[0m"), std::string::npos) << colored.out;
    EXPECT_EQ(bare.out, without(without(colored.out, "\x1b[1;31m"), "\x1b[0m"));
}

TEST_F(on_a_terminal, a_locale_without_utf8_gets_a_plain_mark_where_text_was_cut) {
    const auto done = tool({"--color", "never", "cat", "account-1"},
                           {.environment = {{"LC_ALL", "C"}}, .terminal = 60});
    EXPECT_NE(done.out.find("~\r\n"), std::string::npos) << done.out;
    EXPECT_EQ(done.out.find("…"), std::string::npos) << done.out;
}

TEST_F(on_a_terminal, a_replay_has_a_status_line_that_is_taken_away_again) {
    const auto done = tool({"replay"}, {.terminal = 80});
    EXPECT_EQ(done.code, 0);
    EXPECT_NE(done.out.find("\rreplay bank.db 0.0% 0/2 0 ev/s ETA ? errors 0\x1b[K\r\x1b[K"),
              std::string::npos)
        << done.out;
}

TEST_F(on_a_terminal, a_dumb_one_and_a_pipe_see_no_status_line) {
    EXPECT_EQ(tool({"replay"}, {.environment = {{"TERM", "dumb"}}, .terminal = 80}).out.find("ETA"),
              std::string::npos);
    EXPECT_EQ(tool({"replay"}, {}).err, "");
}

TEST(a_pipe, gets_plain_lines_that_are_never_cut) {
    const temporary_folder folder;
    const std::string path = folder / "bank.db";
    const std::string payload = "\"" + std::string(5000, 'x') + "\"";
    { writer{path}.json("account-1", "opened", payload); }
    const auto done = run({"--store", path, "cat", "account-1"},
                          {.environment = {{"COLUMNS", "40"}}});
    EXPECT_EQ(done.out, "1\t1\t2026-01-02T03:04:05Z\topened\t" + payload + "\n");
}

}  // namespace
