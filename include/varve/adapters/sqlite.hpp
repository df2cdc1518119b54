// A thin owner of SQLite's C interface: connections, statements, and errors as values.
//
// The only file that includes <sqlite3.h>. It adds ownership and our failures and decides nothing:
// which PRAGMAs a connection needs is the business of whoever opens it.
//
//     auto db = varve::sqlite_connection::open("a.db", {.access = varve::sqlite_access::create});
//     db->execute("CREATE TABLE t (k INTEGER PRIMARY KEY, v BLOB NOT NULL) STRICT").value();
//     auto insert = db->prepare("INSERT INTO t VALUES (?1, ?2)").value();
//     insert.bind(1, 7); insert.bind(2, varve::as_bytes("seven")); insert.run().value();
#pragma once

#include <varve/bytes.hpp>
#include <varve/failure.hpp>

#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace varve::inline v0 {

/// Which of our codes stands for a result code of SQLite (extended or not).
inline errc sqlite_errc(int code) noexcept {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return errc::busy;
        case SQLITE_FULL: return errc::full;
        case SQLITE_CORRUPT: return errc::corrupt;
        case SQLITE_NOTADB: return errc::foreign;
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_READONLY: return errc::denied;
        case SQLITE_TOOBIG: return errc::too_large;
        case SQLITE_INTERRUPT: return errc::cancelled;
        case SQLITE_MISUSE:
        case SQLITE_RANGE:
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH: return errc::invalid_argument;
        default: return errc::io;
    }
}

/// `disk I/O error (code 778)`: what SQLite says of the last call on a connection.
inline std::string sqlite_message(sqlite3* db) {
    if (db == nullptr) return "out of memory";
    return std::string{sqlite3_errmsg(db)} + " (code " +
           std::to_string(sqlite3_extended_errcode(db)) + ")";
}

/// A prepared statement. Bound bytes and texts are not copied: they outlive the next `reset`.
/// One thread at a time; ends before its connection.
class sqlite_statement {
public:
    sqlite_statement() = default;
    explicit sqlite_statement(sqlite3_stmt* raw) noexcept : raw_(raw) {}

    void bind(int place, std::int64_t value) noexcept {
        note(sqlite3_bind_int64(raw(), place, value));
    }
    void bind(int place, bytes_view value) noexcept {
        // a null pointer would bind NULL instead of no bytes
        static constexpr char no_byte = 0;
        const void* from = value.empty() ? static_cast<const void*>(&no_byte) : value.data();
        note(sqlite3_bind_blob64(raw(), place, from, value.size(), SQLITE_STATIC));
    }
    void bind(int place, std::string_view value) noexcept {
        const char* from = value.empty() ? "" : value.data();
        note(sqlite3_bind_text64(raw(), place, from, value.size(), SQLITE_STATIC, SQLITE_UTF8));
    }

    /// True: there is a row. False: there are no more. Also reports a bind that failed.
    result<bool> step() {
        const int code = bound_ == SQLITE_OK ? sqlite3_step(raw()) : bound_;
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        return fail(sqlite_errc(code), sqlite_message(sqlite3_db_handle(raw())));
    }

    /// Steps to the end and resets.
    result<void> run() {
        auto row = step();
        while (row && *row) row = step();
        reset();
        if (!row) return pass_on(std::move(row));
        return {};
    }

    /// Gives up the row and the read lock that it holds, and the bound values.
    void reset() noexcept {
        sqlite3_reset(raw());
        sqlite3_clear_bindings(raw());
        bound_ = SQLITE_OK;
    }

    std::int64_t integer(int column) const noexcept { return sqlite3_column_int64(raw(), column); }
    /// Valid until the next step or reset.
    bytes_view blob(int column) const noexcept {
        const void* from = sqlite3_column_blob(raw(), column);
        return {static_cast<const std::byte*>(from),
                static_cast<std::size_t>(sqlite3_column_bytes(raw(), column))};
    }
    std::string_view text(int column) const noexcept {
        const auto* from = reinterpret_cast<const char*>(sqlite3_column_text(raw(), column));
        if (from == nullptr) return {};
        return {from, static_cast<std::size_t>(sqlite3_column_bytes(raw(), column))};
    }

    sqlite3_stmt* raw() const noexcept { return raw_.get(); }
    explicit operator bool() const noexcept { return raw_ != nullptr; }

private:
    struct end {
        void operator()(sqlite3_stmt* raw) const noexcept { sqlite3_finalize(raw); }
    };
    void note(int code) noexcept {
        if (bound_ == SQLITE_OK) bound_ = code;
    }

    std::unique_ptr<sqlite3_stmt, end> raw_;
    int bound_ = SQLITE_OK;
};

