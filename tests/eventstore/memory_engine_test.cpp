// The journal of the memory engine: a torn tail is cut, damage is reported, the bytes are as written
// down in the README of its folder.

#include "engines.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace engines;

class a_memory_engine : public testing::Test {
protected:
    result<memory_engine> open() const { return memory_engine::open(spaces, {.disk = disk}); }

    /// The journal after that many steps.
    bytes journal_of(std::uint64_t steps) {
        disk = std::make_shared<simulated_disk>();
        auto engine = must(open());
        for (std::uint64_t n = 1; n <= steps; ++n) must(take_step(engine, n));
        return content_of("engine");
    }
    bytes content_of(const std::string& name) const {
        auto file = must(disk->open(name, disk_open::existing));
        bytes content(must(file.size()));
        (void)must(file.read(0, content));
        return content;
    }
    /// A disk with that journal.
    void lay_down(bytes_view journal) {
        disk = std::make_shared<simulated_disk>();
        auto file = must(disk->open("engine", disk_open::create));
        must(file.append(journal));
        must(file.sync());
        must(disk->sync_directory());
    }
    static content model_of(std::uint64_t steps) {
        content model;
        for (std::uint64_t n = 1; n <= steps; ++n) apply_step(model, n);
        return model;
    }

    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
};

TEST_F(a_memory_engine, has_a_disk_of_its_own_unless_it_is_given_one) {
    auto one = must(memory_engine::open(spaces));
    auto other = must(memory_engine::open(spaces));
    must(take_step(one, 1));
    EXPECT_TRUE(stored(other).log.empty());
}

TEST_F(a_memory_engine, cuts_a_torn_tail_wherever_it_is_torn) {  // semantics.md §37
    const std::size_t before = journal_of(3).size();
    const bytes whole = journal_of(4);
    for (std::size_t size = before; size < whole.size(); ++size) {
        lay_down(bytes_view{whole}.first(size));
        auto engine = must(open());
        ASSERT_EQ(stored(engine), model_of(3)) << size;
        ASSERT_EQ(content_of("engine").size(), before);
        must(take_step(engine, 4));
        must(engine.reopen());
        ASSERT_EQ(stored(engine), model_of(4));
    }
}

TEST_F(a_memory_engine, cuts_a_tail_of_zeros_and_a_tail_of_rubbish) {  // semantics.md §37
    const bytes whole = journal_of(3);
    for (const char filling : {'\0', '\x55', '\xff'}) {
        bytes longer = whole;
        longer.resize(whole.size() + 5000, static_cast<std::byte>(filling));
        lay_down(longer);
        auto engine = must(open());
        EXPECT_EQ(stored(engine), model_of(3));
        EXPECT_EQ(content_of("engine"), whole);
    }
}

TEST_F(a_memory_engine, reports_every_flipped_bit_before_the_last_record) {  // semantics.md §37
    const std::size_t first = journal_of(0).size();
    const std::size_t last = journal_of(3).size();
    const bytes whole = journal_of(4);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        bytes damaged = whole;
        damaged[at] ^= static_cast<std::byte>(1u << at % 8);
        lay_down(damaged);
        auto engine = open();
        if (at < first) {
            ASSERT_EQ(engine.error().code, errc::foreign) << at;
        } else if (at < last) {
            ASSERT_FALSE(engine.has_value()) << at;
            ASSERT_EQ(engine.error().code, errc::corrupt) << at;
            ASSERT_NE(engine.error().message.find("'engine'"), std::string::npos);
            ASSERT_NE(engine.error().message.find("at byte "), std::string::npos);
        } else {
            // the last one cannot be told from a torn one: the store's anchor tells
            ASSERT_EQ(stored(*engine), model_of(3)) << at;
            continue;
        }
        ASSERT_EQ(content_of("engine"), damaged);  // not touched
    }
}

TEST_F(a_memory_engine, reports_records_in_the_wrong_order_or_missing) {  // semantics.md §37
    const std::size_t first = journal_of(1).size();
    const std::size_t second = journal_of(2).size();
    const bytes whole = journal_of(4);
    bytes missing{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(first)};
    missing.insert(missing.end(), whole.begin() + static_cast<std::ptrdiff_t>(second), whole.end());
    lay_down(missing);
    EXPECT_EQ(open().error().code, errc::corrupt);
}

TEST_F(a_memory_engine, refuses_a_file_of_somebody_else_and_one_of_other_spaces) {  // §40
    lay_down(as_bytes("no journal"));
    EXPECT_EQ(open().error().code, errc::foreign);
    (void)journal_of(1);
    const space fewer[] = {spaces[0]};
    EXPECT_EQ(memory_engine::open(fewer, {.disk = disk}).error().code, errc::foreign);
}

TEST_F(a_memory_engine, writes_the_bytes_that_its_readme_shows) {  // semantics.md §40
    auto engine = must(open());
    must(engine.transact([](auto& t) -> result<void> {
        must(t.put(log, 7, as_bytes("seven")));
        return t.remove(names, as_bytes("k"));
    }));
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::byte b : content_of("engine")) {
        text += digits[std::to_integer<unsigned>(b) >> 4];
        text += digits[std::to_integer<unsigned>(b) & 15];
    }
    EXPECT_EQ(text,
              "56415256454d454d0000000028000000"
              "00036c6f6701056e616d657300000000"
              "6e52b4e393485de2"
              "40000000000000000100000000000000"
              "0200000000000000192dba345b7a3951"
              "01000800050000000700000000000000"
              "736576656e02010100000000006b0000");
}

}  // namespace
