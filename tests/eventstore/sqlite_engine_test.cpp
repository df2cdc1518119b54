// The SQLite engine on the machine's own files: what it refuses, whom it lets read, what it leaves.

#include "child_process.hpp"
#include "engines.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace engines;
namespace fs = std::filesystem;

class a_sqlite_engine : public testing::Test {
protected:
    static result<sqlite_engine> open(const std::string& path, sqlite_engine_options options = {}) {
        return sqlite_engine::open(path, spaces, std::move(options));
    }
    static void put(sqlite_engine& engine, std::uint64_t at, std::string_view value) {
        must(engine.transact([&](auto& t) { return t.put(log, at, as_bytes(value)); }));
    }
    static std::string why(const result<sqlite_engine>& refused) {
        return refused ? "opened" : to_string(refused.error());
    }
    static void write_file(const std::string& path, std::string_view text) {
        std::ofstream{path, std::ios::binary} << text;
    }
    static std::string read_file(const std::string& path) {
        std::ifstream in{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& entry : fs::directory_iterator{folder.path()})
            names.insert(entry.path().filename().string());
        return names;
    }

    /// It is refused with that code and these words, and nothing in the folder has changed.
    void expect_untouched(errc code, const std::string& words) {
        const auto before = read_file(path);
        const auto names_before = files();
        for (const bool read_only : {false, true}) {
            const auto refused = open(path, {.read_only = read_only});
            ASSERT_FALSE(refused.has_value());
            EXPECT_EQ(refused.error().code, code) << why(refused);
            EXPECT_NE(why(refused).find(words), std::string::npos) << why(refused);
        }
        EXPECT_EQ(read_file(path), before);
        EXPECT_EQ(files(), names_before);
    }

    temporary_folder folder;
    const std::string path = folder / "bank.db";
};

using strings = std::set<std::string>;

// ---- what is no store, semantics.md §40 ----------------------------------------------------