/// What a connection may do.
enum class sqlite_access : std::uint8_t {
    create,     ///< Read and write; create the file if it is not there.
    write,      ///< Read and write an existing file.
    read,       ///< Read only; the side files may be created.
    immutable,  ///< Read only, no locks, no side files; only if nobody writes meanwhile.
};

/// How a connection is opened.
struct sqlite_open_options {
    sqlite_access access = sqlite_access::read;
    std::string vfs{};  ///< Name of a registered VFS; empty: the default one.
    std::chrono::milliseconds busy_timeout{5000};  ///< How long to wait for a lock.
};

/// A database connection. One thread at a time.
class sqlite_connection {
public:
    sqlite_connection() = default;

    /// Errors: `not_found`, `denied`, `io`. That a file is no database shows at the first statement.
    static result<sqlite_connection> open(const std::string& path,
                                          const sqlite_open_options& options) {
        int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
        switch (options.access) {
            case sqlite_access::create: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE; break;
            case sqlite_access::write: flags |= SQLITE_OPEN_READWRITE; break;
            case sqlite_access::read:
            case sqlite_access::immutable: flags |= SQLITE_OPEN_READONLY; break;
        }
        sqlite3* raw = nullptr;
        const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
        const int code = sqlite3_open_v2(uri(path, options.access).c_str(), &raw, flags, vfs);
        sqlite_connection db{raw};
        if (code != SQLITE_OK) return fail(open_errc(code, raw), path + ": " + sqlite_message(raw));
        sqlite3_busy_timeout(raw, static_cast<int>(options.busy_timeout.count()));
        return db;
    }

    /// Runs one or several statements without a result.
    result<void> execute(const char* sql) {
        const int code = sqlite3_exec(raw(), sql, nullptr, nullptr, nullptr);
        if (code == SQLITE_OK) return {};
        return fail(sqlite_errc(code), sqlite_message(raw()) + " in: " + sql);
    }
    result<void> execute(const std::string& sql) { return execute(sql.c_str()); }

    /// `lasting`: kept and used many times.
    result<sqlite_statement> prepare(std::string_view sql, bool lasting = true) {
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v3(raw(), sql.data(), static_cast<int>(sql.size()),
                                            lasting ? SQLITE_PREPARE_PERSISTENT : 0u, &statement,
                                            nullptr);
        if (code != SQLITE_OK)
            return fail(sqlite_errc(code), sqlite_message(raw()) + " in: " + std::string{sql});
        return sqlite_statement{statement};
    }

    /// The first column of the first row as text, empty if there is no row: for PRAGMAs.
    result<std::string> ask(std::string_view sql) {
        auto statement = prepare(sql, false);
        if (!statement) return pass_on(std::move(statement));
        auto row = statement->step();
        if (!row) return pass_on(std::move(row));
        return *row ? std::string{statement->text(0)} : std::string{};
    }

    /// Closes; rolls back what is open. Statements must be gone.
    void close() noexcept { raw_.reset(); }

    /// False while a transaction is open.
    bool idle() const noexcept { return sqlite3_get_autocommit(raw()) != 0; }
    std::string message() const { return sqlite_message(raw()); }
    sqlite3* raw() const noexcept { return raw_.get(); }
    explicit operator bool() const noexcept { return raw_ != nullptr; }

private:
    explicit sqlite_connection(sqlite3* raw) noexcept : raw_(raw) {}

    struct end {
        void operator()(sqlite3* raw) const noexcept { sqlite3_close(raw); }
    };

    static errc open_errc(int code, sqlite3* raw) noexcept {
        if ((code & 0xff) != SQLITE_CANTOPEN || raw == nullptr) return sqlite_errc(code);
        switch (sqlite3_system_errno(raw)) {
            case ENOENT:
            case ENOTDIR: return errc::not_found;
            case EACCES:
            case EPERM:
            case EROFS: return errc::denied;
            default: return errc::io;
        }
    }

    /// Every byte that means something in a URI is escaped, so that any path is itself.
    static std::string uri(const std::string& path, sqlite_access access) {
        static constexpr char digits[] = "0123456789ABCDEF";
        if (path == ":memory:") return path;
        std::string text = path.starts_with('/') ? "file://" : "file:";
        for (const char c : path) {
            const auto octet = static_cast<unsigned char>(c);
            if (c == '?' || c == '#' || c == '%' || octet < 0x20 || octet > 0x7e) {
                text += '%';
                text += digits[octet >> 4];
                text += digits[octet & 15];
            } else {
                text += c;
            }
        }
        if (access == sqlite_access::immutable) text += "?immutable=1";
        return text;
    }

    std::unique_ptr<sqlite3, end> raw_;
};

}  // namespace varve::inline v0
