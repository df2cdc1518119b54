// A folder for a RocksDB engine on the machine's own files, and what tests do with it.
#pragma once

#include "engines.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace engines {

namespace fs = std::filesystem;

class a_rocksdb_engine : public testing::Test {
protected:
    static result<rocksdb_engine> open(const std::string& path,
                                       rocksdb_engine_options options = {}) {
        return rocksdb_engine::open(path, spaces, std::move(options));
    }
    static void put(rocksdb_engine& engine, std::uint64_t at, std::string_view value) {
        must(engine.transact([&](auto& t) { return t.put(log, at, as_bytes(value)); }));
    }
    static std::string why(const result<rocksdb_engine>& refused) {
        return refused ? "opened" : to_string(refused.error());
    }
    static void write_file(const std::string& path, std::string_view text) {
        std::ofstream{path, std::ios::binary} << text;
    }
    static std::string read_file(const std::string& path) {
        std::ifstream in{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    /// Every file below the folder with its content.
    std::map<std::string, std::string> files() const {
        std::map<std::string, std::string> all;
        for (const auto& entry : fs::recursive_directory_iterator{folder.path()})
            all[entry.path().lexically_relative(folder.path()).string()] =
                entry.is_regular_file() ? read_file(entry.path().string()) : "a folder";
        return all;
    }
    /// The largest file of the store whose name ends so.
    std::string file(std::string_view end) const {
        std::string found;
        std::uintmax_t largest = 0;
        for (const auto& entry : fs::directory_iterator{path})
            if (entry.path().string().ends_with(end) && entry.file_size() > largest) {
                found = entry.path().string();
                largest = entry.file_size();
            }
        EXPECT_FALSE(found.empty()) << "no " << end;
        return found;
    }

    /// It is refused with that code and these words, and nothing in the folder has changed.
    void expect_untouched(errc code, const std::string& words) {
        const auto before = files();
        for (const bool read_only : {false, true}) {
            const auto refused = open(path, {.read_only = read_only});
            ASSERT_FALSE(refused.has_value());
            EXPECT_EQ(refused.error().code, code) << why(refused);
            EXPECT_NE(why(refused).find(words), std::string::npos) << why(refused);
        }
        EXPECT_EQ(files(), before);
    }

    /// A store that was closed and opened again, so that it has tables, and closed.
    void make_with_tables() {
        {
            auto engine = must(open(path));
            for (std::uint64_t n = 1; n <= 200; ++n) put(engine, n, std::string(500, 'x'));
        }
        must(open(path));
    }

    temporary_folder folder;
    const std::string path = folder / "bank.store";
};

}  // namespace engines