TEST_F(a_sqlite_engine, refuses_a_text_file_and_does_not_touch_it) {
    write_file(path, "Dear diary, this is no database at all.\n");
    expect_untouched(errc::foreign, "no SQLite database");
    write_file(path, std::string(100'000, 'x'));
    expect_untouched(errc::foreign, "no SQLite database");
}

TEST_F(a_sqlite_engine, refuses_a_sqlite_database_of_somebody_else_and_does_not_touch_it) {
    auto db = must(sqlite_connection::open(path, {.access = sqlite_access::create}));
    must(db.execute("PRAGMA journal_mode=WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1)"));
    db.close();
    expect_untouched(errc::foreign, "no store");
}

TEST_F(a_sqlite_engine, refuses_a_store_of_a_newer_version) {
    must(open(path));
    auto raw = read_file(path);
    raw[63] = 2;  // user_version, as the SQLite file format has it
    write_file(path, raw);
    expect_untouched(errc::foreign, "newer version (layout 2");
}

TEST_F(a_sqlite_engine, refuses_a_folder_and_a_path_without_one) {
    fs::create_directory(path);
    EXPECT_EQ(open(path).error().code, errc::foreign);
    EXPECT_NE(why(open(path)).find("a folder"), std::string::npos);
    EXPECT_EQ(open(folder / "no/such/folder.db").error().code, errc::not_found);
    EXPECT_EQ(open("").error().code, errc::invalid_argument);
    EXPECT_EQ(open(":memory:").error().code, errc::invalid_argument);
}

TEST_F(a_sqlite_engine, creates_a_store_only_when_told_to) {
    EXPECT_EQ(open(path, {.create = false}).error().code, errc::not_found);
    EXPECT_EQ(open(path, {.read_only = true}).error().code, errc::not_found);
    EXPECT_TRUE(files().empty());
    write_file(path, "");
    EXPECT_EQ(open(path, {.create = false}).error().code, errc::foreign);
    EXPECT_EQ(open(path, {.read_only = true}).error().code, errc::foreign);
    EXPECT_TRUE(open(path).has_value());  // what a creation that was cut short leaves behind
}

TEST_F(a_sqlite_engine, reports_a_store_that_was_cut_or_overwritten_as_corrupt) {
    {
        auto engine = must(open(path));
        for (std::uint64_t n = 1; n <= 200; ++n) put(engine, n, std::string(500, 'x'));
    }
    const std::string whole = read_file(path);
    write_file(path, whole.substr(0, whole.size() / 2));
    EXPECT_EQ(open(path).error().code, errc::corrupt) << why(open(path));
    EXPECT_EQ(open(path, {.read_only = true}).error().code, errc::corrupt);

    std::string overwritten = whole;
    for (std::size_t page = 5 * 4096; page < overwritten.size(); page += 4096)
        overwritten.replace(page, 100, std::string(100, '\x77'));
    write_file(path, overwritten);
    auto engine = must(open(path, {.read_only = true}));
    auto view = must(engine.view());
    const auto scanned = view.scan(log, 0, detail::largest_number, direction::forward,
                                   [](const key&, bytes_view) { return true; });
    ASSERT_FALSE(scanned.has_value());  // semantics.md §26: an error, not an end
    EXPECT_EQ(scanned.error().code, errc::corrupt);
}

TEST_F(a_sqlite_engine, refuses_a_store_whose_tables_somebody_changed) {
    must(open(path));
    auto db = must(sqlite_connection::open(path, {.access = sqlite_access::write}));
    must(db.execute("DROP TABLE varve_names; CREATE TABLE varve_names(a, b)"));
    db.close();
    EXPECT_EQ(open(path).error().code, errc::foreign) << why(open(path));
    EXPECT_EQ(open(path, {.read_only = true}).error().code, errc::foreign);
}

TEST_F(a_sqlite_engine, adds_a_space_that_a_newer_program_needs) {
    const space fewer[] = {spaces[0]};
    must(sqlite_engine::open(path, fewer));
    EXPECT_EQ(open(path, {.read_only = true}).error().code, errc::foreign);
    must(open(path));
    EXPECT_TRUE(open(path, {.read_only = true}).has_value());
}

// ---- permissions and names -----------------------------------------------------------------

TEST_F(a_sqlite_engine, keeps_all_its_files_to_their_owner) {
    auto engine = must(open(path));
    put(engine, 1, "secret");
    EXPECT_EQ(files(), (strings{"bank.db", "bank.db-lock", "bank.db-shm", "bank.db-wal"}));
    for (const auto& name : files()) {
        struct stat status{};
        ASSERT_EQ(::stat((folder / name).c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0600u) << name;
    }
}

TEST_F(a_sqlite_engine, leaves_one_file_and_an_idle_lock_after_a_clean_end) {
    {
        auto engine = must(open(path));
        put(engine, 1, "x");
        stored(engine);
    }
    EXPECT_EQ(files(), (strings{"bank.db", "bank.db-lock"}));
}

TEST_F(a_sqlite_engine, is_denied_what_the_system_denies) {
    must(open(path));
    ::chmod(folder.path().c_str(), 0755);
    child_process stranger{{[&] { return why(open(path, {.read_only = true})); }}, true};
    EXPECT_EQ(stranger.answer().substr(0, 7), "denied:");
    child_process creator{{[&] { return why(open(folder / "new.db")); }}, true};
    EXPECT_EQ(creator.answer().substr(0, 7), "denied:");
}

TEST_F(a_sqlite_engine, takes_any_path_as_it_is) {
    for (const std::string name : {"a b?.db", "100%25.db", "x#y.db", "ä&=.db", "?mode=ro"}) {
        const std::string odd = folder / name;
        {
            auto engine = must(open(odd));
            put(engine, 1, name);
        }
        EXPECT_TRUE(fs::exists(odd)) << name;
        auto engine = must(open(odd, {.read_only = true}));
        EXPECT_EQ(stored(engine).log.at(1), name);
    }
}

// ---- one writer, many readers, semantics.md §40 --------------------------------------------

TEST_F(a_sqlite_engine, knows_a_store_by_all_its_names) {
    auto engine = must(open(path));
    fs::create_symlink(path, folder / "link.db");
    EXPECT_EQ(open(folder / "link.db").error().code, errc::busy);
    EXPECT_EQ(open(folder / "./bank.db").error().code, errc::busy);
}

TEST_F(a_sqlite_engine, names_the_process_that_holds_the_store) {
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

TEST_F(a_sqlite_engine, is_read_beside_a_writer_in_another_process) {
    child_process writer{{[&] {
        static auto engine = must(open(path));
        for (std::uint64_t n = 1; n <= 10; ++n) put(engine, n, "x");
        return std::string{"written"};
    }}};
    ASSERT_EQ(writer.answer(), "written");
    auto reader = must(open(path, {.read_only = true}));
    EXPECT_TRUE(reader.read_only());
    EXPECT_EQ(stored(reader).log.size(), 10u);
    const auto refused = reader.transact([](auto& t) { return t.put(log, 11, {}); });
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, errc::unsupported);
    must(reader.reopen());
    EXPECT_EQ(stored(reader).log.size(), 10u);
}

TEST_F(a_sqlite_engine, gives_readers_and_writers_all_that_a_killed_writer_acknowledged) {  // §35
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

TEST_F(a_sqlite_engine, is_read_in_a_folder_that_cannot_be_written_to) {  // trap S13
    {
        auto engine = must(open(path));
        put(engine, 1, "kept");
    }
    ::chmod(path.c_str(), 0444);
    ::chmod(folder.path().c_str(), 0555);
    child_process reader{{[&]() -> std::string {
                             auto opened = open(path, {.read_only = true});
                             if (!opened) return why(opened);
                             return stored(*opened).log.at(1);
                         }},
                         true};
    EXPECT_EQ(reader.answer(), "kept");
    ::chmod(folder.path().c_str(), 0755);
}

TEST_F(a_sqlite_engine,
       says_what_to_do_with_an_unclean_store_in_a_folder_that_cannot_be_written_to) {
    child_process writer{{[&] {
        static auto engine = must(open(path));
        put(engine, 1, "in the log only");
        return std::string{"written"};
    }}};
    ASSERT_EQ(writer.answer(), "written");
    writer.kill();
    fs::remove(path + "-shm");
    for (const auto& name : files()) ::chmod((folder / name).c_str(), 0444);
    ::chmod(folder.path().c_str(), 0555);
    child_process reader{{[&] { return why(open(path, {.read_only = true})); }}, true};
    const std::string answer = reader.answer();
    EXPECT_EQ(answer.substr(0, 7), "denied:") << answer;
    EXPECT_NE(answer.find("-wal"), std::string::npos);
    ::chmod(folder.path().c_str(), 0755);
}

TEST_F(a_sqlite_engine, notices_that_somebody_writes_to_what_it_took_for_unchanging) {
    {
        auto engine = must(open(path));
        put(engine, 1, "old");
    }
    ::chmod(path.c_str(), 0444);
    ::chmod(folder.path().c_str(), 0555);
    std::optional<sqlite_engine> reading;
    child_process reader{{[&] {
                              reading.emplace(must(open(path, {.read_only = true})));
                              return stored(*reading).log.at(1);
                          },
                          [&]() -> std::string {
                              const auto view = reading->view();
                              return view ? "goes on" : to_string(view.error());
                          }},
                         true};
    ASSERT_EQ(reader.answer(), "old");
    ::chmod(folder.path().c_str(), 0755);
    ::chmod(path.c_str(), 0644);
    auto engine = must(open(path));
    put(engine, 1, "new");
    reader.go_on();
    EXPECT_NE(reader.answer().find("open it again"), std::string::npos);
}

TEST_F(a_sqlite_engine, refuses_to_be_used_by_a_forked_child) {  // trap S8
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

// ---- other writers, the hook, the settings -------------------------------------------------

TEST_F(a_sqlite_engine, is_busy_and_not_broken_while_another_program_writes) {
    auto engine = must(open(path, {.busy_timeout = std::chrono::milliseconds{1}}));
    auto shell = must(sqlite_connection::open(path, {.access = sqlite_access::write}));
    must(shell.execute("PRAGMA wal_autocheckpoint=0; BEGIN IMMEDIATE"));
    const auto refused = engine.transact([](auto& t) { return t.put(log, 1, as_bytes("x")); });
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, errc::busy);
    EXPECT_NE(refused.error().message.find("sqlite3 -readonly"), std::string::npos);
    must(shell.execute("ROLLBACK"));
    put(engine, 1, "goes on");
}

TEST_F(a_sqlite_engine, lets_its_own_connection_take_part_in_the_transaction) {  // semantics.md §58
    auto engine = must(open(path));
    const auto run = [](sqlite3* db, const char* sql) {
        ASSERT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    };
    must(engine.transact([&](auto& t) -> result<void> {
        run(t.native(), "CREATE TABLE balances(account TEXT, cents INTEGER) STRICT");
        run(t.native(), "INSERT INTO balances VALUES ('a', 1)");
        const auto mark = must(t.savepoint());
        run(t.native(), "INSERT INTO balances VALUES ('b', 2)");
        return t.rollback_to(mark);
    }));
    EXPECT_FALSE(engine.transact([&](auto& t) -> result<void> {
        run(t.native(), "INSERT INTO balances VALUES ('c', 3)");
        return fail(errc::rejected, "no");
    }));
    auto db = must(sqlite_connection::open(path, {.access = sqlite_access::read}));
    EXPECT_EQ(must(db.ask("SELECT group_concat(account) FROM balances")), "a");
}

TEST_F(a_sqlite_engine, does_not_know_what_is_stored_when_its_transaction_is_ended_from_within) {
    auto engine = must(open(path));
    const auto ended = engine.transact([&](auto& t) -> result<void> {
        must(t.put(log, 1, as_bytes("x")));
        sqlite3_exec(t.native(), "COMMIT", nullptr, nullptr, nullptr);
        return {};
    });
    ASSERT_FALSE(ended.has_value());
    EXPECT_EQ(ended.error().code, errc::unknown);
    EXPECT_EQ(engine.transact([](auto&) -> result<void> { return {}; }).error().code,
              errc::poisoned);
    must(engine.reopen());
    put(engine, 2, "goes on");
}

TEST_F(a_sqlite_engine, runs_with_the_settings_that_it_promises) {
    auto engine = must(open(path));
    must(engine.transact([&](auto& t) -> result<void> {
        const auto ask = [&](const std::string& name) {
            sqlite3_stmt* raw = nullptr;
            sqlite3_prepare_v2(t.native(), ("PRAGMA " + name).c_str(), -1, &raw, nullptr);
            sqlite_statement statement{raw};
            EXPECT_TRUE(must(statement.step()));
            return std::string{statement.text(0)};
        };
        EXPECT_EQ(ask("journal_mode"), "wal");
        EXPECT_EQ(ask("synchronous"), "2");
        EXPECT_EQ(ask("wal_autocheckpoint"), "0");
        EXPECT_EQ(ask("mmap_size"), "0");
        EXPECT_EQ(ask("trusted_schema"), "0");
        EXPECT_EQ(ask("application_id"), "1448236613");
        return {};
    }));
    auto lossy = must(
        sqlite_engine::open(folder / "lossy.db", spaces,
                            {.durability = sqlite_durability::may_lose_acknowledged_events}));
    put(lossy, 1, "x");
}

TEST_F(a_sqlite_engine, keeps_the_write_ahead_log_short) {  // trap S5
    auto engine = must(open(path, {.checkpoint_pages = 20}));
    std::uint32_t longest = 0;
    std::uint64_t n = 0;
    while (n < 60) {
        must(take_step(engine, ++n));
        (void)stored(engine);
        longest = std::max(longest, engine.wal_pages());
    }
    EXPECT_LT(longest, 40u);
    {
        auto view = must(engine.view());  // a reader that stays makes it grow
        while (n < 100) must(take_step(engine, ++n));
        EXPECT_GT(engine.wal_pages(), 80u);
    }
    while (n < 130) must(take_step(engine, ++n));
    EXPECT_LT(engine.wal_pages(), 60u);
}

}  // namespace
