// An opening that is refused changes nothing that matters: a file can still be put back (semantics.md
// §37, §40).

#include "engines.hpp"
#include "stores/rocksdb.hpp"
#include "stores/sqlite.hpp"

#include <varve/eventstore/rocksdb/store_file.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace engines;
namespace fs = std::filesystem;

template <class Store>
void append(Store& store, int events) {
    const new_event event{.stream = "a-1", .type = "noted", .payload = as_bytes("x")};
    for (int i = 0; i < events; ++i)
        (void)must(store.append(
            {.id = store.environment().ids().template next<append_id>(), .events = {&event, 1}}));
}

template <class Store>
void expect_corrupt(const result<Store>& opened, const std::string& words) {
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::corrupt);
    EXPECT_NE(opened.error().message.find(words), std::string::npos) << opened.error().message;
}

std::string content(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

class a_refused_rocksdb_store : public testing::Test {
protected:
    a_refused_rocksdb_store() {
        auto store = must(tests::open_rocksdb(path));
        append(store, 3);
    }
    temporary_folder folder;
    const std::string path = folder / "bank.store";
};

// An old `STORE` says that nothing was acknowledged yet: to believe it would wipe out the store.
TEST_F(a_refused_rocksdb_store, whose_STORE_is_from_when_it_was_made_is_left_as_it_is) {
    const std::string file = path + "/STORE";
    fs::copy_file(file, folder / "newer");
    std::ofstream{file} << detail::rocksdb_store_file{}.text();
    expect_corrupt(tests::open_rocksdb(path), file);
    fs::copy_file(folder / "newer", file, fs::copy_options::overwrite_existing);
    EXPECT_EQ(must(tests::open_rocksdb(path)).head(), position{3});
}

TEST_F(a_refused_rocksdb_store, whose_logs_are_gone_is_well_again_once_they_are_back) {
    fs::create_directory(folder / "logs");
    for (const auto& each : fs::directory_iterator{path})
        if (each.path().extension() == ".log")
            fs::copy_file(each.path(), folder / ("logs/" + each.path().filename().string()));
    for (const auto& each : fs::directory_iterator{folder / "logs"})
        fs::remove(path / each.path().filename());
    expect_corrupt(tests::open_rocksdb(path), "durable up to position 3");
    fs::copy(folder / "logs", path, fs::copy_options::recursive);
    auto store = must(tests::open_rocksdb(path));
    EXPECT_EQ(store.head(), position{3});
    append(store, 1);
    EXPECT_TRUE(must(store.verify()).good());
}

TEST(a_refused_sqlite_store, with_the_log_of_another_one_is_well_again_without_it) {
    const temporary_folder folder;
    const std::string path = folder / "bank.db";
    const std::string other = folder / "other.db";
    {
        auto store = must(tests::open_sqlite(path));
        append(store, 3);
    }
    {
        auto store = must(tests::open_sqlite(other));
        append(store, 5);
        fs::copy_file(other + "-wal", path + "-wal", fs::copy_options::overwrite_existing);
    }
    const auto before = content(path);
    expect_corrupt(tests::open_sqlite(path), "bring together what belongs together");
    EXPECT_TRUE(content(path) == before) << "the log of another store was moved into the file";
    fs::remove(path + "-wal");
    auto store = must(tests::open_sqlite(path));
    EXPECT_EQ(store.head(), position{3});
    append(store, 1);
    EXPECT_TRUE(must(store.verify()).good());
}

}  // namespace
