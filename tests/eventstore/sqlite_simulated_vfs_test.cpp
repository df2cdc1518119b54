// SQLite itself on the simulated disk: locks, transactions and recovery are SQLite's own.

#include "engines.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace engines;

class sqlite_on_a_simulated_disk : public testing::Test {
protected:
    sqlite_connection connect(sqlite_access access = sqlite_access::create) {
        return must(sqlite_connection::open(
            "t.db", {.access = access, .vfs = vfs.name(), .busy_timeout = {}}));
    }
    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
    sqlite_simulated_vfs vfs{disk};
};

TEST_F(sqlite_on_a_simulated_disk, keeps_all_its_files_there) {
    auto db = connect();
    must(db.execute("PRAGMA journal_mode=WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1)"));
    EXPECT_EQ(disk->names(), (std::vector<std::string>{"t.db", "t.db-wal"}));
    must(
        db.execute("PRAGMA temp_store=FILE; CREATE TEMP TABLE big(x);"
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<20000)"
                   "INSERT INTO big SELECT randomblob(100) FROM n"));
    db.close();
    EXPECT_EQ(disk->names(), (std::vector<std::string>{"t.db"}));
}

TEST_F(sqlite_on_a_simulated_disk, lets_one_connection_write_and_the_others_read) {
    for (const std::string mode : {"WAL", "DELETE"}) {
        auto writer = connect();
        must(writer.execute("PRAGMA journal_mode=" + mode + "; CREATE TABLE t" + mode + "(x)"));
        auto other = connect();
        must(writer.execute("BEGIN IMMEDIATE; INSERT INTO t" + mode + " VALUES (1)"));
        EXPECT_EQ(other.execute("BEGIN IMMEDIATE").error().code, errc::busy);
        EXPECT_EQ(must(other.ask("SELECT count(*) FROM t" + mode)), "0");
        must(writer.execute("COMMIT"));
        EXPECT_EQ(must(other.ask("SELECT count(*) FROM t" + mode)), "1");
        must(other.execute("BEGIN IMMEDIATE; INSERT INTO t" + mode + " VALUES (2); COMMIT"));
        EXPECT_EQ(must(writer.ask("SELECT count(*) FROM t" + mode)), "2");
    }
}

TEST_F(sqlite_on_a_simulated_disk, makes_a_writer_wait_for_readers_in_rollback_mode) {
    auto writer = connect();
    must(writer.execute("PRAGMA journal_mode=DELETE; CREATE TABLE t(x); INSERT INTO t VALUES (1)"));
    auto reader = connect();
    must(reader.execute("BEGIN; SELECT * FROM t"));
    must(writer.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES (2)"));
    EXPECT_EQ(writer.execute("COMMIT").error().code, errc::busy);
    auto late = connect();
    EXPECT_EQ(late.ask("SELECT count(*) FROM t").error().code, errc::busy);  // pending
    must(reader.execute("COMMIT"));
    must(writer.execute("COMMIT"));
    EXPECT_EQ(must(late.ask("SELECT count(*) FROM t")), "2");
}

// EXTRA: with FULL and DELETE, SQLite does not sync the directory after it removed the journal, so a
// power cut brings the journal back and with it the state before the transaction.
TEST_F(sqlite_on_a_simulated_disk, is_whole_after_thousands_of_power_cuts_in_either_mode) {  // §36
    for (const std::string mode : {"WAL", "DELETE", "TRUNCATE", "PERSIST"}) {
        for (std::uint64_t seed = 1; seed <= 500; ++seed) {
            SCOPED_TRACE(mode + ", seed " + std::to_string(seed));
            disk = std::make_shared<simulated_disk>();
            sqlite_simulated_vfs own{disk};
            const sqlite_open_options options{
                .access = sqlite_access::create, .vfs = own.name(), .busy_timeout = {}};
            std::uint64_t acknowledged = 0;
            {
                auto db = must(sqlite_connection::open("t.db", options));
                disk->plan({.kind = disk_operation::any,
                            .at = 1 + detail::mix(seed, 1) % 260,
                            .for_ever = true});
                auto done = db.execute("PRAGMA journal_mode=" + mode +
                                       ";PRAGMA synchronous=EXTRA;" +
                                       "CREATE TABLE t(n INTEGER, filling)");
                while (done && acknowledged < 20) {
                    done = db.execute("BEGIN; INSERT INTO t VALUES (" +
                                      std::to_string(acknowledged + 1) +
                                      ", zeroblob(3000)); UPDATE t SET n = n; COMMIT");
                    if (done) ++acknowledged;
                }
                disk->crash(seed);
            }
            auto db = must(sqlite_connection::open("t.db", options));
            ASSERT_EQ(must(db.ask("PRAGMA integrity_check")), "ok");
            if (must(db.ask("SELECT count(*) FROM sqlite_schema")) == "0") {
                ASSERT_EQ(acknowledged, 0u);
                continue;
            }
            const std::string found = must(db.ask("SELECT count(*) FROM t"));
            ASSERT_TRUE(found == std::to_string(acknowledged) ||
                        found == std::to_string(acknowledged + 1))
                << found << " of " << acknowledged;
        }
    }
}

TEST_F(sqlite_on_a_simulated_disk, is_full_when_the_disk_is) {  // semantics.md §41
    auto db = connect();
    must(db.execute("PRAGMA journal_mode=WAL; CREATE TABLE t(x)"));
    disk->set_capacity(100'000);
    const auto full = db.execute("INSERT INTO t VALUES (zeroblob(200000))");
    ASSERT_FALSE(full.has_value());
    EXPECT_EQ(full.error().code, errc::full);
    EXPECT_EQ(must(db.ask("SELECT count(*) FROM t")), "0");
}

TEST_F(sqlite_on_a_simulated_disk, is_gone_with_its_object) {
    std::string name;
    {
        sqlite_simulated_vfs other{disk};
        name = other.name();
        EXPECT_NE(sqlite3_vfs_find(name.c_str()), nullptr);
    }
    EXPECT_EQ(sqlite3_vfs_find(name.c_str()), nullptr);
}

}  // namespace
