// What a RocksDB engine does with a log that is not whole: torn, damaged, judged (trap R3).

#include "engines.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace {

using namespace engines;

class a_broken_log : public testing::Test {
protected:
    static constexpr std::uint64_t steps = 12;

    void SetUp() override {
        auto engine = must(open());
        for (std::uint64_t n = 1; n <= steps; ++n) {
            ends.push_back(content_of(log_name()).size());
            must(take_step(engine, n));
        }
    }

    result<rocksdb_engine> open(rocksdb_engine_options options = {}) {
        options.platform = files;
        return rocksdb_engine::open("engine", spaces, std::move(options));
    }
    std::string log_name() const {
        for (const auto& name : disk->names())
            if (detail::log_number(detail::base_name(name))) return name;
        return "none";
    }
    bytes content_of(const std::string& name) const {
        auto file = must(disk->open(name, disk_open::existing));
        bytes all(must(file.size()));
        (void)must(file.read(0, all));
        return all;
    }
    void flip(std::uint64_t at) {
        const auto name = log_name();
        const std::byte other = content_of(name)[at] ^ std::byte{1};
        must(disk->damage(name, at, {&other, 1}));
    }
    static content after(std::uint64_t steps_taken) {
        content all;
        for (std::uint64_t n = 1; n <= steps_taken; ++n) apply_step(all, n);
        return all;
    }
    std::string everything() const {
        std::string all;
        for (const auto& name : disk->names())
            all += name + ":" + std::string{as_text(content_of(name))};
        return all;
    }

    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
    std::shared_ptr<rocksdb_simulated_files> files = std::make_shared<rocksdb_simulated_files>(
        disk);
    std::vector<std::uint64_t> ends;  // of the log, before each step
};

TEST_F(a_broken_log, damaged_anywhere_before_its_last_transaction_is_refused_untouched) {  // §26
    for (std::uint64_t at = 0; at < ends.back(); at += 3) {
        SCOPED_TRACE(at);
        flip(at);
        const auto before = everything();
        for (const bool read_only : {false, true}) {
            const auto refused = open({.read_only = read_only});
            ASSERT_FALSE(refused.has_value());
            EXPECT_EQ(refused.error().code, errc::corrupt);
            EXPECT_NE(refused.error().message.find("damaged at byte"), std::string::npos);
            EXPECT_NE(refused.error().message.find("restore the store"), std::string::npos);
        }
        EXPECT_EQ(everything(), before);
        flip(at);
    }
    auto engine = must(open());
    EXPECT_EQ(stored(engine), after(steps));
}

TEST_F(a_broken_log, torn_in_its_last_transaction_is_cut_before_it) {  // §37
    const auto whole = content_of(log_name()).size();
    flip(ends.back() + (whole - ends.back()) / 2);
    auto reader = must(open({.read_only = true}));
    EXPECT_EQ(stored(reader), after(steps - 1));
    auto engine = must(open());
    EXPECT_EQ(stored(engine), after(steps - 1));
    must(take_step(engine, steps));
    must(engine.reopen());
    EXPECT_EQ(stored(engine), after(steps));
}

TEST_F(a_broken_log, is_opened_as_far_as_it_is_whole_if_the_judge_says_so) {
    flip(ends[7] + 20);
    std::vector<bool> verdicts{false, true};
    for (const bool verdict : verdicts) {
        std::optional<content> left;
        const auto before = everything();
        auto opened = open(
            {.recovery_judge = [&](const rocksdb_recovery& recovery) -> result<bool> {
                EXPECT_FALSE(recovery.torn);
                EXPECT_NE(recovery.found.find("damaged at byte " + std::to_string(ends[7])),
                          std::string::npos)
                    << recovery.found;
                left = read_all(recovery.left);
                EXPECT_EQ(everything(), before);
                return verdict;
            }});
        ASSERT_TRUE(left.has_value());
        EXPECT_EQ(*left, after(7));
        ASSERT_EQ(opened.has_value(), verdict);
        if (!verdict) {
            EXPECT_EQ(opened.error().code, errc::corrupt);
            EXPECT_EQ(everything(), before);
            continue;
        }
        EXPECT_EQ(stored(*opened), after(7));
        must(take_step(*opened, 8));
    }
    disk->crash(1);
    auto engine = must(open());
    EXPECT_EQ(stored(engine), after(8));
}

