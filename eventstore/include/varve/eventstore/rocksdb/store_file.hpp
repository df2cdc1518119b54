// The file `STORE`: what a folder is, in words that a person can read.
//
//     varve store on RocksDB, layout 1
//     number log
//     octets names
//     made
//
// A line for each space, and `made` once all of it is durable. While a store is being made the last
// line says `being made`: then nothing in the folder was ever acknowledged.
#pragma once

#include <varve/eventstore/named_spaces.hpp>
#include <varve/failure.hpp>

#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace varve::inline v0::detail {

inline constexpr std::uint32_t rocksdb_layout = 1;  // of files and families, not of their values

struct rocksdb_store_file {
    static constexpr std::string_view title = "varve store on RocksDB, layout ";

    std::uint32_t layout = rocksdb_layout;
    std::map<std::string, key_kind, std::less<>> spaces{};
    bool made = false;

    std::string text() const {
        std::string text = std::string{title} + std::to_string(layout) + "\n";
        for (const auto& [name, keys] : spaces)
            text += (keys == key_kind::number ? "number " : "octets ") + name + "\n";
        return text + (made ? "made\n" : "being made\n");
    }

    /// Takes the spaces in; whether that changed anything. Errors: `foreign` if one has other keys.
    result<bool> add(const named_spaces& wanted) {
        bool changed = false;
        for (const auto& in : wanted) {
            const auto [at, fresh] = spaces.try_emplace(in.name, in.keys);
            if (at->second != in.keys)
                return fail(errc::foreign, "space " + in.name +
                                               " has keys of another kind than this version uses");
            changed = changed || fresh;
        }
        return changed;
    }

    /// Errors: `foreign` if it is another file or of a newer layout, `corrupt`.
    static result<rocksdb_store_file> read(std::string_view text) {
        rocksdb_store_file file;
        if (!text.starts_with(title)) return fail(errc::foreign, "no store of this kind");
        const auto line = next_line(text).substr(title.size());
        const auto end = line.data() + line.size();
        const auto number = std::from_chars(line.data(), end, file.layout);
        if (number.ec != std::errc{} || number.ptr != end || file.layout == 0)
            return fail(errc::corrupt, "its first line is damaged");
        if (file.layout > rocksdb_layout)
            return fail(errc::foreign, "a store of a newer version (layout " +
                                           std::to_string(file.layout) + ", this program knows " +
                                           std::to_string(rocksdb_layout) +
                                           "); use a newer program");
        while (!text.empty()) {
            const auto one = next_line(text);
            const auto name = one.substr(one.find(' ') + 1);
            if (one.starts_with("number "))
                file.spaces.emplace(name, key_kind::number);
            else if (one.starts_with("octets "))
                file.spaces.emplace(name, key_kind::octets);
            else if ((one == "made" || one == "being made") && text.empty())
                return file.made = one == "made", file;
            else
                break;
        }
        return fail(errc::corrupt, "its lines are damaged");
    }

private:
    static std::string_view next_line(std::string_view& text) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        return line;
    }
};

}  // namespace varve::inline v0::detail
