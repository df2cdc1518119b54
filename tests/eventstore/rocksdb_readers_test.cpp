// Who may use a RocksDB store beside whom: one writer, readers in other processes (semantics.md
// §40).

#include "a_rocksdb_engine.hpp"
#include "child_process.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

namespace {

using namespace engines;

TEST_F(a_rocksdb_engine, knows_a_store_by_all_its_names) {
    auto engine = must(open(path));
    fs::create_directory_symlink(path, folder / "link");
    EXPECT_EQ(open(folder / "link").error().code, errc::busy);
    EXPECT_EQ(open(folder / "./bank.store/").error().code, errc::busy);
}

TEST_F(a_rocksdb_engine, names_the_process_that_holds_the_store) {
    child_process writer{{[&] {
        static auto engine = must(open(path, {.holder = "the other\nbank"}));
        put(engine, 1, "x");
        return std::string{"open"};
    }}};
    ASSERT_EQ(writer.answer(), "open");
    const auto refused = open(path);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, errc::busy);
    EXPECT_NE(why(refused).find("another process (pid " + std::to_string(writer.pid()) +
                                ", the other?bank, since 20"),
              std::string::npos)
        << why(refused);
    writer.kill();
    auto engine = must(open(path));  // the kernel gave the lock up
    EXPECT_EQ(stored(engine).log.size(), 1u);
}

TEST_F(a_rocksdb_engine, is_busy_while_another_program_has_the_folder_open) {
    must(open(path));
    child_process other{{[&] {
        rocksdb::FileLock* lock = nullptr;
        const auto status = rocksdb::FileSystem::Default()->LockFile(path + "/LOCK", {}, &lock,
                                                                     nullptr);
        return std::string{status.ok() ? "locked" : "not locked"};
    }}};
    ASSERT_EQ(other.answer(), "locked");
    const auto refused = open(path);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, errc::busy);
    EXPECT_NE(why(refused).find("another program"), std::string::npos) << why(refused);
    EXPECT_TRUE(open(path, {.read_only = true}).has_value());
}

TEST_F(a_rocksdb_engine, is_read_beside_a_writer_in_another_process) {
    const auto write = [&](std::uint64_t from) {
        static std::optional<rocksdb_engine> engine;
        if (!engine) engine.emplace(must(open(path)));
        for (std::uint64_t n = from; n < from + 10; ++n) put(*engine, n, "x");
        return std::string{"written"};
    };
    child_process writer{{[&] { return write(1); }, [&] { return write(11); }}};
    ASSERT_EQ(writer.answer(), "written");
    auto reader = must(open(path, {.read_only = true}));
    EXPECT_TRUE(reader.read_only());
    EXPECT_EQ(stored(reader).log.size(), 10u);
    auto old = must(reader.view());
    const auto refused = reader.transact([](auto& t) { return t.put(log, 11, {}); });
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, errc::unsupported);
    writer.go_on();
    ASSERT_EQ(writer.answer(), "written");
    EXPECT_EQ(stored(reader).log.size(), 20u);  // the same object sees what came since
    EXPECT_EQ(read_all(old).log.size(), 10u);   // and an open view does not (§23)
    must(reader.reopen());
    EXPECT_EQ(stored(reader).log.size(), 20u);
}

// The writer is this process: RocksDB's threads, which flush, do not live in a forked child.
TEST_F(a_rocksdb_engine, shows_a_reader_a_consistent_prefix_while_the_writer_flushes) {  // §23
    const auto read = [&]() -> std::string {
        auto reader = must(open(path, {.read_only = true}));
        std::uint64_t seen = 0;
        for (int views = 0; views < 40 || seen < 300; ++views) {
            const auto all = stored(reader).log;
            if (all.size() < seen) return "went back";
            if (!all.empty() && all.rbegin()->first != all.size()) return "a hole";
            seen = all.size();
        }
        return "whole";
    };
    child_process reader{{[] { return std::string{"waits"}; }, read}};
    ASSERT_EQ(reader.answer(), "waits");
    auto engine = must(open(path, {.buffer_bytes = 4096}));
    put(engine, 1, "x");
    reader.go_on();
    std::atomic<bool> done = false;
    std::thread writer{[&] {
        for (std::uint64_t n = 2; !done; ++n) {
            put(engine, n, std::string(300, 'x'));
            if (n % 100 == 0) must(engine.reopen());
        }
    }};
    EXPECT_EQ(reader.answer(), "whole");
    done = true;
    writer.join();
}

