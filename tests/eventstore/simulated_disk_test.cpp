// The simulated disk: what a power cut may leave, and what a fault does. What stands on it believes it.

#include "engines.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace {

using namespace engines;

class a_simulated_disk : public testing::Test {
protected:
    disk_file create(const std::string& name) { return must(disk->open(name, disk_open::create)); }
    std::string content(const std::string& name) {
        auto file = must(disk->open(name, disk_open::existing));
        std::string text(must(file.size()), '\0');
        const std::span<char> into{text};
        EXPECT_EQ(must(file.read(0, std::as_writable_bytes(into))), text.size());
        return text;
    }
    /// A file that is there after every crash, with that content.
    disk_file durable(const std::string& name, const std::string& text) {
        auto file = create(name);
        must(file.append(as_bytes(text)));
        must(file.sync());
        must(disk->sync_directory());
        return file;
    }
    /// What is there after a crash, for many seeds; `work` runs before each on a new disk.
    template <class Work>
    std::map<std::string, int> after_crashes(Work&& work, const std::string& name = "f") {
        std::map<std::string, int> seen;
        for (std::uint64_t seed = 1; seed <= 300; ++seed) {
            disk = std::make_shared<simulated_disk>();
            work();
            disk->crash(seed);
            ++seen[disk->exists(name) ? content(name) : "(no file)"];
        }
        return seen;
    }

    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
};

const std::string a_sector(512, 'a');
const std::string b_sector(512, 'b');
const std::string c_sector(512, 'c');
const std::string hole(512, '\0');

TEST_F(a_simulated_disk, keeps_what_was_synced_through_every_crash) {
    const auto seen = after_crashes([&] { durable("f", a_sector + "tail"); });
    EXPECT_EQ(seen, (std::map<std::string, int>{{a_sector + "tail", 300}}));
}

TEST_F(a_simulated_disk, may_keep_or_lose_an_append_that_was_not_synced_or_a_part_of_it) {
    const auto seen = after_crashes([&] {
        auto file = durable("f", a_sector);
        must(file.append(as_bytes(b_sector + c_sector)));
    });
    EXPECT_TRUE(seen.contains(a_sector));                        // nothing of it
    EXPECT_TRUE(seen.contains(a_sector + b_sector + c_sector));  // all of it
    EXPECT_TRUE(seen.contains(a_sector + b_sector));             // torn, the size too
    EXPECT_TRUE(seen.contains(a_sector + hole + c_sector));      // the later sector only
    EXPECT_TRUE(seen.contains(a_sector + hole + hole));          // the size only
    for (const auto& [text, times] : seen) EXPECT_EQ(text.substr(0, 512), a_sector);
}

TEST_F(a_simulated_disk, tears_an_overwrite_at_sectors_only) {
    const auto seen = after_crashes([&] {
        auto file = durable("f", a_sector + a_sector);
        must(file.write(0, as_bytes(b_sector + b_sector)));
    });
    std::set<std::string> texts;
    for (const auto& [text, times] : seen) texts.insert(text);
    EXPECT_EQ(texts, (std::set<std::string>{a_sector + a_sector, a_sector + b_sector,
                                            b_sector + a_sector, b_sector + b_sector}));
}

TEST_F(a_simulated_disk, never_shows_a_later_write_to_a_sector_without_the_earlier_one) {
    const auto seen = after_crashes([&] {
        auto file = durable("f", "....");
        must(file.write(0, as_bytes("1")));
        must(file.write(1, as_bytes("2")));
    });
    std::set<std::string> texts;
    for (const auto& [text, times] : seen) texts.insert(text);
    EXPECT_EQ(texts, (std::set<std::string>{"....", "1...", "12.."}));
}

TEST_F(a_simulated_disk, may_undo_a_truncation_that_was_not_synced) {
    const auto seen = after_crashes([&] {
        auto file = durable("f", a_sector + b_sector);
        must(file.truncate(512));
    });
    EXPECT_TRUE(seen.contains(a_sector));
    EXPECT_TRUE(seen.contains(a_sector + b_sector));
    const auto synced = after_crashes([&] {
        auto file = durable("f", a_sector + b_sector);
        must(file.truncate(512));
        must(file.sync());
        must(file.append(as_bytes(c_sector)));
    });
    for (const auto& [text, times] : synced) EXPECT_EQ(text.find('b'), std::string::npos);
}

