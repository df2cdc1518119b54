// What the house allows, as a function from its files to what is wrong with them.
//
// The compiler refuses an include between wings. What it cannot refuse is checked here: an arrow
// that runs up, a third-party header outside its adapter, a circle, a page without its first
// sentence, a folder without its four paragraphs.
#pragma once

#include "floors.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace house {

/// Path from the top folder, with `/`, to text.
using tree = std::map<std::string, std::string>;

/// One thing that is wrong. `rule` is one word; `words` are for the person who reads it.
struct finding {
    std::string rule;
    std::string path;
    std::string words;
};

// ---- reading includes ----------------------------------------------------------------------

struct include {
    std::string name;
    bool quoted;
};

/// The include lines of a text.
inline std::vector<include> includes_of(std::string_view text) {
    std::vector<include> found;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        auto skip_blanks = [&line](std::size_t at) {
            while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
            return at;
        };
        std::size_t at = skip_blanks(0);
        if (at == line.size() || line[at] != '#') continue;
        at = skip_blanks(at + 1);
        if (line.compare(at, 7, "include") != 0) continue;
        at = skip_blanks(at + 7);
        if (at == line.size() || (line[at] != '<' && line[at] != '"')) continue;
        const bool quoted = line[at] == '"';
        const std::size_t end = line.find(quoted ? '"' : '>', at + 1);
        if (end != std::string::npos) found.push_back({line.substr(at + 1, end - at - 1), quoted});
    }
    return found;
}

/// The file of ours that an include names.
inline std::optional<std::string> resolve(const tree& files, const std::string& from,
                                          const include& line) {
    std::vector<std::string> tries;
    if (line.quoted) {
        const auto beside = std::filesystem::path(from).parent_path() / line.name;
        tries = {beside.lexically_normal().generic_string(), "tests/" + line.name,
                 "samples/" + line.name, "src/" + line.name};
    }
    for (std::string_view root : {"include/", "eventstore/include/", "projections/include/",
                                  "sagas/include/", "src/include/", "tests/include/"}) {
        tries.push_back(std::string(root) + line.name);
    }
    for (const auto& path : tries) {
        if (files.contains(path)) return path;
    }
    return std::nullopt;
}

inline bool is_header(std::string_view path) {
    return path.ends_with(".hpp") || path.ends_with(".h");
}
inline bool is_source(std::string_view path) { return is_header(path) || path.ends_with(".cpp"); }

inline bool is_public(place of) {
    return of <= place::cli;  // what is installed
}

// ---- the rules -----------------------------------------------------------------------------

inline void check_includes(const tree& files, std::vector<finding>& wrong) {
    std::map<std::string, std::set<std::string>> owners;  // library -> adapters that include it
    for (const auto& [path, text] : files) {
        const place from = place_of(path);
        if (!is_source(path) || from == place::elsewhere) continue;
        for (const auto& line : includes_of(text)) {
            if (line.quoted && is_public(from)) {
                wrong.push_back(
                    {"quoted", path,
                     "a public header includes \"" + line.name + "\"; write <varve/...>"});
            }
            if (const auto to = resolve(files, path, line)) {
                if (!may_see(from, place_of(*to))) {
                    wrong.push_back({"upward", path,
                                     std::string(name(from)) + " must not include " + *to +
                                         ", which is " + std::string(name(place_of(*to)))});
                }
            } else if (line.name.ends_with(".pb.h")) {
                if (is_public(from))
                    wrong.push_back({"generated", path, "a public header includes " + line.name});
            } else if (line.quoted || line.name.starts_with("varve/")) {
                wrong.push_back({"missing", path, "there is no " + line.name + " in the house"});
            } else if (!may_use(from, line.name)) {
                wrong.push_back({"library", path,
                                 std::string(name(from)) + " must not include <" + line.name +
                                     ">; it belongs into include/varve/adapters/"});
            } else if (from == place::adapters && origin_of(line.name) == origin::library) {
                owners[library_of(line.name)].insert(path);
            }
        }
    }
    for (const auto& [library, adapters] : owners) {
        if (adapters.size() > 1) {
            wrong.push_back({"owner", *adapters.rbegin(),
                             library + " already has an adapter: " + *adapters.begin()});
        }
    }
}