TEST_F(a_broken_log, asks_the_judge_about_a_torn_end_too) {  // for the anchor may know more
    flip(ends.back() + 20);
    const auto refused = open(
        {.recovery_judge = [&](const rocksdb_recovery& recovery) -> result<bool> {
            EXPECT_TRUE(recovery.torn);
            EXPECT_EQ(read_all(recovery.left), after(steps - 1));
            return false;
        }});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, errc::corrupt);
    const auto failed = open({.recovery_judge = [](const rocksdb_recovery&) -> result<bool> {
        return fail(errc::io, "the anchor cannot be read");
    }});
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(failed.error().code, errc::io);
}

TEST_F(a_broken_log, with_a_zeroed_sector_before_its_end_is_refused) {  // trap 0.6: not skipped
    const bytes zeros(detail::simulated_file::sector);
    must(disk->damage(log_name(), 512, zeros));
    const auto refused = open();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, errc::corrupt);
}

TEST_F(a_broken_log, loses_nothing_when_the_last_record_of_the_manifest_is_damaged) {  // §35
    // flushes, so that the log's content is in tables and the MANIFEST says so
    std::uint64_t n = steps;
    {
        auto engine = must(open({.buffer_bytes = 4096}));
        while (n < 60) must(take_step(engine, ++n));
    }
    std::string manifest;
    for (const auto& name : disk->names())
        if (name.find("MANIFEST-") != std::string::npos) manifest = name;
    const auto size = content_of(manifest).size();
    const auto last = must(detail::rocksdb_log_scan::read(*files, manifest, size - 1, false)).whole;
    const auto flip_at = [&](std::uint64_t at) {
        const std::byte other = content_of(manifest)[at] ^ std::byte{1};
        must(disk->damage(manifest, at, {&other, 1}));
    };
    for (std::uint64_t at = last; at < size; ++at) {
        flip_at(at);
        auto reader = must(open({.read_only = true}));
        EXPECT_EQ(stored(reader), after(n)) << "byte " << at - last << " of the record";
        flip_at(at);
    }
    flip_at(last - 1);  // the record before it is not torn: something follows
    EXPECT_EQ(open().error().code, errc::corrupt);
    flip_at(last - 1);
    flip_at(size - 1);
    auto engine = must(open());
    EXPECT_EQ(stored(engine), after(n));
}

TEST_F(a_broken_log, is_accepted_by_a_durability_that_says_so) {
    flip(ends[7] + 20);
    EXPECT_EQ(open().error().code, errc::corrupt);
    auto engine = must(open({.durability = rocksdb_durability::may_lose_acknowledged_events}));
    EXPECT_EQ(stored(engine), after(7));
}

TEST(a_rocksdb_durability, syncs_each_transaction_or_none) {  // §35
    for (const bool full : {true, false}) {
        auto disk = std::make_shared<simulated_disk>();
        auto files = std::make_shared<rocksdb_simulated_files>(disk);
        auto engine = must(rocksdb_engine::open(
            "engine", spaces,
            {.platform = files,
             .durability = full ? rocksdb_durability::full
                                : rocksdb_durability::may_lose_acknowledged_events}));
        must(take_step(engine, 1));  // also syncs the folder
        const auto before = disk->count(disk_operation::sync);
        for (std::uint64_t n = 2; n <= 11; ++n) must(take_step(engine, n));
        EXPECT_EQ(disk->count(disk_operation::sync) - before, full ? 10u : 0u);
    }
}

}  // namespace
