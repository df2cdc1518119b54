// What is kept beside the log is counted: what is lost or changed there is missed (semantics.md §31,
// §33, §37).

#include "engines.hpp"
#include "stores/sqlite.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace engines;
namespace fs = std::filesystem;

class beside_the_log : public testing::Test {
protected:
    beside_the_log() {
        auto store = open();
        for (int i = 0; i < 4; ++i) append(store);
        const auto mine = must(store.claim_reader("mailers"));
        must(store.save_checkpoint("mailers", position{3}, mine.holder));
        const parked_event waits{.where = position{2}, .key = "a-1", .reason = "no answer"};
        must(store.park("mailers", {&waits, 1}, mine.holder));
        (void)must(store.claim_reader("reports"));
    }

    result<sqlite_store> try_open(sqlite_store_options options = {}) {
        return tests::open_sqlite(path, std::move(options));
    }
    sqlite_store open(sqlite_store_options options = {}) {
        return must(try_open(std::move(options)));
    }
    static void append(sqlite_store& store) {
        const new_event event{.stream = "a-1", .type = "noted", .payload = as_bytes("x")};
        const type_description type{.type = "noted", .descriptor = as_bytes("bytes")};
        (void)must(store.append({.id = store.environment().ids().next<append_id>(),
                                 .events = {&event, 1},
                                 .types = {&type, 1}}));
    }

    /// Changes the file as no store does.
    template <class Change>
    void behind_its_back(Change&& change) {
        auto engine = must(sqlite_engine::open(path, detail::store_spaces));
        must(engine.transact([&](auto& to) -> result<void> { return change(to); }));
    }
    using writes = sqlite_engine::transaction;
    static result<void> forget(writes& to, const space& in, const bytes& at) {
        return to.remove(in, bytes_view{at});
    }
    static result<void> put(writes& to, const space& in, const bytes& at, bytes_view value) {
        return to.put(in, bytes_view{at}, value);
    }
    static bytes reader(std::string_view name) { return detail::reader_key(0, name); }

    /// The log is fine and can be written to; what is beside it is refused with these words.
    void expect_refused(sqlite_store& store, const std::string& words) {
        const auto says = [&](const auto& answer) {
            if (answer) return std::string{"it answered"};
            EXPECT_EQ(answer.error().code, errc::corrupt);
            EXPECT_NE(answer.error().message.find(path), std::string::npos);
            EXPECT_NE(answer.error().message.find("repair --accept-loss-after"), std::string::npos);
            return answer.error().message;
        };
        EXPECT_NE(says(store.load_checkpoint("mailers")).find(words), std::string::npos)
            << says(store.load_checkpoint("mailers"));
        EXPECT_NE(says(store.claim_reader("another")).find(words), std::string::npos);
        EXPECT_NE(says(store.readers()).find(words), std::string::npos);
        EXPECT_NE(says(store.parked("mailers")).find(words), std::string::npos);
        EXPECT_NE(says(store.types()).find(words), std::string::npos);
        const auto report = must(store.verify());
        ASSERT_FALSE(report.good());
        EXPECT_NE(report.faults.back().what.find(words), std::string::npos);
        const auto head = store.head();
        append(store);
        EXPECT_EQ(must(store.read_log({})).size(), head.value + 1);
    }

    temporary_folder folder;
    const std::string path = folder / "bank.db";
};

TEST_F(beside_the_log, an_entry_that_is_gone_is_missed_and_the_log_goes_on) {
    behind_its_back([](auto& to) {
        return forget(to, detail::parked_space, detail::parked_key(0, "mailers", position{2}));
    });
    for (int opening = 0; opening < 2; ++opening) {  // and it stays told
        auto store = open();
        expect_refused(store, "3 entries where 4 were written");
    }
    auto reading = open({.read_only = true});
    EXPECT_EQ(reading.parked("mailers").error().code, errc::corrupt);
    EXPECT_EQ(must(reading.read_log({})).size(), 6u);
}

