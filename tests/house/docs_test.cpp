// Every code block of the documentation stands in a file that is compiled and tested.
//
// A C++ block follows a line `<!-- from PATH [NAME] -->`, and is the text between the lines
// `// [NAME]` and `// [/NAME]` of that file. VARVE_RENEW_GOLDEN=1 writes the blocks anew.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const fs::path& path) {
    std::ifstream in{path};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

/// The lines between `// [name]` and `// [/name]`, without the indentation they share.
std::vector<std::string> snippet(const std::vector<std::string>& source, const std::string& name) {
    std::vector<std::string> found;
    std::size_t indent = std::string::npos;
    bool inside = false;
    for (const auto& line : source) {
        const auto text = line.substr(std::min(line.find_first_not_of(' '), line.size()));
        if (text == "// [/" + name + "]") break;
        if (inside) found.push_back(line);
        if (inside && !text.empty()) indent = std::min(indent, line.size() - text.size());
        if (text == "// [" + name + "]") inside = true;
    }
    for (auto& line : found) line = line.substr(std::min(indent, line.size()));
    return found;
}

struct document {
    std::vector<std::string> written;   ///< As it is.
    std::vector<std::string> expected;  ///< With every block as its source says.
    std::vector<std::string> faults;
};

document check(const fs::path& root, const std::vector<std::string>& lines) {
    document doc{lines, {}, {}};
    for (std::size_t i = 0; i < lines.size(); ++i) {
        doc.expected.push_back(lines[i]);
        if (lines[i] != "```cpp") continue;
        const auto from = i == 0 ? std::string{} : lines[i - 1];
        std::istringstream words{from};
        std::string open, keyword, path, name;
        words >> open >> keyword >> path >> name;
        std::vector<std::string> block;
        if (open == "<!--" && keyword == "from" && name.size() > 2)
            block = snippet(lines_of(root / path), name.substr(1, name.size() - 2));
        if (block.empty())
            doc.faults.push_back("line " + std::to_string(i + 1) +
                                 ": a block that names no compiled file (" + from + ")");
        const bool known = !block.empty();
        for (++i; i < lines.size() && lines[i] != "```"; ++i)
            if (!known) block.push_back(lines[i]);
        doc.expected.insert(doc.expected.end(), block.begin(), block.end());
        doc.expected.push_back("```");
    }
    if (doc.faults.empty() && doc.written != doc.expected)
        doc.faults.push_back("a block differs from its source; renew it: scripts/golden");
    return doc;
}

std::vector<fs::path> documents() {
    const fs::path root = VARVE_SOURCE_DIR;
    std::vector<fs::path> found{root / "README.md"};
    for (const auto* folder : {"docs", "eventstore", "projections", "sagas", "samples", "include"})
        for (const auto& entry : fs::recursive_directory_iterator{root / folder})
            if (entry.path().extension() == ".md") found.push_back(entry.path());
    return found;
}

TEST(documentation, every_code_block_stands_in_a_compiled_file) {
    for (const auto& path : documents()) {
        const auto doc = check(VARVE_SOURCE_DIR, lines_of(path));
        if (std::getenv("VARVE_RENEW_GOLDEN") != nullptr && doc.written != doc.expected) {
            std::ofstream out{path};
            for (const auto& line : doc.expected) out << line << '\n';
        }
        for (const auto& fault : doc.faults) ADD_FAILURE() << path.string() << ": " << fault;
    }
}

TEST(documentation, a_block_without_a_source_is_found) {
    const auto doc = check(VARVE_SOURCE_DIR, {"text", "```cpp", "int i;", "```"});
    EXPECT_EQ(doc.faults.size(), 1u);
}

TEST(documentation, a_block_that_differs_from_its_source_is_found) {
    const auto doc = check(VARVE_SOURCE_DIR, {"<!-- from tests/house/docs_test.cpp [sample] -->",
                                              "```cpp", "int j;", "```"});
    ASSERT_EQ(doc.faults.size(), 1u);
    EXPECT_EQ(doc.expected[2], "[[maybe_unused]]");
}

// clang-format off
// [sample]
[[maybe_unused]]
// [/sample]
// clang-format on
int used_by_the_test_above;

}  // namespace
