// The watermark file: readers in other processes are woken, and are never told too much.

#include "child_process.hpp"
#include "engines.hpp"

#include <varve/adapters/watermark_file.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace {

using namespace engines;
using namespace std::chrono_literals;

class a_watermark : public testing::Test {
protected:
    static store_identity store(int which, std::uint64_t life = 1) {
        store_identity identity{.id = {}, .epoch = epoch{life}};
        identity.id.raw[0] = static_cast<std::byte>(which);
        return identity;
    }
    temporary_folder folder;
    const std::string path = folder / "bank.db-head";
};

TEST_F(a_watermark, tells_readers_how_far_the_log_is_durable) {  // semantics.md §40
    auto writer = must(watermark_writer::open(path, store(1), position{5}));
    auto reader = watermark_reader::open(path);
    ASSERT_TRUE(reader.attached());
    EXPECT_EQ(reader.identity(), store(1));
    EXPECT_EQ(reader.head(), position{5});
    writer.publish(position{9});
    EXPECT_EQ(reader.head(), position{9});
    EXPECT_EQ(reader.wait_beyond(position{8}, 1h), position{9});
    EXPECT_EQ(reader.wait_beyond(position{9}, 1ms), position{9});
}

TEST_F(a_watermark, wakes_a_waiting_thread) {  // semantics.md §29
    auto writer = must(watermark_writer::open(path, store(1)));
    for (std::uint64_t head = 1; head <= 200; ++head) {
        std::thread waiting{[&] {
            auto reader = watermark_reader::open(path);
            EXPECT_EQ(reader.wait_beyond(position{head - 1}, 1h), position{head});
        }};
        writer.publish(position{head});
        waiting.join();
    }
}

TEST_F(a_watermark, wakes_a_waiting_process) {  // semantics.md §29
    auto writer = must(watermark_writer::open(path, store(1)));
    child_process other{{[&] {
                             auto reader = watermark_reader::open(path);
                             return "at " + to_string(reader.head());
                         },
                         [&] {
                             auto reader = watermark_reader::open(path);
                             return "woken at " + to_string(reader.wait_beyond(position{41}, 1h));
                         }}};
    EXPECT_EQ(other.answer(), "at 0");
    other.go_on();
    for (std::uint64_t head = 1; head <= 42; ++head) writer.publish(position{head});
    EXPECT_EQ(other.answer(), "woken at 42");
}

TEST_F(a_watermark, says_that_there_is_no_file_and_finds_it_when_there_is) {
    auto reader = watermark_reader::open(path);
    EXPECT_FALSE(reader.attached());
    EXPECT_EQ(reader.identity(), std::nullopt);
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(reader.wait_beyond(position{0}, 1h), position{0});
    EXPECT_LT(std::chrono::steady_clock::now() - before, 1min);  // then the caller looks itself
    auto writer = must(watermark_writer::open(path, store(1), position{3}));
    EXPECT_EQ(reader.wait_beyond(position{0}, 1h), position{3});
    EXPECT_TRUE(reader.attached());
}

TEST_F(a_watermark, does_not_believe_a_file_of_somebody_else) {
    std::ofstream{path} << "short";
    EXPECT_FALSE(watermark_reader::open(path).attached());
    std::ofstream{path} << std::string(4096, 'x');
    EXPECT_FALSE(watermark_reader::open(path).attached());
    must(watermark_writer::open(path, store(1)));
    EXPECT_TRUE(watermark_reader::open(path).attached());
}

TEST_F(a_watermark, is_set_right_by_the_next_writer_after_a_death) {
    must(watermark_writer::open(path, store(1), position{100}));  // and it is gone
    auto reader = watermark_reader::open(path);
    EXPECT_EQ(reader.head(), position{100});
    // the same life of the same store: the same file, which the reader has open
    auto same = must(watermark_writer::open(path, store(1), position{90}));
    EXPECT_EQ(reader.head(), position{90});
    // another life: another file, which the reader takes up at its next wait
    auto restored = must(watermark_writer::open(path, store(1, 2), position{7}));
    EXPECT_EQ(reader.wait_beyond(position{0}, 1h), position{7});
    EXPECT_EQ(reader.identity(), store(1, 2));
}

TEST_F(a_watermark, that_is_cut_short_ends_nobody_and_is_made_anew) {
    auto writer = must(watermark_writer::open(path, store(1), position{5}));
    auto reader = watermark_reader::open(path);
    std::filesystem::resize_file(path, 0);
    EXPECT_EQ(reader.head(), position{0}) << "as if there were no file";
    writer.publish(position{6});  // a mapped write would end the process here
    std::filesystem::remove(path);
    writer.publish(position{7});
    EXPECT_EQ(reader.wait_beyond(position{6}, 1h), position{7});
}

TEST_F(a_watermark, that_is_removed_under_a_waiting_reader_is_found_again) {  // semantics.md §29
    auto writer = must(watermark_writer::open(path, store(1), position{5}));
    std::thread waiting{[&] {
        auto reader = watermark_reader::open(path);
        // where there is no file for a moment, a wait ends soon, and says 0
        position seen;
        while (seen <= position{5}) seen = reader.wait_beyond(position{5}, 1h);
        EXPECT_EQ(seen, position{6});
    }};
    std::filesystem::remove(path);
    // another process, which knows nothing of the old file
    auto next = must(watermark_writer::open(path, store(1), position{5}));
    next.publish(position{6});
    waiting.join();
}

TEST_F(a_watermark, is_a_failure_where_it_cannot_be_and_no_more_than_that) {
    EXPECT_EQ(watermark_writer::open(folder / "no/such/file", store(1)).error().code,
              errc::not_found);
}

}  // namespace
