// What a projection writes its rows with, and what a query reads them with.
#pragma once

#include <varve/failure.hpp>
#include <varve/ids.hpp>
#include <varve/projections/sqlite_link.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// Writes and reads a projection's tables inside the transaction that also holds its checkpoint.
///
/// Handed to `apply`. The first failure is kept and stops the worker at this event, so results need
/// not be looked at; after it nothing more is done. Statements are literals with `?1 ?2 ...`.
class row_writer {
public:
    explicit row_writer(detail::sqlite_link& link) noexcept : link_(&link) {}

    /// Runs a statement; gives the number of rows it changed.
    template <class... V>
    std::int64_t run(sql_text<std::type_identity_t<V>...> sql, const V&... values) {
        if (failure_) return 0;
        const auto changed = keep(link_->run(sql, values...));
        return changed ? *changed : 0;
    }

    /// The first row, or nothing. What earlier events wrote is seen, also in this batch.
    template <class... T, class... V>
    result<std::optional<detail::row_type<T...>>> one(sql_text<std::type_identity_t<V>...> sql,
                                                      const V&... values) {
        if (failure_) return std::unexpected(*failure_);
        return keep(link_->one<T...>(sql, values...));
    }

    /// Every row, `most_rows` at most.
    template <class... T, class... V>
    result<std::vector<detail::row_type<T...>>> all(sql_text<std::type_identity_t<V>...> sql,
                                                    const V&... values) {
        if (failure_) return std::unexpected(*failure_);
        return keep(link_->all<T...>(sql, values...));
    }

    /// The first failure, if there was one.
    const std::optional<failure>& failed() const noexcept { return failure_; }

private:
    template <class R>
    R keep(R done) {
        if (!done) failure_ = done.error();
        return done;
    }

    detail::sqlite_link* link_;
    std::optional<failure> failure_;
};

/// Reads the rows of `Projection`, all of them as of one position. Valid during the query.
///
/// The first parameter of a query handler:
/// `result<Balance> operator()(const varve::rows<Balances>& balances, const BalanceOf& query) const`.
template <class Projection>
class rows {
public:
    using projection = Projection;

    rows(detail::sqlite_link& link, position as_of) noexcept : link_(&link), as_of_(as_of) {}

    /// The rows hold every event up to here, and none after.
    position as_of() const noexcept { return as_of_; }

    /// The first row, or nothing: `one<std::int64_t>("select cents from t where k = ?1", k)`.
    template <class... T, class... V>
    result<std::optional<detail::row_type<T...>>> one(sql_text<std::type_identity_t<V>...> sql,
                                                      const V&... values) const {
        return link_->one<T...>(sql, values...);
    }

    /// Every row, `most_rows` at most: `all<Balance>("select account, cents from t")`.
    template <class... T, class... V>
    result<std::vector<detail::row_type<T...>>> all(sql_text<std::type_identity_t<V>...> sql,
                                                    const V&... values) const {
        return link_->all<T...>(sql, values...);
    }

private:
    detail::sqlite_link* link_;
    position as_of_;
};

}  // namespace varve::inline v0