TEST_F(a_rocksdb_engine, gives_readers_and_writers_all_that_a_killed_writer_acknowledged) {  // §35
    child_process writer{{[&] {
        static auto engine = must(open(path));
        for (std::uint64_t n = 1; n <= 50; ++n) must(take_step(engine, n));
        return std::string{"written"};
    }}};
    ASSERT_EQ(writer.answer(), "written");
    writer.kill();
    content model;
    for (std::uint64_t n = 1; n <= 50; ++n) apply_step(model, n);
    {
        auto reader = must(open(path, {.read_only = true}));
        EXPECT_EQ(stored(reader), model);
    }
    auto engine = must(open(path));
    EXPECT_EQ(stored(engine), model);
}

/// What readers do when the log has more in it than was synced: the file DURABLE is set back.
TEST_F(a_rocksdb_engine, shows_readers_nothing_that_is_not_durable) {  // §36, trap R13
    const auto mark = path + "/DURABLE";
    const auto write = [&](std::uint64_t from, std::uint64_t to) {
        static std::optional<rocksdb_engine> engine;
        if (!engine) engine.emplace(must(open(path)));
        for (std::uint64_t n = from; n <= to; ++n) put(*engine, n, "x");
        return std::string{"written"};
    };
    child_process writer{{[&] { return write(1, 3); }, [&] { return write(4, 10); }}};
    ASSERT_EQ(writer.answer(), "written");
    const auto at_three = read_file(mark);
    writer.go_on();
    ASSERT_EQ(writer.answer(), "written");
    writer.kill();
    write_file(mark, at_three);
    {
        auto reader = must(open(path, {.read_only = true}));
        EXPECT_EQ(stored(reader).log.size(), 3u);
    }
    auto of_an_earlier_boot = at_three;  // after a power cut all that can be read is durable
    of_an_earlier_boot[17] = static_cast<char>(of_an_earlier_boot[17] ^ 1);
    write_file(mark, of_an_earlier_boot);
    {
        auto reader = must(open(path, {.read_only = true}));
        EXPECT_EQ(stored(reader).log.size(), 10u);
    }
    write_file(mark, at_three);
    {
        auto engine = must(open(path));  // whoever writes decides that it stays
        EXPECT_EQ(stored(engine).log.size(), 10u);
        auto reader = must(open(path, {.read_only = true}));
        EXPECT_EQ(stored(reader).log.size(), 10u);
    }
}

TEST_F(a_rocksdb_engine, is_read_in_a_folder_that_cannot_be_written_to) {
    for (const bool clean : {true, false}) {
        fs::remove_all(path);
        child_process writer{{[&] {
            static std::optional<rocksdb_engine> engine{must(open(path))};
            put(*engine, 1, "kept");
            if (clean) engine.reset();
            return std::string{"written"};
        }}};
        ASSERT_EQ(writer.answer(), "written");
        writer.kill();
        ::chmod(folder.path().c_str(), 0755);
        for (const auto& entry : fs::directory_iterator{path}) ::chmod(entry.path().c_str(), 0444);
        ::chmod(path.c_str(), 0555);
        const auto before = files();
        child_process reader{{[&]() -> std::string {
                                 auto opened = open(path, {.read_only = true});
                                 if (!opened) return why(opened);
                                 return stored(*opened).log.at(1);
                             }},
                             true};
        EXPECT_EQ(reader.answer(), "kept");
        child_process second{{[&] { return why(open(path)); }}, true};
        EXPECT_EQ(second.answer().substr(0, 7), "denied:");
        EXPECT_EQ(files(), before);
        ::chmod(path.c_str(), 0755);
    }
}

TEST_F(a_rocksdb_engine, refuses_to_be_used_by_a_forked_child) {
    auto engine = must(open(path));
    put(engine, 1, "x");
    child_process child{{[&] {
        const auto view = engine.view();
        const auto written = engine.transact([](auto&) -> result<void> { return {}; });
        const auto word = [](const auto& r) {
            return std::string{r ? "works" : to_string(r.error().code)};
        };
        return word(view) + " " + word(written);
    }}};
    EXPECT_EQ(child.answer(), "invalid_argument invalid_argument");
    put(engine, 2, "x");
    EXPECT_EQ(stored(engine).log.size(), 2u);
}

}  // namespace