inline void check_circles(const tree& files, std::vector<finding>& wrong) {
    enum class state { fresh, open, done };
    std::map<std::string, state> seen;
    std::vector<std::string> trail;
    auto visit = [&](auto&& self, const std::string& path) -> void {
        seen[path] = state::open;
        trail.push_back(path);
        for (const auto& line : includes_of(files.at(path))) {
            const auto to = resolve(files, path, line);
            if (!to || !is_header(*to)) continue;
            if (seen[*to] == state::fresh) {
                self(self, *to);
            } else if (seen[*to] == state::open) {
                std::string circle = *to;
                for (auto at = std::find(trail.begin(), trail.end(), *to) + 1; at != trail.end();
                     ++at)
                    circle += " -> " + *at;
                wrong.push_back({"circle", path, circle + " -> " + *to});
            }
        }
        trail.pop_back();
        seen[path] = state::done;
    };
    for (const auto& [path, text] : files) {
        if (is_header(path) && seen[path] == state::fresh) visit(visit, path);
    }
}

/// "// What a thing is, in one plain sentence."
inline bool is_first_sentence(std::string_view line) {
    if (!line.starts_with("// ") || !line.ends_with('.') || line.size() < 8) return false;
    const auto first = static_cast<unsigned char>(line[3]);
    return std::isupper(first) || std::isdigit(first) || first == '`';
}

inline constexpr long longest_header = 500;  // past about 300, look again; past this, divide it

inline void check_pages(const tree& files, std::vector<finding>& wrong) {
    for (const auto& [path, text] : files) {
        if (!is_header(path)) continue;
        const std::string line = text.substr(0, text.find('\n'));
        if (!is_first_sentence(line)) {
            wrong.push_back(
                {"sentence", path, "the first line is not one plain sentence: " + line});
        }
        if (const auto lines = std::count(text.begin(), text.end(), '\n'); lines > longest_header) {
            wrong.push_back({"length", path,
                             std::to_string(lines) + " lines; a header has at most " +
                                 std::to_string(longest_header)});
        }
    }
}

/// Paragraphs of prose: blocks between blank lines that are not headings, tables or code.
inline int paragraphs(std::string_view text) {
    int count = 0;
    bool inside = false;
    bool code = false;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("```")) code = !code;
        const bool prose = !code && !line.empty() && !line.starts_with("```") &&
                           !line.starts_with("#") && !line.starts_with("|") &&
                           !line.starts_with("    ");
        if (prose && !inside) ++count;
        inside = prose;
    }
    return count;
}

inline std::string folder_of(const std::string& path) {
    return std::filesystem::path(path).parent_path().generic_string();
}

/// Stored samples of bytes: the folder that collects them has the README, those inside it none.
inline bool is_inside_data(const std::string& folder) {
    const auto parent = std::filesystem::path(folder).parent_path().filename();
    return parent == "corpus" || parent == "golden" || parent == "data";
}

inline void check_readmes(const tree& files, std::vector<finding>& wrong) {
    std::set<std::string> folders;
    for (const auto& [path, text] : files) folders.insert(folder_of(path));
    for (const auto& folder : folders) {
        if (is_inside_data(folder)) continue;
        const std::string path = folder.empty() ? "README.md" : folder + "/README.md";
        const auto readme = files.find(path);
        if (readme == files.end()) {
            wrong.push_back(
                {"readme", path, "a folder with files has a README of four paragraphs"});
        } else if (const int count = paragraphs(readme->second); count < 4) {
            wrong.push_back({"readme", path, std::to_string(count) + " paragraphs; four are due"});
        }
    }
}

/// All that is wrong.
inline std::vector<finding> inspect(const tree& files) {
    std::vector<finding> wrong;
    check_includes(files, wrong);
    check_circles(files, wrong);
    check_pages(files, wrong);
    check_readmes(files, wrong);
    return wrong;
}

// ---- reading it ----------------------------------------------------------------------------

/// Names that are no part of the house: hidden folders (but .ci), builds, what an editor leaves.
inline bool is_foreign(std::string_view filename) {
    if (filename == ".ci") return false;
    return filename.starts_with('.') || filename.starts_with("build") || filename == "out" ||
           filename.ends_with('~');
}

inline tree read_tree(const std::filesystem::path& top) {
    tree files;
    auto at = std::filesystem::recursive_directory_iterator(top);
    for (; at != std::filesystem::recursive_directory_iterator{}; ++at) {
        if (is_foreign(at->path().filename().string())) {
            if (at->is_directory()) at.disable_recursion_pending();
            continue;
        }
        if (!at->is_regular_file()) continue;
        const auto path = at->path().lexically_relative(top).generic_string();
        std::ostringstream text;
        if (is_source(path) || path.ends_with(".md")) text << std::ifstream(at->path()).rdbuf();
        files.emplace(path, text.str());
    }
    return files;
}

}  // namespace house