TEST_F(beside_the_log, an_entry_that_was_changed_or_renamed_or_added_is_noticed) {
    const auto other = [](std::string_view name) {
        return detail::encode_checkpoint(reader(name), {{}, position{1}, {}});
    };
    const std::vector<std::function<result<void>(writes&)>> changes{
        [&](auto& to) {
            return put(to, detail::checkpoint_space, reader("mailers"), other("mailers"));
        },
        [&](auto& to) {
            return put(to, detail::checkpoint_space, reader("nobody"), other("nobody"));
        },
        [&](auto& to) -> result<void> {
            if (auto gone = forget(to, detail::checkpoint_space, reader("nobody")); !gone)
                return gone;
            return put(to, detail::checkpoint_space, reader("nobodz"), other("nobodz"));
        }};
    for (const auto& change : changes) {
        behind_its_back(change);
        auto store = open();
        expect_refused(store, "some are lost or changed");
    }
}

TEST_F(beside_the_log, writes_that_are_lost_behind_the_last_append_are_missed) {
    const std::string backup = folder / "backup.db";
    fs::copy_file(path, backup);
    {
        auto store = open();
        const auto mine = must(store.claim_reader("mailers"));
        must(store.save_checkpoint("mailers", position{4}, mine.holder));
    }
    fs::copy_file(backup, path, fs::copy_options::overwrite_existing);
    for (int opening = 0; opening < 2; ++opening) {
        auto store = open();
        expect_refused(store, "it ends with its write ");
    }
}

TEST_F(beside_the_log, what_is_left_is_taken_in_a_new_epoch_when_the_loss_is_accepted) {
    behind_its_back([&](auto& to) -> result<void> {
        auto gone = forget(to, detail::parked_space, detail::parked_key(0, "mailers", position{2}));
        if (!gone) return gone;
        return put(to, detail::checkpoint_space, reader("reports"), as_bytes("no checkpoint"));
    });
    {
        auto store = open({.accept_loss_after = position{4}});
        EXPECT_EQ(store.identity().epoch, epoch{2});
        EXPECT_EQ(must(store.parked("mailers")).size(), 0u);
        EXPECT_EQ(must(store.load_checkpoint("mailers")).store.epoch, epoch{1})
            << "told to start over";
        EXPECT_EQ(must(store.load_checkpoint("reports")).reached, position{}) << "damaged, so gone";
        EXPECT_EQ(must(store.types()).size(), 2u)
            << "its own, and that of what tells of the repair";
    }
    auto store = open();
    EXPECT_TRUE(must(store.verify()).good());
    (void)must(store.claim_reader("reports"));
}

TEST_F(beside_the_log, a_count_that_is_gone_is_missed) {
    behind_its_back(
        [](auto& to) { return forget(to, detail::meta_space, detail::side_census_key(0)); });
    fs::remove(path + "-anchor");
    auto store = open();
    expect_refused(store, "what was counted of it is gone");
}

// semantics.md §64: nobody knows any more what the lost one held
TEST_F(beside_the_log, a_promise_that_is_gone_is_missed_and_the_store_does_not_open) {
    append_id lost, left;
    {
        auto store = open();
        const auto promise = [&](std::string_view stream) {
            const auto id = store.environment().ids().next<append_id>();
            const new_event event{.stream = stream, .type = "noted"};
            (void)must(store.reserve({.id = id, .events = {&event, 1}}));
            return id;
        };
        lost = promise("b-1");
        left = promise("c-1");
    }
    behind_its_back([&](auto& to) {
        return forget(to, detail::reservation_space, detail::reservation_key(0, lost));
    });
    const auto refused = try_open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::corrupt);
    EXPECT_NE(refused.error().message.find("1 reservations where 2 were written"),
              std::string::npos)
        << refused.error().message;
    {
        auto reading = open({.read_only = true});
        EXPECT_EQ(must(reading.read_log({})).size(), 4u);
        EXPECT_EQ(reading.reservations().error().code, errc::corrupt);
    }
    auto store = open({.drop_damaged_reservations = true});
    const auto told = must(store.read_stream("$store"));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(as_text(told[0].payload), R"({"written":2,"left":1,"damaged":[]})");
    EXPECT_EQ(must(store.reservations()).size(), 1u);
    EXPECT_TRUE(store.confirm(left));
    EXPECT_EQ(store.confirm(lost).error().code, errc::not_found);
    EXPECT_TRUE(must(store.verify()).good());
}

}  // namespace
