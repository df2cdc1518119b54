// What a row is read as: one value, a plain struct with a member per column, or a tuple.
//
//     struct Balance { std::string account; std::int64_t cents; };
//     rows.all<Balance>("select account, cents from balances order by account")
//     rows.one<std::int64_t>("select cents from balances where account = ?1", account)
#pragma once

#include <varve/failure.hpp>
#include <varve/flat.hpp>
#include <varve/projections/sql_values.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace varve::inline v0::detail {

/// Stands for any column in expressions that are never evaluated. Not for an optional itself, which
/// could then be made in two ways.
struct any_column {
    template <class T>
        requires(!is_optional<T>)
    operator T() const noexcept;
};

template <class T, class... Columns>
consteval std::size_t count_members() {
    if constexpr (sizeof...(Columns) < most_members && requires { T{Columns{}..., any_column{}}; })
        return count_members<T, Columns..., any_column>();
    else
        return sizeof...(Columns);
}

/// How one of the types in `one<T...>` is read.
template <class T>
struct row_part {
    static_assert(std::is_aggregate_v<T> && std::default_initializable<T>,
                  "varve: a row is read as values, or as a plain struct of them");
    static constexpr std::size_t columns = count_members<T>();

    static T read(row_cursor& cursor) {
        T row{};
        with_members<columns>(row, [&](auto&... member) {
            ((member = cursor.next<std::remove_cvref_t<decltype(member)>>()), ...);
        });
        return row;
    }
};

template <column_scalar T>
struct row_part<T> {
    static constexpr std::size_t columns = 1;
    static T read(row_cursor& cursor) { return cursor.next<T>(); }
};

template <class... T>
struct row_of {
    using type = std::tuple<T...>;
    static type read(row_cursor& cursor) { return type{row_part<T>::read(cursor)...}; }
};

template <class T>
struct row_of<T> {
    using type = T;
    static type read(row_cursor& cursor) { return row_part<T>::read(cursor); }
};

template <class... T>
using row_type = typename row_of<T...>::type;

/// Reads the row that a statement stands on. Errors: `undecodable` (a column of another type),
/// `invalid_argument` (another number of columns).
template <class... T>
result<row_type<T...>> read_row(sqlite3_stmt* statement) {
    static_assert(sizeof...(T) > 0, "varve: say what a row is read as: one<std::int64_t>(...)");
    constexpr std::size_t wanted = (row_part<T>::columns + ...);
    const auto given = static_cast<std::size_t>(sqlite3_column_count(statement));
    if (given != wanted)
        return fail(errc::invalid_argument, "the statement gives " + std::to_string(given) +
                                                " columns, but " + std::to_string(wanted) +
                                                " are read: " + sqlite3_sql(statement));
    row_cursor cursor{statement};
    auto row = row_of<T...>::read(cursor);
    if (cursor.misfit()) return std::unexpected(*cursor.misfit());
    return row;
}

}  // namespace varve::inline v0::detail
