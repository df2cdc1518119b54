// Every command in every format prints what its golden file says, to the byte.
//
// Clock and identifiers stand still by VARVE_TEST_TIME and VARVE_TEST_SEED. VARVE_RENEW_GOLDEN=1 renews
// the files (scripts/golden does it for all areas); look at the difference before it is committed.
#include "tool/support.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <tuple>

namespace {

using namespace tool_test;

const std::vector<std::pair<std::string, std::string>> frozen{
    {"VARVE_TEST_TIME", "2026-01-02T03:04:05.678901234Z"}, {"VARVE_TEST_SEED", "1"}};

/// The store that all golden files look into; written by the tool itself, once.
class bank {
public:
    static const std::filesystem::path& folder() {
        static const bank one;
        return one.folder_.path();
    }

private:
    bank() {
        append({"account-7", "opened", R"({"owner": "Zoë 世界", "limit": 100})", "--create", "--id",
                "018f6c2a-0000-7000-8000-000000000001"},
               0);
        append({"account-7", "deposited", R"({"cents": 500})", "--correlation",
                "018f6c2a-0000-7000-8000-0000000000aa", "--causation",
                "018f6c2a-0000-7000-8000-000000000001", "--occurred-at", "2025-12-31T23:59:59Z",
                "--tag", "branch:north", "--tag", "vip", "--header", "trace=4bf92f35", "--expect",
                "1", "--new-type"},
               1);
        append({"account-8", "opened", R"({"owner": "Bob"})"}, 2);
        append({"note-1", "scribble", "raw\x01 bytes", "--encoding", "opaque", "--new-type"}, 3);
        append({"account-8", "deposited", R"({"cents": 25})"}, 4);
    }

    void append(std::vector<std::string> words, int second) {
        words.insert(words.begin(), {"--store", "bank.db", "append"});
        auto with = frozen;
        with[0].second = "2026-01-02T03:04:0" + std::to_string(second) + "Z";
        with[1].second = std::to_string(second + 10);
        const auto done = run(words, {.environment = with, .folder = folder_.path()});
        if (done.code != 0) throw std::runtime_error(done.err);
    }

    temporary_folder folder_;
};

/// The number behind a word may differ between versions of SQLite.
std::string without_size(std::string text) {
    for (const std::string_view word :
         {"size_on_disk\t", "size on disk   ", "\"size_on_disk\":\""}) {
        const auto at = text.find(word);
        if (at == std::string::npos) continue;
        const auto begin = at + word.size();
        const auto end = text.find_first_of("\"\n", begin);
        text.replace(begin, end - begin, "SIZE");
    }
    return text;
}

struct golden {
    const char* name;
    std::vector<std::string> words;
};

void PrintTo(const golden& one, std::ostream* out) { *out << one.name; }

class the_output_of : public testing::TestWithParam<std::tuple<golden, const char*>> {};

TEST_P(the_output_of, a_command_in_a_format_is_as_it_was) {
    const auto& [command, format] = GetParam();
    auto words = command.words;
    words.insert(words.begin(), {"--store", "bank.db", "-o", format});
    const auto done = run(words, {.environment = frozen, .folder = bank::folder()});
    std::string text = "$ varve";
    for (const auto& word : words) text += " " + word;
    text += "\n" + without_size(done.out) + "--- standard error\n" + done.err + "--- exit " +
            std::to_string(done.code) + "\n";

    const std::string path = std::string{VARVE_SOURCE_DIR "/tests/tool/golden/"} + command.name +
                             "." + format + ".txt";
    if (std::getenv("VARVE_RENEW_GOLDEN") != nullptr) write_file(path, text);
    EXPECT_EQ(text, read_file(path)) << "if that is meant: scripts/golden";
}

INSTANTIATE_TEST_SUITE_P(
    golden, the_output_of,
    testing::Combine(
        testing::Values(
            golden{"info", {"info"}}, golden{"info_types", {"info", "--types"}},
            golden{"streams", {"streams", "ls"}},
            golden{"streams_narrow", {"streams", "ls", "acc", "--sort", "last", "--limit", "1"}},
            golden{"streams_quiet",
                   {"streams", "ls", "--category", "account", "--sort", "events", "-q"}},
            golden{"cat", {"cat", "account-7"}},
            golden{"cat_part", {"cat", "account-7", "--reverse", "-c", "1", "--to", "2"}},
            golden{"cat_opaque", {"cat", "note-1"}}, golden{"cat_unknown", {"cat", "account-77"}},
            golden{"tail", {"tail", "-n", "2"}},
            golden{"tail_filtered",
                   {"tail", "--after", "1", "-t", "deposited", "--category", "account"}},
            golden{"tail_unknown", {"tail", "-t", "bank.Deposited", "--category", "acount"}},
            golden{"append_conflict", {"append", "account-7", "deposited", "{}", "--expect", "7"}},
            golden{"append_dry_run", {"append", "account-7", "deposited", "{}", "--dry-run"}},
            golden{"append_unknown", {"append", "account-7", "Deposited", "{}"}},
            golden{"append_repeated",
                   {"append", "account-7", "opened", R"({"owner": "Zoë 世界", "limit": 100})",
                    "--id", "018f6c2a-0000-7000-8000-000000000001"}},
            golden{"replay", {"replay"}},
            golden{"replay_dry_run", {"replay", "--speed", "2x", "--dry-run", "--from", "2"}},
            golden{"replay_until", {"replay", "--until", "2026-01-02T03:04:01Z"}},
            golden{"verify", {"verify"}}, golden{"version", {"version"}},
            golden{"typo", {"strems", "ls"}}),
        testing::Values("table", "plain", "json", "ndjson")),
    [](const auto& each) {
        return std::string{std::get<0>(each.param).name} + "_as_" + std::get<1>(each.param);
    });

}  // namespace
