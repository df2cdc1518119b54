// The yardstick: SQLite driven by a hand-written loop, as one would who needs nothing but speed.
//
// WAL, `synchronous=FULL`, one table `INTEGER PRIMARY KEY, BLOB`, no index, prepared statements,
// `BEGIN IMMEDIATE` and `COMMIT` around every durable write. What is measured calls SQLite's C
// interface; only opening goes through our adapter.
#pragma once

#include "paired.hpp"

#include <varve/adapters/sqlite.hpp>
#include <varve/adapters/xxhash.hpp>
#include <varve/bytes.hpp>

#include <cstdint>
#include <string>

namespace bench {

/// Records in key order. One thread at a time.
class raw_sqlite {
public:
    /// `durable` false: for filling only, not synced at each commit.
    explicit raw_sqlite(const std::string& path, bool durable = true)
        : db_(need(
              varve::sqlite_connection::open(path, {.access = varve::sqlite_access::create}))) {
        need(db_.execute("PRAGMA journal_mode=WAL"));
        need(db_.execute(durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF"));
        need(db_.execute("PRAGMA cache_size=-8192"));
        need(db_.execute(
            "CREATE TABLE IF NOT EXISTS log(key INTEGER PRIMARY KEY, value BLOB NOT NULL)"));
        begin_ = need(db_.prepare("BEGIN IMMEDIATE"));
        insert_ = need(db_.prepare("INSERT INTO log VALUES (?1, ?2)"));
        commit_ = need(db_.prepare("COMMIT"));
    }

    void begin() { once(begin_); }
    void commit() { once(commit_); }
    void insert(varve::bytes_view record) {
        sqlite3_bind_int64(insert_.raw(), 1, ++last_);
        sqlite3_bind_blob64(insert_.raw(), 2, record.data(), record.size(), SQLITE_STATIC);
        once(insert_);
    }
    /// One durable write of one record.
    void append(varve::bytes_view record) {
        begin();
        insert(record);
        commit();
    }

private:
    void once(varve::sqlite_statement& statement) {
        const int code = sqlite3_step(statement.raw());
        sqlite3_reset(statement.raw());
        if (code != SQLITE_DONE) give_up("the yardstick cannot write: " + db_.message());
    }

    varve::sqlite_connection db_;
    varve::sqlite_statement begin_, insert_, commit_;
    std::int64_t last_ = 0;
};

/// Reads values in key order, from a table of a yardstick or of a store.
class raw_scan {
public:
    explicit raw_scan(const std::string& path, const std::string& table = "log")
        : db_(need(varve::sqlite_connection::open(path, {.access = varve::sqlite_access::read}))),
          select_(need(db_.prepare("SELECT value FROM " + table + " ORDER BY key"))) {
        need(db_.execute("PRAGMA cache_size=-8192"));
    }

    /// Calls `visit(value)` for each, in place.
    template <class Visit>
    void each(Visit&& visit) {
        for (int code; (code = sqlite3_step(select_.raw())) != SQLITE_DONE;) {
            if (code != SQLITE_ROW) give_up("the yardstick cannot read: " + db_.message());
            visit(varve::bytes_view{
                static_cast<const std::byte*>(sqlite3_column_blob(select_.raw(), 0)),
                static_cast<std::size_t>(sqlite3_column_bytes(select_.raw(), 0))});
        }
        sqlite3_reset(select_.raw());
    }

private:
    varve::sqlite_connection db_;
    varve::sqlite_statement select_;
};

}  // namespace bench
