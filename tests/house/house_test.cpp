// The house stands as the design says: includes point down, pages begin with a sentence.
#include "house.hpp"

#include <gtest/gtest.h>

namespace {

using house::tree;

const std::string four = "one\n\ntwo\n\nthree\n\nfour\n";

// A small house in which nothing is wrong.
tree sound_house() {
    tree files{
        {"include/varve/ids.hpp", "// Numbers with a type.\n#pragma once\n#include <cstdint>\n"},
        {"include/varve/core.hpp", "// The core.\n#include <varve/ids.hpp>\n"},
        {"include/varve/adapters/sqlite.hpp",
         "// Owns SQLite.\n#include <sqlite3.h>\n#include <varve/ids.hpp>\n"},
        {"eventstore/include/varve/eventstore/sqlite.hpp",
         "// The SQLite engine.\n#include <varve/adapters/sqlite.hpp>\n"},
        {"projections/include/varve/projections/worker.hpp",
         "// Runs projections.\n#include <varve/ids.hpp>\n"},
        {"sagas/include/varve/sagas/saga.hpp", "// A saga.\n#include <varve/core.hpp>\n"},
        {"src/include/varve/app.hpp", "// The roof.\n#include <varve/projections/worker.hpp>\n"},
        {"src/main.cpp", "#include <CLI/CLI.hpp>\n#include \"table.hpp\"\n"},
        {"src/table.hpp", "// Prints a table.\n#include <fmt/format.h>\n"},
        {"samples/bank/main.cpp", "#include <varve/app.hpp>\n#include \"bank.pb.h\"\n"},
        {"tests/core/ids_test.cpp", "#include <gtest/gtest.h>\n#include <varve/ids.hpp>\n"},
    };
    std::set<std::string> folders;
    for (const auto& [path, text] : files) folders.insert(house::folder_of(path));
    for (const auto& folder : folders) files[folder + "/README.md"] = four;
    files["README.md"] = four;
    return files;
}

std::vector<std::string> rules_broken(const tree& files) {
    std::vector<std::string> rules;
    for (const auto& wrong : house::inspect(files)) rules.push_back(wrong.rule);
    return rules;
}

// One violation, planted in a sound house.
struct planted {
    const char* rule;
    const char* path;
    std::string text;
};

void PrintTo(const planted& one, std::ostream* out) { *out << one.rule << " in " << one.path; }

class a_planted_violation : public testing::TestWithParam<planted> {};

TEST_P(a_planted_violation, is_found_and_named) {
    tree files = sound_house();
    files[GetParam().path] = GetParam().text;
    EXPECT_EQ(rules_broken(files), std::vector<std::string>{GetParam().rule});
}

const std::string saga = "sagas/include/varve/sagas/saga.hpp";

INSTANTIATE_TEST_SUITE_P(
    house, a_planted_violation,
    testing::Values(
        planted{"upward", "include/varve/core.hpp",
                "// The core.\n#include <varve/adapters/sqlite.hpp>\n"},
        planted{"upward", "include/varve/core.hpp", "// The core.\n#include <varve/app.hpp>\n"},
        planted{"upward", "include/varve/adapters/sqlite.hpp",
                "// Owns SQLite.\n#  include <varve/projections/worker.hpp>\n"},
        planted{"upward", "sagas/include/varve/sagas/saga.hpp",
                "// A saga.\n#include <varve/projections/worker.hpp>\n"},
        planted{"upward", "sagas/include/varve/sagas/saga.hpp",
                "// A saga.\n#include <varve/app.hpp>\n"},
        planted{"upward", "src/include/varve/part.hpp",
                "// A part.\n#include <varve/sagas/saga.hpp>\n"},
        planted{"library", "include/varve/core.hpp", "// The core.\n#include <sqlite3.h>\n"},
        planted{"library", "include/varve/core.hpp", "// The core.\n#include <unistd.h>\n"},
        planted{"library", "eventstore/include/varve/eventstore/sqlite.hpp",
                "// An engine.\n#include <sqlite3.h>\n"},
        planted{"library", "src/include/varve/app.hpp", "// The roof.\n#include <fmt/format.h>\n"},
        planted{"library", "src/main.cpp", "#include <sqlite3.h>\n"},
        planted{"library", "samples/bank/main.cpp", "#include <gtest/gtest.h>\n"},
        planted{"library", "tests/core/ids_test.cpp", "#include <sqlite3.h>\n"},
        planted{"owner", "include/varve/adapters/sql.hpp",
                "// Owns SQLite too.\n#include <sqlite3.h>\n"},
        planted{"generated", "src/include/varve/app.hpp", "// The roof.\n#include <bank.pb.h>\n"},
        planted{"missing", "include/varve/core.hpp", "// The core.\n#include <varve/gone.hpp>\n"},
        planted{"missing", "src/main.cpp", "#include \"gone.hpp\"\n"},
        planted{"quoted", "include/varve/core.hpp", "// The core.\n#include \"ids.hpp\"\n"},
        planted{"circle", "include/varve/ids.hpp",
                "// Numbers with a type.\n#include <varve/core.hpp>\n"},
        planted{"sentence", "include/varve/ids.hpp", "#pragma once\n// Numbers with a type.\n"},
        planted{"sentence", "include/varve/ids.hpp", "// Numbers with\n// a type.\n"},
        planted{"length", "include/varve/ids.hpp", "// Too much.\n" + std::string(500, '\n')},
        planted{"readme", "sagas/README.md",
                "# sagas\n\none\n\n```\ncode\n\nmore\n```\n\ntwo\n\nthree\n"},
        planted{"readme", "docs/page.md", "one"}));

TEST(the_scanner, finds_nothing_in_a_sound_house) {
    EXPECT_TRUE(house::inspect(sound_house()).empty());
}

TEST(the_scanner, asks_no_readme_of_a_folder_inside_stored_data) {
    tree files = sound_house();
    files["tests/core/golden/README.md"] = four;
    files["tests/core/golden/v0/frame.bin"] = "";
    EXPECT_TRUE(house::inspect(files).empty());
}

TEST(the_house, stands_as_designed) {
    const tree files = house::read_tree(VARVE_SOURCE_DIR);
    ASSERT_TRUE(files.contains("include/varve/core.hpp")) << "the scanner does not see the tree";
    std::string wrongs;
    for (const auto& wrong : house::inspect(files)) {
        wrongs += "\n  " + wrong.rule + ": " + wrong.path + ": " + wrong.words;
    }
    EXPECT_TRUE(wrongs.empty()) << wrongs;
    for (const auto& [path, text] : files) {
        const auto lines = std::count(text.begin(), text.end(), '\n');
        if (house::is_header(path) && lines > 350)
            std::cout << "look again: " << path << " has " << lines << " lines\n";
    }
}

}  // namespace