TEST_F(a_simulated_disk, forgets_a_file_whose_directory_was_not_synced) {
    const auto seen = after_crashes([&] {
        auto file = create("f");
        must(file.append(as_bytes("x")));
        must(file.sync());
    });
    EXPECT_EQ(seen.size(), 2u);
    EXPECT_TRUE(seen.contains("(no file)"));
    EXPECT_TRUE(seen.contains("x"));
}

TEST_F(a_simulated_disk, renames_wholly_or_not_at_all) {
    const auto rename = [&] {
        durable("f", "old");
        durable("f-new", "new");
        must(disk->rename("f-new", "f"));
    };
    const auto seen = after_crashes(rename);
    EXPECT_EQ(seen.size(), 2u);
    EXPECT_TRUE(seen.contains("old"));
    EXPECT_TRUE(seen.contains("new"));
    const auto synced = after_crashes([&] {
        rename();
        must(disk->sync_directory());
    });
    EXPECT_EQ(synced, (std::map<std::string, int>{{"new", 300}}));
}

TEST_F(a_simulated_disk, brings_back_a_removed_file_unless_the_directory_was_synced) {
    const auto seen = after_crashes([&] {
        durable("f", "x");
        must(disk->remove("f"));
    });
    EXPECT_EQ(seen.size(), 2u);
    EXPECT_TRUE(seen.contains("x"));
}

TEST_F(a_simulated_disk, fails_every_handle_from_before_a_crash) {
    auto file = durable("f", "x");
    disk->crash(1);
    EXPECT_EQ(file.append(as_bytes("y")).error().code, errc::io);
    EXPECT_EQ(file.sync().error().code, errc::io);
    EXPECT_EQ(file.size().error().code, errc::io);
    EXPECT_EQ(content("f"), "x");
    EXPECT_EQ(disk->crashes(), 1u);
}

TEST_F(a_simulated_disk, crashes_alike_under_the_same_seed) {
    const auto run = [&](std::uint64_t seed) {
        disk = std::make_shared<simulated_disk>();
        auto file = durable("f", a_sector + a_sector);
        for (std::uint64_t i = 0; i < 20; ++i) {
            must(file.write(i * 77, as_bytes(std::string(300, static_cast<char>('b' + i)))));
            if (i == 10) must(file.sync());
        }
        disk->crash(seed);
        return content("f");
    };
    std::set<std::string> different;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        EXPECT_EQ(run(seed), run(seed));
        different.insert(run(seed));
    }
    EXPECT_GT(different.size(), 10u);
}

TEST_F(a_simulated_disk, fails_the_operation_that_was_planned_and_no_other) {
    auto file = create("f");
    disk->plan({.kind = disk_operation::write, .at = 2});
    must(file.append(as_bytes("1")));
    const auto failed = file.append(as_bytes("2"));
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(failed.error().code, errc::io);
    EXPECT_NE(failed.error().message.find("'f'"), std::string::npos);
    must(file.append(as_bytes("3")));
    EXPECT_EQ(content("f"), "13");
    EXPECT_EQ(disk->count(disk_operation::write), 3u);
}

TEST_F(a_simulated_disk, fails_for_ever_until_the_faults_are_cleared) {
    auto file = create("f");
    disk->plan({.kind = disk_operation::any, .for_ever = true, .error = disk_error::no_space});
    EXPECT_EQ(file.append(as_bytes("1")).error().code, errc::full);
    EXPECT_EQ(file.sync().error().code, errc::full);
    EXPECT_EQ(disk->open("g", disk_open::create).error().code, errc::full);
    EXPECT_EQ(disk->remove("f").error().code, errc::full);
    disk->clear_faults();
    must(file.append(as_bytes("1")));
}

