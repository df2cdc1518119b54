// Read-only connections to the file of a SQLite engine, and the views they serve.
//
// A view is a read transaction on a connection of its own, so it never waits for the writer. When it
// ends, its connection goes back to the pool, with its prepared statements reset: an open one would
// keep the write-ahead log from being reused (trap S5).
#pragma once

#include <varve/adapters/sqlite.hpp>
#include <varve/engine.hpp>
#include <varve/eventstore/named_spaces.hpp>

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// `varve_log`: the table of a space.
inline std::string sqlite_table(std::string_view space) { return "varve_" + std::string{space}; }

/// The statement that makes it, as SQLite keeps it.
inline std::string sqlite_table_sql(const named_spaces::entry& in) {
    const std::string table = "CREATE TABLE " + sqlite_table(in.name);
    return in.keys == key_kind::number
               ? table + "(key INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT"
               : table + "(key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID";
}

/// One connection and its statements. One thread at a time.
class sqlite_reader {
public:
    sqlite_reader(sqlite_connection db, const named_spaces& spaces)
        : db_(std::move(db)), spaces_(&spaces), statements_(spaces.size()) {}

    /// Prepares what every view needs.
    result<void> prepare() {
        for (auto [statement, sql] : {std::pair{&begin_, "BEGIN"}, std::pair{&end_, "COMMIT"},
                                      std::pair{&touch_, "SELECT 1 FROM sqlite_schema LIMIT 1"}}) {
            auto prepared = db_.prepare(sql);
            if (!prepared) return pass_on(std::move(prepared));
            *statement = std::move(*prepared);
        }
        return {};
    }

    /// Begins a read transaction, now and not at its first read.
    result<void> begin() {
        if (auto done = begin_.run(); !done) return done;
        auto done = touch_.run();
        if (!done) end();
        return done;
    }
    /// False if the connection is of no use any more.
    bool end() noexcept { return end_.run().has_value(); }

    /// Whether every space has its table. Errors: `foreign`.
    result<void> check_tables() {
        for (const auto& in : *spaces_) {
            const std::string table = sqlite_table(in.name);
            auto sql = db_.ask("SELECT sql FROM sqlite_schema WHERE name = '" + table + "'");
            if (!sql) return pass_on(std::move(sql));
            if (*sql != sqlite_table_sql(in))
                return fail(errc::foreign,
                            "table " + table +
                                (sql->empty() ? " is missing; open the store once for writing"
                                              : " is not as this version makes it: " + *sql));
        }
        return {};
    }

    result<bool> get(const space& in, const key& at, const std::function<void(bytes_view)>& found) {
        if (auto fine = check_entry(*spaces_, in, at, 0); !fine) return pass_on(std::move(fine));
        const borrowed get{*this, in, 0};
        if (auto fine = get.ready(); !fine) return pass_on(std::move(fine));
        bind(*get, 1, in, at);
        auto row = get->step();
        if (!row) return read_failure(row.error());
        if (*row) found(get->blob(0));
        return *row;
    }

    result<void> scan(const space& in, const key& low, const key& high, direction way,
                      const entry_visitor& visit) {
        for (const key* at : {&low, &high})
            if (auto fine = check_entry(*spaces_, in, *at, 0); !fine) return fine;
        const borrowed range{*this, in, way == direction::forward ? 1u : 2u};
        if (auto fine = range.ready(); !fine) return fine;
        bind(*range, 1, in, low);
        bind(*range, 2, in, high);
        for (;;) {
            auto row = range->step();
            if (!row) return pass_on(read_failure(row.error()));
            if (!*row) return {};
            const key at = in.keys == key_kind::number
                               ? key{static_cast<std::uint64_t>(range->integer(0))}
                               : key{range->blob(0)};
            if (!visit(at, range->blob(1))) return {};
        }
    }

private:
    using statements = std::array<std::vector<sqlite_statement>, 3>;  // get, forward, backward

    /// A statement from the cache, or a fresh one while another scan uses it; reset and put back.
    class borrowed {
    public:
        borrowed(sqlite_reader& from, const space& in, std::size_t kind)
            : cache_(&from.statements_[in.index][kind]) {
            if (!cache_->empty()) {
                statement_ = std::move(cache_->back());
                cache_->pop_back();
                return;
            }
            auto prepared = from.db_.prepare(sql(in, kind));
            if (prepared)
                statement_ = std::move(*prepared);
            else
                failure_ = std::move(prepared).error();
        }
        borrowed(const borrowed&) = delete;
        borrowed& operator=(const borrowed&) = delete;
        ~borrowed() {
            if (!statement_) return;
            statement_.reset();
            cache_->push_back(std::move(statement_));
        }
        result<void> ready() const {
            if (statement_) return {};
            return std::unexpected(failure_);
        }
        sqlite_statement& operator*() const noexcept { return statement_; }
        sqlite_statement* operator->() const noexcept { return &statement_; }

    private:
        static std::string sql(const space& in, std::size_t kind) {
            const std::string table = sqlite_table(in.name);
            if (kind == 0) return "SELECT value FROM " + table + " WHERE key = ?1";
            return "SELECT key, value FROM " + table +
                   " WHERE key BETWEEN ?1 AND ?2 ORDER BY key " + (kind == 1 ? "ASC" : "DESC");
        }

        std::vector<sqlite_statement>* cache_;
        mutable sqlite_statement statement_;
        failure failure_;
    };

    static void bind(sqlite_statement& statement, int place, const space& in, const key& at) {
        if (in.keys == key_kind::number)
            statement.bind(place, static_cast<std::int64_t>(at.number));
        else
            statement.bind(place, at.octets);
    }

    result<bool> read_failure(const failure& from) const {
        const char* file = sqlite3_db_filename(db_.raw(), "main");
        return fail(
            from.code == errc::corrupt || from.code == errc::foreign ? errc::corrupt : errc::io,
            "reading '" + std::string{file == nullptr ? "" : file} + "': " + from.message);
    }

    sqlite_connection db_;  // first: statements end before it
    const named_spaces* spaces_;
    std::vector<statements> statements_;
    sqlite_statement begin_, end_, touch_;
};

/// The idle readers of one opening of a file. Shared with the views, which may outlive the engine.
class sqlite_readers {
public:
    /// Opens a connection that is ready to read.
    using opener = std::function<result<sqlite_connection>()>;

    sqlite_readers(named_spaces spaces, opener open)
        : spaces_(std::move(spaces)), open_(std::move(open)) {}

    result<std::unique_ptr<sqlite_reader>> take() {
        {
            const std::lock_guard lock{mutex_};
            if (!idle_.empty()) {
                auto reader = std::move(idle_.back());
                idle_.pop_back();
                return reader;
            }
        }
        auto db = open_();
        if (!db) return pass_on(std::move(db));
        auto reader = std::make_unique<sqlite_reader>(std::move(*db), spaces_);
        if (auto ready = reader->prepare(); !ready) return pass_on(std::move(ready));
        return reader;
    }

    void put_back(std::unique_ptr<sqlite_reader> reader) {
        const std::lock_guard lock{mutex_};
        if (!closed_ && idle_.size() < most_idle) idle_.push_back(std::move(reader));
    }

    /// Closes the idle ones, and from now on each one that comes back.
    void close() {
        std::vector<std::unique_ptr<sqlite_reader>> idle;
        const std::lock_guard lock{mutex_};
        closed_ = true;
        idle.swap(idle_);
    }

private:
    static constexpr std::size_t most_idle = 16;

    named_spaces spaces_;
    opener open_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<sqlite_reader>> idle_;
    bool closed_ = false;
};

}  // namespace varve::inline v0::detail
