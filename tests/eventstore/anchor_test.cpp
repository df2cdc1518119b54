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
        EXPECT_EQ(store.head(), position{6}) << "one event tells of it";
        EXPECT_EQ(must(append(store)).first, position{7});
    }
    auto store = open();
    EXPECT_EQ(store.identity().epoch, epoch{2});
    EXPECT_EQ(store.head(), position{7});
    EXPECT_TRUE(must(store.verify()).good());
    const auto told = must(store.read_stream("$store"));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].position, position{6});
    EXPECT_EQ(told[0].type, "$loss-accepted");
    EXPECT_EQ(as_text(told[0].payload), R"({"after":5,"anchor":8,"promises":0,"epoch":1})");
}

/// Reserves an append of one event to this stream, which believes that `believed` has this revision.
append_id reserve(sqlite_store& store, std::string_view stream, std::string_view believed,
                  std::uint64_t at) {
    const auto id = store.environment().ids().next<append_id>();
    const new_event event{.stream = stream, .type = "noted", .payload = as_bytes("<promised>")};
    const stream_check check{believed, expect::at(revision{at})};
    EXPECT_EQ(must(store.reserve({.id = id, .events = {&event, 1}, .checks = {&check, 1}})),
              reservation_state::held);
    return id;
}

TEST_F(an_anchored_store, says_that_a_promise_is_lost) {  // semantics.md §64
    write(5);
    fs::copy_file(path, backup);
    {
        auto store = open();
        reserve(store, "b-1", "a-1", 5);
    }
    fs::copy_file(backup, path, fs::copy_options::overwrite_existing);
    const auto opened = try_open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::corrupt);
    EXPECT_NE(words(opened).find("a promise is lost"), std::string::npos) << words(opened);
    auto store = open({.accept_loss_after = position{5}});
    EXPECT_EQ(as_text(must(store.read_stream("$store"))[0].payload),
              R"({"after":5,"anchor":5,"promises":1,"epoch":1})");
}

// semantics.md §64: after a loss was accepted, a promise may stand on events that are gone
TEST_F(an_anchored_store, keeps_the_promises_of_an_earlier_life_and_checks_them_again) {
    write(3);
    append_id sound, hollow;
    {
        auto store = open();
        sound = reserve(store, "b-1", "c-1", 0);
        hollow = store.environment().ids().next<append_id>();
        const new_event event{.stream = "d-1", .type = "noted"};
        const condition nothing_since{event_query::any_of({{.categories = {"$store", "e"}}}), {}};
        must(store.reserve(
            {.id = hollow, .events = {&event, 1}, .conditions = {&nothing_since, 1}}));
        must(append(store));
    }
    fs::copy_file(path, backup);
    write(2);
    fs::copy_file(backup, path, fs::copy_options::overwrite_existing);
    auto store = open({.accept_loss_after = position{4}});
    EXPECT_EQ(must(store.reservations()).size(), 2u) << "they are still held";
    const new_event event{.stream = "e-1", .type = "noted"};
    const auto met = store.append(
        {.id = store.environment().ids().next<append_id>(), .events = {&event, 1}});
    ASSERT_FALSE(met);
    EXPECT_EQ(met.error().code, errc::reserved);
    EXPECT_EQ(must(store.confirm(sound)).streams[0].revision, revision{1});
    const auto broken = store.confirm(hollow);
    ASSERT_FALSE(broken) << "the event that tells of the repair is one that it forbids";
    EXPECT_EQ(broken.error().code, errc::conflict);
    EXPECT_EQ(must(store.reservations()).size(), 1u) << "it stays held until somebody decides";
    EXPECT_TRUE(store.release(hollow));
}

TEST_F(an_anchored_store, gives_up_a_promise_that_cannot_be_read_only_when_told_to) {
    append_id id;
    {
        auto store = open();
        must(append(store));
        id = reserve(store, "b-1", "a-1", 1);
    }
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    const std::string all{std::istreambuf_iterator<char>{file}, {}};
    const auto at = all.find("<promised>");
    ASSERT_NE(at, std::string::npos);
    file.seekp(static_cast<std::streamoff>(at));
    file.put('X').flush();
    const auto opened = try_open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::corrupt);
    EXPECT_NE(words(opened).find(to_string(id)), std::string::npos) << words(opened);
    EXPECT_NE(words(opened).find("--drop-damaged-reservations"), std::string::npos);
    EXPECT_TRUE(try_open({.read_only = true})) << "who only reads promises nothing";
    auto store = open({.drop_damaged_reservations = true});
    EXPECT_TRUE(must(store.reservations()).empty());
    const auto told = must(store.read_stream("$store"));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].type, "$reservations-dropped");
    EXPECT_EQ(as_text(told[0].payload),
              "{\"written\":1,\"left\":0,\"damaged\":[\"" + to_string(id) + "\"]}");
    EXPECT_TRUE(must(store.verify()).good());
    EXPECT_EQ(must(append(store)).first, position{3});
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
