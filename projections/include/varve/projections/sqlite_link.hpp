// One connection to a read model, and the statements it has prepared.
#pragma once

#include <varve/adapters/sqlite.hpp>
#include <varve/failure.hpp>
#include <varve/projections/row_type.hpp>
#include <varve/projections/sql.hpp>
#include <varve/projections/sql_values.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// `rows.all<T>(...)` gives at most so many rows; more is `too_large`: page with `limit`.
inline constexpr std::size_t most_rows = 1'000'000;

namespace detail {

/// A connection. One thread at a time.
class sqlite_link {
public:
    explicit sqlite_link(sqlite_connection db) : db_(std::move(db)) {}
    sqlite_link(const sqlite_link&) = delete;  // statements end before their connection
    sqlite_link& operator=(const sqlite_link&) = delete;

    sqlite_connection& db() noexcept { return db_; }

    /// Runs to the end; the number of rows that an insert, update or delete changed.
    template <class... V>
    result<std::int64_t> run(sql_text<std::type_identity_t<V>...> sql, const V&... values) {
        auto statement = bound(sql.text(), values...);
        if (!statement) return std::unexpected(statement.error());
        auto row = (*statement)->step();
        while (row && *row) row = (*statement)->step();
        if (!row) return std::unexpected(row.error());
        return sqlite3_changes64(db_.raw());
    }

    /// The first row, or nothing.
    template <class... T, class... V>
    result<std::optional<row_type<T...>>> one(sql_text<std::type_identity_t<V>...> sql,
                                              const V&... values) {
        auto statement = bound(sql.text(), values...);
        if (!statement) return std::unexpected(statement.error());
        const auto found = (*statement)->step();
        if (!found) return std::unexpected(found.error());
        // in place: a row may be an optional or a bool itself
        using answer = std::optional<row_type<T...>>;
        if (!*found) return answer{};
        auto row = read_row<T...>((*statement)->raw());
        if (!row) return std::unexpected(std::move(row).error());
        return answer{std::in_place, std::move(*row)};
    }

    /// Every row, in the statement's order.
    template <class... T, class... V>
    result<std::vector<row_type<T...>>> all(sql_text<std::type_identity_t<V>...> sql,
                                            const V&... values) {
        std::vector<row_type<T...>> rows;
        auto statement = bound(sql.text(), values...);
        if (!statement) return std::unexpected(statement.error());
        for (;;) {
            const auto found = (*statement)->step();
            if (!found) return std::unexpected(found.error());
            if (!*found) return rows;
            if (rows.size() == most_rows)
                return fail(errc::too_large, "more than " + std::to_string(most_rows) +
                                                 " rows; page with `limit`: " + sql.text());
            auto row = read_row<T...>((*statement)->raw());
            if (!row) return std::unexpected(std::move(row).error());
            rows.push_back(std::move(*row));
        }
    }

private:
    /// Gives up the row, and the snapshot that it holds, as soon as it was read.
    struct resetting {
        void operator()(sqlite_statement* statement) const noexcept { statement->reset(); }
    };
    using borrowed = std::unique_ptr<sqlite_statement, resetting>;

    result<sqlite_statement*> prepared(const char* literal) {
        const auto known = statements_.find(literal);
        if (known != statements_.end()) return &known->second;
        auto made = db_.prepare(literal);
        if (!made) return std::unexpected(wrong(std::move(made).error()));
        return &statements_.emplace(literal, std::move(*made)).first->second;
    }

    template <class... V>
    result<borrowed> bound(const char* literal, const V&... values) {
        auto found = prepared(literal);
        if (!found) return std::unexpected(std::move(found).error());
        borrowed statement{*found};
        int at = 0;
        int code = SQLITE_OK;
        ((code = code == SQLITE_OK ? bind_value(statement->raw(), ++at, values) : code), ...);
        if (code == SQLITE_OK) return statement;
        return fail(sqlite_errc(code), "value " + std::to_string(at) + " cannot be bound (" +
                                           sqlite3_errstr(code) + "): " + literal);
    }

    /// A statement that SQLite does not understand is the author's error, not the disk's.
    failure wrong(failure why) const {
        if ((sqlite3_errcode(db_.raw()) & 0xff) == SQLITE_ERROR) why.code = errc::invalid_argument;
        return why;
    }

    sqlite_connection db_;
    std::unordered_map<const void*, sqlite_statement> statements_;  // by the literal's address
};

}  // namespace detail
}  // namespace varve::inline v0
