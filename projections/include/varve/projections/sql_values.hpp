// C++ values as SQLite's: bound into a statement, and read from a row with their type checked.
//
// | C++ | SQLite |
// |---|---|
// | integers, bool, enumerations, positions, revisions, time points | INTEGER |
// | float, double | REAL (an INTEGER is read too) |
// | std::string and what converts to std::string_view | TEXT |
// | bytes, identifiers | BLOB |
// | std::optional | the same, or NULL |
#pragma once

#include <varve/adapters/sqlite.hpp>
#include <varve/bytes.hpp>
#include <varve/failure.hpp>
#include <varve/ids.hpp>
#include <varve/time.hpp>
#include <varve/type_traits.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace varve::inline v0::detail {

template <class T>
inline constexpr bool is_identifier = false;
template <class Tag>
inline constexpr bool is_identifier<identifier<Tag>> = true;

template <class T>
concept place = std::same_as<T, position> || std::same_as<T, revision>;

/// A type that a column can be read as.
template <class T>
concept column_scalar = std::integral<T> || std::floating_point<T> || std::is_enum_v<T> ||
                        place<T> || std::same_as<T, timestamp> || std::same_as<T, std::string> ||
                        std::same_as<T, bytes> || is_identifier<T> || is_optional<T>;

/// Binds a value, not copied; the code that SQLite answers. SQLITE_TOOBIG: beyond 63 bits.
template <class T>
int bind_value(sqlite3_stmt* statement, int place_of, const T& value) {
    if constexpr (std::same_as<T, std::nullopt_t> || std::same_as<T, std::nullptr_t>) {
        return sqlite3_bind_null(statement, place_of);
    } else if constexpr (is_optional<T>) {
        return value ? bind_value(statement, place_of, *value)
                     : sqlite3_bind_null(statement, place_of);
    } else if constexpr (std::integral<T>) {
        if (!std::in_range<std::int64_t>(+value)) return SQLITE_TOOBIG;
        return sqlite3_bind_int64(statement, place_of, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_enum_v<T>) {
        return bind_value(statement, place_of, static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::floating_point<T>) {
        return sqlite3_bind_double(statement, place_of, static_cast<double>(value));
    } else if constexpr (place<T>) {
        return bind_value(statement, place_of, value.value);
    } else if constexpr (std::same_as<T, timestamp>) {
        return bind_value(statement, place_of, value.time_since_epoch().count());
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
        const std::string_view text = value;
        // a null pointer would bind NULL instead of no bytes
        return sqlite3_bind_text64(statement, place_of, text.empty() ? "" : text.data(),
                                   text.size(), SQLITE_STATIC, SQLITE_UTF8);
    } else {
        const bytes_view raw = [&] {
            if constexpr (is_identifier<T>)
                return value.view();
            else
                return bytes_view{value};
        }();
        return sqlite3_bind_blob64(statement, place_of,
                                   raw.empty() ? "" : static_cast<const void*>(raw.data()),
                                   raw.size(), SQLITE_STATIC);
    }
}

/// Reads the columns of a row one by one and keeps the first that does not fit.
class row_cursor {
public:
    explicit row_cursor(sqlite3_stmt* statement) noexcept : statement_(statement) {}

    template <column_scalar T>
    T next() {
        const int column = next_++;
        return read<T>(column, sqlite3_column_type(statement_, column));
    }

    /// The first misfit, if there was one.
    const std::optional<failure>& misfit() const noexcept { return misfit_; }

private:
    template <class T>
    T read(int column, int type) {
        if constexpr (is_optional<T>) {
            if (type == SQLITE_NULL) return std::nullopt;
            return read<typename T::value_type>(column, type);
        } else if constexpr (std::floating_point<T>) {
            if (type != SQLITE_INTEGER) expect(column, type, SQLITE_FLOAT);
            return static_cast<T>(sqlite3_column_double(statement_, column));
        } else if constexpr (std::same_as<T, std::string>) {
            expect(column, type, SQLITE_TEXT);
            const auto* from = reinterpret_cast<const char*>(
                sqlite3_column_text(statement_, column));
            return from == nullptr ? T{} : T(from, size(column));
        } else if constexpr (std::same_as<T, bytes> || is_identifier<T>) {
            return octets<T>(column, type);
        } else {
            return whole<T>(column, type);
        }
    }

    template <class T>
    T whole(int column, int type) {
        expect(column, type, SQLITE_INTEGER);
        const std::int64_t value = sqlite3_column_int64(statement_, column);
        if constexpr (place<T>) {
            return T{static_cast<std::uint64_t>(value)};
        } else if constexpr (std::same_as<T, timestamp>) {
            return T{std::chrono::nanoseconds{value}};
        } else if constexpr (std::is_enum_v<T>) {
            return static_cast<T>(whole<std::underlying_type_t<T>>(column, type));
        } else {
            using range = std::numeric_limits<T>;
            const bool fits = sizeof(T) < sizeof(value)
                                  ? value >= static_cast<std::int64_t>(range::min()) &&
                                        value <= static_cast<std::int64_t>(range::max())
                                  : std::is_signed_v<T> || value >= 0;
            if (!fits) complain(column, "a number out of range");
            return static_cast<T>(value);
        }
    }

    template <class T>
    T octets(int column, int type) {
        expect(column, type, SQLITE_BLOB);
        const auto* from = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
        const bytes_view raw{from, from == nullptr ? 0 : size(column)};
        if constexpr (std::same_as<T, bytes>) {
            return to_bytes(raw);
        } else {
            if (raw.size() == 16) return T::read(raw.data());
            complain(column, "an identifier that is not of 16 bytes");
            return T{};
        }
    }

    std::size_t size(int column) const {
        return static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    }

    void expect(int column, int type, int wanted) {
        if (type != wanted) complain(column, name_of(type) + ", read as " + name_of(wanted));
    }

    void complain(int column, std::string what) {
        if (misfit_) return;
        const char* name = sqlite3_column_name(statement_, column);
        misfit_ = failure{.code = errc::undecodable,
                          .message = "column '" + std::string{name == nullptr ? "?" : name} +
                                     "' holds " + std::move(what)};
    }

    static std::string name_of(int type) {
        switch (type) {
            case SQLITE_INTEGER: return "INTEGER";
            case SQLITE_FLOAT: return "REAL";
            case SQLITE_TEXT: return "TEXT";
            case SQLITE_BLOB: return "BLOB";
            default: return "NULL";
        }
    }

    sqlite3_stmt* statement_;
    int next_ = 0;
    std::optional<failure> misfit_;
};

}  // namespace varve::inline v0::detail
