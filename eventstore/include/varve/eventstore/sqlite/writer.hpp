// The one connection that writes to a SQLite engine's file, and that alone checkpoints it.
//
// SQLite 3.7.0 to 3.51.2 can corrupt a file whose write-ahead log is written and checkpointed by two
// connections at once (trap S2), so there is one. Its settings are read back after they are made:
// SQLite takes a misspelt PRAGMA for none.
#pragma once

#include <varve/adapters/sqlite.hpp>
#include <varve/eventstore/named_spaces.hpp>
#include <varve/eventstore/sqlite/file.hpp>
#include <varve/eventstore/sqlite/readers.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// What survives a power cut.
enum class sqlite_durability : std::uint8_t {
    full,                          ///< Everything that was acknowledged.
    may_lose_acknowledged_events,  ///< The file stays whole; the last transactions may be gone.
};

namespace detail {

inline constexpr std::uint32_t sqlite_application = 0x56525645;  // "VRVE"
inline constexpr std::uint32_t sqlite_layout = 1;  // of the tables, not of their values

/// `PRAGMA name=value`, and whether `PRAGMA name` then says `expected`.
inline result<void> set_pragma(sqlite_connection& db, const std::string& name,
                               const std::string& value, const std::string& expected) {
    if (auto done = db.execute("PRAGMA " + name + "=" + value); !done) return done;
    auto got = db.ask("PRAGMA " + name);
    if (!got) return pass_on(std::move(got));
    if (*got == expected) return {};
    return fail(errc::unsupported, "this SQLite did not take PRAGMA " + name + "=" + value +
                                       " (it says '" + *got + "'); a store cannot run on it");
}

/// What holds for every connection, writing or not.
inline result<void> harden(sqlite_connection& db, sqlite_durability durability,
                           std::size_t cache_bytes) {
    sqlite3_db_config(db.raw(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(db.raw(), SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    const bool full = durability == sqlite_durability::full;
    const std::string cache = "-" + std::to_string(cache_bytes / 1024 + 1);
    const std::string settings[][3] = {{"synchronous", full ? "FULL" : "NORMAL", full ? "2" : "1"},
                                       {"mmap_size", "0", "0"},
                                       {"wal_autocheckpoint", "0", "0"},
                                       {"trusted_schema", "OFF", "0"},
                                       {"cell_size_check", "ON", "1"},
                                       {"temp_store", "MEMORY", "2"},
                                       {"cache_size", cache, cache}};
    for (const auto& [name, value, expected] : settings) {
        // a VFS without memory mapping answers nothing when asked for its size
        auto done = set_pragma(db, name, value, expected);
        if (!done && !(name == "mmap_size" && done.error().code == errc::unsupported)) return done;
    }
    return {};
}

/// Whether the library that the program runs with can keep a store at all.
inline result<void> check_sqlite() {
    if (sqlite3_libversion_number() < 3'037'000)
        return fail(errc::unsupported, "SQLite " + std::string{sqlite3_libversion()} +
                                           " knows no STRICT tables; 3.37 does");
    if (sqlite3_threadsafe() == 0)
        return fail(errc::unsupported, "this SQLite was built for one thread");
    return {};
}

/// The writing connection with its statements. One thread at a time.
class sqlite_writer {
public:
    struct settings {
        std::string path;
        std::string vfs;
        sqlite_durability durability;
        std::size_t cache_bytes;
        std::uint32_t checkpoint_pages;
        std::chrono::milliseconds busy_timeout;
    };

    ~sqlite_writer() { close(); }
    sqlite_writer(const sqlite_writer&) = delete;
    sqlite_writer& operator=(const sqlite_writer&) = delete;

    explicit sqlite_writer(const settings& chosen)
        : settings_(chosen), due_(chosen.checkpoint_pages) {}

    /// Opens the file, makes sure of its tables, and writes one durable transaction, which buries
    /// what a failed commit of an earlier opening may have left behind.
    result<void> open(const named_spaces& spaces) {
        auto opened = sqlite_connection::open(settings_.path,
                                              {.access = sqlite_access::create,
                                               .vfs = settings_.vfs,
                                               .busy_timeout = settings_.busy_timeout});
        if (!opened) return pass_on(std::move(opened));
        db_ = std::move(*opened);
        if (auto done = harden(db_, settings_.durability, settings_.cache_bytes); !done)
            return done;
        if (auto done = create_tables(spaces); !done) return done;
        if (auto done = set_pragma(db_, "journal_mode", "WAL", "wal"); !done) return done;
        if (auto done = set_pragma(db_, "journal_size_limit", "67108864", "67108864"); !done)
            return done;
        sqlite3_wal_hook(db_.raw(), &count_pages, this);
        if (auto done = prepare(spaces); !done) return done;
        if (auto done = begin(); !done) return done;
        if (auto done = db_.execute("INSERT INTO openings VALUES (1, 1) ON CONFLICT (id) DO UPDATE "
                                    "SET count = count + 1");
            !done)
            return done;
        return commit();
    }

    result<void> begin() { return begin_.run(); }
    result<void> commit() { return commit_.run(); }

    /// Inside a transaction: whether another connection has written to the file since the last one.
    /// Nobody may; what this process believes of the file would no longer be true.
    /// (https://sqlite.org/pragma.html#pragma_data_version)
    result<bool> others_wrote() {
        auto row = data_version_.step();
        if (!row) return row;
        const auto now = data_version_.integer(0);
        data_version_.reset();
        const auto before = std::exchange(seen_version_, now);
        return before && *before != now;
    }
    /// Whether no transaction is open afterwards.
    bool rollback() noexcept { return db_.idle() || rollback_.run().has_value(); }
    bool in_transaction() const noexcept { return !db_.idle(); }

    result<void> put(const space& in, const key& at, bytes_view value) {
        sqlite_statement& put = puts_[in.index];
        bind(put, in, at);
        put.bind(2, value);
        return put.run();
    }
    result<void> remove(const space& in, const key& at) {
        sqlite_statement& remove = removes_[in.index];
        bind(remove, in, at);
        return remove.run();
    }

    /// Savepoints nest under one name: `roll_back_to` goes to the innermost one.
    result<void> mark() { return mark_.run(); }
    result<void> roll_back_to_mark() { return back_to_mark_.run(); }
    result<void> release_mark() { return release_mark_.run(); }

    /// Moves the write-ahead log into the file when it has grown by so much. That readers are in the
    /// way is no failure: then it grows on, and when it is very long, this waits for them a little,
    /// so that it can begin anew (trap S5).
    result<void> checkpoint_if_due() {
        if (pages_ < due_) return {};
        const bool very_long = pages_ >= 8 * settings_.checkpoint_pages;
        due_ = pages_ + settings_.checkpoint_pages;
        if (very_long) sqlite3_busy_timeout(db_.raw(), 100);
        const int code = sqlite3_wal_checkpoint_v2(
            db_.raw(), nullptr, very_long ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
            nullptr, nullptr);
        const std::string message = db_.message();
        if (very_long)
            sqlite3_busy_timeout(db_.raw(), static_cast<int>(settings_.busy_timeout.count()));
        if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) return {};
        return fail(sqlite_errc(code), "checkpoint: " + message);
    }

    /// No more writes, not even the checkpoint of a clean end: something failed.
    void leave_as_it_is() noexcept {
        if (db_) sqlite3_db_config(db_.raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }

    sqlite3* raw() const noexcept { return db_.raw(); }
    /// Pages in the write-ahead log after the last commit.
    std::uint32_t wal_pages() const noexcept { return pages_; }

private:
    static int count_pages(void* self, sqlite3*, const char*, int pages) {
        auto& writer = *static_cast<sqlite_writer*>(self);
        const auto now = static_cast<std::uint32_t>(pages);
        if (now < writer.pages_) writer.due_ = writer.settings_.checkpoint_pages;  // begun anew
        writer.pages_ = now;
        return SQLITE_OK;
    }

    static void bind(sqlite_statement& statement, const space& in, const key& at) {
        if (in.keys == key_kind::number)
            statement.bind(1, static_cast<std::int64_t>(at.number));
        else
            statement.bind(1, at.octets);
    }

    /// In one transaction of its own, so that a file is empty or has all of it.
    result<void> create_tables(const named_spaces& spaces) {
        std::string missing;
        for (const auto& in : spaces) {
            auto sql = db_.ask("SELECT sql FROM sqlite_schema WHERE name = '" +
                               sqlite_table(in.name) + "'");
            if (!sql) return pass_on(std::move(sql));
            if (sql->empty())
                missing += sqlite_table_sql(in) + ";";
            else if (*sql != sqlite_table_sql(in))
                return fail(errc::foreign, settings_.path + ": table " + sqlite_table(in.name) +
                                               " is not as this version makes it: " + *sql);
        }
        if (missing.empty()) return {};
        return db_.execute(
            "BEGIN IMMEDIATE;"
            "PRAGMA application_id=" +
            std::to_string(sqlite_application) +
            ";PRAGMA user_version=" + std::to_string(sqlite_layout) +
            ";CREATE TABLE IF NOT EXISTS openings(id INTEGER PRIMARY KEY, count "
            "INTEGER NOT NULL) STRICT;" +
            missing + "COMMIT");
    }

    result<void> prepare(const named_spaces& spaces) {
        const auto add = [this](sqlite_statement& to, const std::string& sql) -> result<void> {
            auto prepared = db_.prepare(sql);
            if (!prepared) return pass_on(std::move(prepared));
            to = std::move(*prepared);
            return {};
        };
        const std::pair<sqlite_statement*, const char*> fixed[] = {
            {&begin_, "BEGIN IMMEDIATE"},
            {&data_version_, "PRAGMA data_version"},
            {&commit_, "COMMIT"},
            {&rollback_, "ROLLBACK"},
            {&mark_, "SAVEPOINT varve"},
            {&back_to_mark_, "ROLLBACK TO varve"},
            {&release_mark_, "RELEASE varve"}};
        for (const auto& [statement, sql] : fixed)
            if (auto done = add(*statement, sql); !done) return done;
        puts_.resize(spaces.size());
        removes_.resize(spaces.size());
        for (std::size_t i = 0; i < spaces.size(); ++i) {
            const std::string table = sqlite_table(spaces[i].name);
            if (auto done = add(puts_[i], "REPLACE INTO " + table + " VALUES (?1, ?2)"); !done)
                return done;
            if (auto done = add(removes_[i], "DELETE FROM " + table + " WHERE key = ?1"); !done)
                return done;
        }
        return {};
    }

    void close() noexcept {
        puts_.clear();
        removes_.clear();
        for (sqlite_statement* s : {&begin_, &data_version_, &commit_, &rollback_, &mark_,
                                    &back_to_mark_, &release_mark_})
            *s = sqlite_statement{};
        db_.close();
    }

    settings settings_;
    sqlite_connection db_;
    std::vector<sqlite_statement> puts_, removes_;
    std::optional<std::int64_t> seen_version_;
    sqlite_statement begin_, data_version_, commit_, rollback_, mark_, back_to_mark_, release_mark_;
    std::uint32_t pages_ = 0;  // in the write-ahead log
    std::uint32_t due_;        // at so many it is moved
};

}  // namespace detail
}  // namespace varve::inline v0
