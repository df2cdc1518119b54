// The anchor: what an engine does not notice is noticed all the same.

#include "engines.hpp"
#include "stores/sqlite.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

using namespace engines;
namespace fs = std::filesystem;

class an_anchored_store : public testing::Test {
protected:
    result<sqlite_store> try_open(sqlite_store_options options = {}) {
        return tests::open_sqlite(path, std::move(options));
    }
    sqlite_store open(sqlite_store_options options = {}) {
        return must(try_open(std::move(options)));
    }
    static result<receipt> append(sqlite_store& store) {
        const new_event event{.stream = "a-1", .type = "noted", .payload = as_bytes("x")};
        return store.append(
            {.id = store.environment().ids().next<append_id>(), .events = {&event, 1}});
    }
    void write(int events) {
        auto store = open();
        for (int i = 0; i < events; ++i) must(append(store));
    }
    static std::string words(const result<sqlite_store>& opened) {
        return opened ? "it opened" : opened.error().message;
    }

    temporary_folder folder;
    const std::string path = folder / "bank.db";
    const std::string backup = folder / "backup.db";
};

TEST_F(an_anchored_store, says_that_a_log_has_lost_its_end) {  // semantics.md §37
    write(5);
    fs::copy_file(path, backup);
    write(3);
    fs::copy_file(backup, path, fs::copy_options::overwrite_existing);
    for (const bool read_only : {false, true}) {
        const auto opened = try_open({.read_only = read_only});
        ASSERT_FALSE(opened) << read_only;
        EXPECT_EQ(opened.error().code, errc::corrupt);
        EXPECT_NE(words(opened).find("ends at position 5"), std::string::npos) << words(opened);
        EXPECT_NE(words(opened).find("durable up to 8"), std::string::npos) << words(opened);
        EXPECT_NE(words(opened).find("repair --accept-loss-after 5"), std::string::npos);
    }
}

TEST_F(an_anchored_store, goes_on_in_a_new_epoch_when_a_loss_is_accepted) {
    write(5);
    fs::copy_file(path, backup);
    write(3);
    fs::copy_file(backup, path, fs::copy_options::overwrite_existing);
    EXPECT_FALSE(try_open({.accept_loss_after = position{4}})) << "not what is there";
    {
        auto store = open({.accept_loss_after = position{5}});
        EXPECT_EQ(store.identity().epoch, epoch{2});
        EXPECT_EQ(store.head(), position{5});
        EXPECT_EQ(must(append(store)).first, position{6});
    }
    auto store = open();
    EXPECT_EQ(store.identity().epoch, epoch{2});
    EXPECT_EQ(store.head(), position{6});
}

TEST_F(an_anchored_store, tells_two_histories_of_one_store_apart) {  // semantics.md §37
    write(5);
    fs::copy_file(path, backup);
    write(3);
    const std::string anchor = path + "-anchor";
    fs::copy_file(anchor, backup + "-anchor");
    fs::copy_file(backup, path, fs::copy_options::overwrite_existing);
    fs::remove(anchor);
    write(4);  // other events at the positions 6 to 8
    fs::copy_file(backup + "-anchor", anchor, fs::copy_options::overwrite_existing);
    const auto opened = try_open();
    ASSERT_FALSE(opened);
    EXPECT_NE(words(opened).find("another history up to 8"), std::string::npos) << words(opened);
}

TEST_F(an_anchored_store, does_not_begin_anew_where_its_file_is_gone) {
    write(3);
    fs::remove(path);
    const auto opened = try_open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::corrupt);
    EXPECT_NE(words(opened).find("durable up to position 3"), std::string::npos) << words(opened);
    fs::remove(path + "-anchor");
    EXPECT_TRUE(try_open()) << "on purpose, it does";
}

TEST_F(an_anchored_store, is_not_taken_for_another) {
    write(2);
    fs::rename(path + "-anchor", folder / "other");
    fs::remove(path);
    write(1);
    fs::rename(folder / "other", path + "-anchor");
    const auto opened = try_open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::corrupt);
    EXPECT_NE(words(opened).find("the anchor beside it is of the store"), std::string::npos);
}

TEST_F(an_anchored_store, opens_without_its_anchor_or_with_a_damaged_one) {
    write(3);
    fs::remove(path + "-anchor");
    EXPECT_EQ(open().head(), position{3});
    std::ofstream{path + "-anchor"} << "garbage";
    EXPECT_EQ(open().head(), position{3});
    write(1);
    {
        std::fstream file{path + "-anchor"};
        file.seekp(60).put('?');  // one slot of the two
    }
    EXPECT_EQ(open().head(), position{4});
}

TEST_F(an_anchored_store, refuses_to_write_after_a_reopen_that_failed) {  // semantics.md §36, §38
    write(2);
    fs::copy_file(path, backup);
    auto store = open();
    must(append(store));
    // somebody puts an older state below the open store
    fs::remove(path);
    fs::remove(path + "-wal");
    fs::remove(path + "-shm");
    EXPECT_FALSE(store.reopen()) << "the file is gone";
    EXPECT_FALSE(fs::exists(path)) << "and is not replaced by an empty one";
    EXPECT_EQ(append(store).error().code, errc::poisoned);
    fs::copy_file(backup, path);
    const auto reopened = store.reopen();
    ASSERT_FALSE(reopened);
    EXPECT_EQ(reopened.error().code, errc::corrupt);
    EXPECT_EQ(append(store).error().code, errc::poisoned) << "nothing is put on top of a lost end";
}

TEST_F(an_anchored_store, is_not_another_store_after_a_reopen) {
    auto store = open();
    const auto other = folder / "other.db";
    {
        auto second = must(tests::open_sqlite(other));
        must(append(second));
    }
    fs::remove(path + "-wal");
    fs::remove(path + "-shm");
    fs::rename(other, path);
    const auto reopened = store.reopen();
    ASSERT_FALSE(reopened);
    EXPECT_NE(reopened.error().message.find("the file was replaced"), std::string::npos)
        << reopened.error().message;
    EXPECT_EQ(append(store).error().code, errc::poisoned);
}

TEST_F(an_anchored_store, stops_when_another_program_wrote_to_its_file) {  // semantics.md §40
    auto store = open();
    must(append(store));
    {
        auto other = must(sqlite_connection::open(path, {.access = sqlite_access::write}));
        must(other.execute("update openings set count = count + 1"));
    }
    const auto refused = append(store);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::poisoned);
    EXPECT_NE(refused.error().message.find("another program wrote"), std::string::npos);
    must(store.reopen());
    EXPECT_EQ(must(append(store)).first, position{2}) << "nothing of the refused one is there";
}

}  // namespace
