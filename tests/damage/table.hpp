// What was damaged how often, and what came of it.
#pragma once

#include "damage/damages.hpp"

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace varve::tests {

/// One kind of file and one kind of damage.
struct damage_row {
    bool possible = false;  ///< The file can be damaged so: it has bytes, it ever changed.
    std::uint64_t damages = 0;
    std::uint64_t refused_at_open = 0;
    std::uint64_t put_back = 0;  ///< Of those, well again with the file as it was.
    std::uint64_t refused_at_read = 0;
    std::uint64_t equal = 0;
    std::uint64_t less = 0;
};

class damage_table {
public:
    damage_row& row(const std::string& kind, harm what) { return rows_[kind][what]; }

    /// What a store said or lost.
    void note(const std::string& said, const std::string& kind, harm) {
        for (std::size_t at = said.find('\n'); at != std::string::npos;) {
            const auto end = said.find('\n', at + 1);
            ++notes_[kind][said.substr(at + 1, end == std::string::npos ? end : end - at - 1)];
            at = end;
        }
    }

    /// What could have been done to a file and was not.
    std::string untouched() const {
        std::string text;
        for (const auto& [kind, rows] : rows_) {
            std::uint64_t all = 0;
            for (const auto& [what, row] : rows) all += row.damages;
            if (all == 0) text += kind + "\n";
            for (const harm what : harms) {
                const auto found = rows.find(what);
                if (found == rows.end() || (found->second.possible && found->second.damages == 0))
                    text += kind + ", " + std::string{to_string(what)} + "\n";
            }
        }
        return text;
    }

    std::string text(std::string_view engine, std::uint64_t seed) const {
        std::string text;
        damage_row sum;
        for (const auto& [kind, rows] : rows_)
            for (const auto& [what, row] : rows) {
                if (text.empty())
                    text = line("file", "damage", "damages", "open refused", "read refused",
                                "equal", "less");
                const auto number = [&](std::uint64_t n) {
                    return row.possible ? std::to_string(n) : std::string{"-"};
                };
                text += line(kind, to_string(what), number(row.damages),
                             number(row.refused_at_open), number(row.refused_at_read),
                             number(row.equal), number(row.less));
                sum.damages += row.damages;
                sum.refused_at_open += row.refused_at_open;
                sum.put_back += row.put_back;
                sum.refused_at_read += row.refused_at_read;
                sum.equal += row.equal;
                sum.less += row.less;
            }
        for (const auto& [kind, notes] : notes_)
            for (const auto& [note, count] : notes)
                text += "  " + kind + ": " + note + " (" + std::to_string(count) + ")\n";
        return text + "damage on " + std::string{engine} + ": " + std::to_string(sum.damages) +
               " damages, " + std::to_string(sum.refused_at_open) + " refused at open (" +
               std::to_string(sum.put_back) + " well again with the file put back), " +
               std::to_string(sum.refused_at_read) + " refused at a read, " +
               std::to_string(sum.equal) + " answered as before, " + std::to_string(sum.less) +
               " with a stated loss; VARVE_SEED=" + std::to_string(seed) + "\n";
    }

private:
    static std::string line(std::string_view kind, std::string_view what, const std::string& a,
                            const std::string& b, const std::string& c, const std::string& d,
                            const std::string& e) {
        char text[200];
        std::snprintf(text, sizeof text, "  %-17.17s %-14.14s %8s %13s %13s %6s %5s\n",
                      std::string{kind}.c_str(), std::string{what}.c_str(), a.c_str(), b.c_str(),
                      c.c_str(), d.c_str(), e.c_str());
        return text;
    }

    std::map<std::string, std::map<harm, damage_row>> rows_;
    std::map<std::string, std::map<std::string, std::uint64_t>> notes_;
};

}  // namespace varve::tests
