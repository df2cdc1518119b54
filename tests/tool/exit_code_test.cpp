// Exit codes: the table of the manual is the table of the code, and each code happens.
#include "../../src/exit_code.hpp"

#include "tool/support.hpp"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>

namespace {

using namespace tool_test;

constexpr int last_errc = static_cast<int>(varve::errc::fenced);

/// The rows `| 4 | ... | word, word |` of docs/tool.md: which failure leads to which code.
std::map<std::string, int> documented() {
    std::map<std::string, int> codes;
    bool inside = false;
    for (const auto& line : lines_of(read_file(VARVE_SOURCE_DIR "/docs/tool.md"))) {
        if (line.starts_with("## ")) inside = line == "## Exit codes";
        if (!inside || !line.starts_with("| ")) continue;
        std::istringstream row{line};
        std::string skip, code, words;
        std::getline(row, skip, '|');
        std::getline(row, code, '|');
        std::getline(row, skip, '|');
        std::getline(row, words, '|');
        for (std::size_t at = 0; (at = words.find('`', at)) != std::string::npos; ++at) {
            const auto end = words.find('`', at + 1);
            codes[words.substr(at + 1, end - at - 1)] = std::atoi(code.c_str());
            at = end;
        }
    }
    return codes;
}

TEST(the_exit_codes, of_every_failure_are_those_of_the_manual) {
    const auto codes = documented();
    for (int raw = 1; raw <= last_errc; ++raw) {
        const auto code = static_cast<varve::errc>(raw);
        const std::string word{to_string(code)};
        ASSERT_NE(word, "?");
        ASSERT_TRUE(codes.contains(word)) << word << " is not in docs/tool.md";
        EXPECT_EQ(codes.at(word), static_cast<int>(varve::tool::exit_code_of(code))) << word;
    }
    EXPECT_EQ(codes.size(), static_cast<std::size_t>(last_errc));
    EXPECT_EQ(to_string(static_cast<varve::errc>(last_errc + 1)), "?")
        << "a new code is not in the table";
}

struct ending {
    const char* name;
    int code;
    std::vector<std::string> words;
};

void PrintTo(const ending& one, std::ostream* out) { *out << one.name; }

class ends : public testing::TestWithParam<ending> {};

TEST_P(ends, with_its_code_and_the_next_command) {
    const temporary_folder folder;
    {
        writer store{folder / "bank.db"};
        store.json("account-1", "opened", "{}");
    }
    const auto done = run(GetParam().words, {.folder = folder.path()});
    EXPECT_EQ(done.code, GetParam().code) << done.err;
    if (done.code == 0) return;
    EXPECT_EQ(done.out, "");
    EXPECT_EQ(done.err.find("error: "), 0u) << done.err;
    EXPECT_NE(done.err.find("\n  next: "), std::string::npos) << done.err;

    auto machine = GetParam().words;
    machine.insert(machine.begin(), {"-o", "json"});
    const auto json = run(machine, {.folder = folder.path()});
    EXPECT_EQ(json.code, GetParam().code);
    EXPECT_EQ(json.err, "");
    EXPECT_EQ(json.out.find("{\"version\":\"1\",\"status\":\""), 0u) << json.out;
    EXPECT_NE(json.out.find("\"diagnostics\":[{\"code\":\""), std::string::npos) << json.out;
}

const std::vector<std::string> bank{"--store", "bank.db"};
std::vector<std::string> on_bank(std::vector<std::string> rest) {
    rest.insert(rest.begin(), bank.begin(), bank.end());
    return rest;
}

INSTANTIATE_TEST_SUITE_P(
    a_command, ends,
    testing::Values(
        ending{"good", 0, on_bank({"info"})},
        ending{"good_by_a_bare_scheme", 0, {"--store", "sqlite:bank.db", "info"}},
        ending{"no_command", 2, {}}, ending{"no_store", 2, {"info"}},
        ending{"unknown_command", 2, on_bank({"catt"})},
        ending{"unknown_subcommand", 2, on_bank({"streams", "lst"})},
        ending{"no_subcommand", 2, on_bank({"streams"})},
        ending{"unknown_option", 2, on_bank({"info", "--typess"})},
        ending{"missing_argument", 2, on_bank({"cat"})},
        ending{"bad_number", 2, on_bank({"cat", "account-1", "-c", "-1"})},
        ending{"bad_format", 2, on_bank({"-o", "xml", "info"})},
        ending{"bad_color", 2, on_bank({"--color", "blue", "info"})},
        ending{"bad_encoding", 2, on_bank({"append", "a-1", "opened", "{}", "--encoding", "yaml"})},
        ending{"bad_version", 2,
               on_bank({"append", "a-1", "opened", "{}", "--schema-version", "0"})},
        ending{"too_many_words", 2, on_bank({"cat", "account-1", "account-2"})},
        ending{"count_and_place", 2, on_bank({"tail", "-n", "2", "--after", "1"})},
        ending{"unknown_type", 2, on_bank({"append", "a-1", "closed", "{}"})},
        ending{"unknown_version", 2,
               on_bank({"append", "a-1", "opened", "{}", "--schema-version", "2"})},
        ending{"bad_sort", 2, on_bank({"streams", "ls", "--sort", "size"})},
        ending{"bad_expectation", 2,
               on_bank({"append", "a-1", "opened", "{}", "--expect", "some"})},
        ending{"bad_uuid", 2, on_bank({"append", "a-1", "opened", "{}", "--id", "7"})},
        ending{"bad_time", 2,
               on_bank({"append", "a-1", "opened", "{}", "--occurred-at", "2026-02-30"})},
        ending{"bad_header", 2, on_bank({"append", "a-1", "opened", "{}", "--header", "novalue"})},
        ending{"bad_json", 2, on_bank({"append", "a-1", "opened", "{"})},
        ending{"reserved_name", 2, on_bank({"append", "$a", "opened", "{}"})},
        ending{"long_name", 2, on_bank({"append", std::string(256, 'a'), "opened", "{}"})},
        ending{"bad_speed", 2, on_bank({"replay", "--speed", "fast"})},
        ending{"bad_until", 2, on_bank({"replay", "--until", "soon"})},
        ending{"no_rocksdb_path", 2, {"--store", "rocksdb:", "info"}},
        ending{"unknown_engine", 2, {"--store", "postgres:bank", "info"}},
        ending{"no_path", 2, {"--store", "sqlite:", "info"}},
        ending{"no_file", 3, {"--store", "none.db", "info"}},
        ending{"no_folder_of_rocksdb", 3, {"--store", "rocksdb:none", "info"}},
        ending{"no_file_to_verify", 3, {"--store", "none.db", "verify"}},
        ending{"no_file_to_append_to", 3, {"--store", "none.db", "append", "a-1", "opened", "{}"}},
        ending{"no_folder", 3, {"--store", "none/none.db", "info"}},
        ending{"no_stream", 3, on_bank({"cat", "account-9"})},
        ending{"no_folder_for_a_file", 3, on_bank({"replay", "--into", "none/events"})},
        ending{"no_file_to_go_on_with", 3, on_bank({"replay", "--into", "none", "--continue"})},
        ending{"no_payload_file", 3, on_bank({"append", "a-1", "t", "@none.json"})},
        ending{"conflict_at", 4, on_bank({"append", "account-1", "opened", "{}", "--expect", "0"})},
        ending{"conflict_exists", 4,
               on_bank({"append", "account-2", "opened", "{}", "--expect", "exists"})}),
    [](const auto& each) { return std::string{each.param.name}; });

TEST(the_store, may_be_named_by_the_environment_and_the_option_wins) {
    const temporary_folder folder;
    { writer{folder / "bank.db"}.json("a-1", "t", "{}"); }
    const given with{.environment = {{"VARVE_STORE", "bank.db"}}, .folder = folder.path()};
    EXPECT_EQ(run({"cat", "a-1"}, with).code, 0);
    EXPECT_EQ(run({"--store", "none.db", "cat", "a-1"}, with).code, 3);
    const auto hinted = run({"cat", "a-2"}, with);
    EXPECT_NE(hinted.err.find("next: varve cat a-1"), std::string::npos) << hinted.err;
}

TEST(a_word, that_is_not_one_of_those_an_option_takes_is_answered_with_all_of_them) {
    const auto said = [](std::vector<std::string> words) { return run(std::move(words)).err; };
    EXPECT_EQ(said({"-o", "xml", "info"}),
              "error: --output: 'xml' is not one of table, plain, json, ndjson\n"
              "  next: varve --help\n");
    EXPECT_EQ(said({"info", "--color", "blue"}),
              "error: --color: 'blue' is not one of auto, always, never\n  next: varve --help\n");
    EXPECT_EQ(said({"streams", "ls", "--sort", "size"}),
              "error: --sort: 'size' is not one of name, events, last\n"
              "  next: varve streams ls --help\n");
    EXPECT_EQ(said({"info", "--output="}).find("error: --output"), 0u);
    EXPECT_EQ(said({"cat", "a", "b"}).find("error: 'b' is one word too many for varve cat\n"), 0u);
}

TEST(a_typo, gets_the_nearest_command_or_option) {
    for (const auto& [typed, meant] : std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"verfy"}, "verify"},
             {{"apend"}, "append"},
             {{"stream", "ls"}, "streams"},
             {{"streams", "sl"}, "ls"},
             {{"cat", "a-1", "--revers"}, "--reverse"},
             {{"tail", "--folow"}, "--follow"},
             {{"info", "--stor", "x"}, "--store"}}) {
        const auto done = run(typed);
        EXPECT_EQ(done.code, 2);
        EXPECT_NE(done.err.find("did you mean '" + meant + "'?"), std::string::npos) << done.err;
    }
}

}  // namespace