TEST_F(a_simulated_disk, writes_half_of_a_short_write) {
    auto file = create("f");
    disk->plan({.kind = disk_operation::write, .error = disk_error::short_write});
    EXPECT_EQ(file.append(as_bytes("123456")).error().code, errc::full);
    EXPECT_EQ(content("f"), "123");
}

TEST_F(a_simulated_disk, does_not_write_out_later_what_a_failed_sync_has_dropped) {  // fsyncgate
    std::set<std::string> seen;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        disk = std::make_shared<simulated_disk>();
        auto file = durable("f", a_sector);
        for (std::uint64_t i = 0; i < seed % 9; ++i)
            must(file.sync());  // another seed of the fault
        must(file.write(0, as_bytes(b_sector)));
        disk->plan({.kind = disk_operation::sync});
        EXPECT_FALSE(file.sync().has_value());
        EXPECT_EQ(content("f"), b_sector);  // readable
        must(file.sync());
        disk->crash(seed);
        seen.insert(content("f"));

        auto again = must(disk->open("f", disk_open::existing));
        must(again.write(0, as_bytes(c_sector)));  // written again, it is written out
        must(again.sync());
        disk->crash(seed);
        EXPECT_EQ(content("f"), c_sector);
    }
    EXPECT_EQ(seen, (std::set<std::string>{a_sector, b_sector}));
}

TEST_F(a_simulated_disk, is_full_at_its_capacity_and_has_room_after_a_removal) {
    disk->set_capacity(1000);
    auto file = create("f");
    must(file.append(as_bytes(std::string(600, 'x'))));
    auto other = create("g");
    EXPECT_EQ(other.append(as_bytes(std::string(600, 'y'))).error().code, errc::full);
    must(other.append(as_bytes(std::string(400, 'y'))));
    must(file.write(0, as_bytes(std::string(600, 'z'))));  // overwriting needs no room
    must(disk->remove("f"));
    must(other.append(as_bytes(std::string(600, 'y'))));
}

TEST_F(a_simulated_disk, keeps_a_removed_file_readable_for_who_has_it_open) {
    auto file = durable("f", "text");
    must(disk->remove("f"));
    EXPECT_FALSE(disk->exists("f"));
    EXPECT_EQ(must(file.size()), 4u);
    EXPECT_EQ(disk->open("f", disk_open::existing).error().code, errc::not_found);
}

TEST_F(a_simulated_disk, gives_a_name_to_one_holder_until_it_lets_go_or_the_power_is_cut) {
    auto held = must(disk->lock("f"));
    EXPECT_EQ(disk->lock("f").error().code, errc::busy);
    held.reset();
    auto again = must(disk->lock("f"));
    disk->crash(1);
    auto after = must(disk->lock("f"));
    again.reset();  // of the old life: does not give up the new one
    EXPECT_EQ(disk->lock("f").error().code, errc::busy);
}

TEST_F(a_simulated_disk, agrees_with_a_plain_string_over_random_writes) {
    std::uint64_t chance = 1;
    const auto random = [&](std::uint64_t below) { return detail::mix(7, ++chance) % below; };
    for (int round = 0; round < 50; ++round) {
        disk = std::make_shared<simulated_disk>();
        auto file = create("f");
        std::string model;
        for (int i = 0; i < 100; ++i) {
            const std::string data(1 + random(900), static_cast<char>('a' + random(26)));
            switch (random(6)) {
                case 0: {
                    const auto at = random(model.size() + 600);
                    must(file.write(at, as_bytes(data)));
                    model.resize(std::max(model.size(), at + data.size()));
                    model.replace(at, data.size(), data);
                    break;
                }
                case 1: {
                    const auto size = random(model.size() + 600);
                    must(file.truncate(size));
                    model.resize(size);
                    break;
                }
                case 2: must(file.sync()); break;
                default: must(file.append(as_bytes(data))), model += data;
            }
        }
        EXPECT_EQ(content("f"), model);
        must(file.sync());
        must(disk->sync_directory());
        disk->crash(static_cast<std::uint64_t>(round));
        EXPECT_EQ(content("f"), model);
    }
}

}  // namespace
