// A read model in a SQLite file of its own, readable with plain SQL.
//
//     auto model = varve::sqlite_read_model<Balances>::open("balances.db").value();
//     model.read([](const varve::rows<Balances>& balances) {
//         return balances.one<std::int64_t>("select cents from balances where account = ?1", "7");
//     });
//
// Its file, and what happens to one that is older, newer or somebody else's, is described in
// projections/README.md; the shape of a projection in projection.hpp.
#pragma once

#include <varve/failure.hpp>
#include <varve/projections/projection.hpp>
#include <varve/projections/read_model.hpp>
#include <varve/projections/read_model_file.hpp>
#include <varve/projections/reader_pool.hpp>
#include <varve/projections/rows.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace varve::inline v0 {

/// A projection with tables: `static constexpr std::string_view schema = "create table ... strict"`.
template <class P>
concept sqlite_projection = projection<P> && requires {
    { P::schema } -> std::convertible_to<std::string_view>;
};

/// Holds the tables of `P`. `read` may be called from any thread; the rest is one worker's.
template <sqlite_projection P>
class sqlite_read_model {
public:
    using projection = P;
    using view = rows<P>;

    /// Opens or creates the file; its tables are made when a worker attaches. Errors: `busy` (another
    /// worker has it), `foreign` (a database of somebody else's), `not_found` (no such folder),
    /// `denied`, `io`, `invalid_argument` for options out of bounds.
    static result<sqlite_read_model> open(std::string path,
                                          sqlite_read_model_options options = {}) {
        if (options.readers < 1)
            return fail(errc::invalid_argument, "a read model needs at least one reader");
        sqlite_read_model model{std::move(path), std::move(options)};
        if (auto opened = model.parts_->file.open(); !opened)
            return std::unexpected(std::move(opened).error());
        return model;
    }

    /// Calls `query(const rows<P>&)` and gives what it gives, as a `result` if it is none. All that
    /// the query reads is as of one position; it never waits for the worker. Keep it short: an open
    /// query keeps the file's log from being reused. Errors: its own, `io`.
    template <class Query>
    auto read(Query&& query) const {
        using answer = std::invoke_result_t<Query, const rows<P>&>;
        using answered = detail::as_result<answer>;
        auto lease = parts_->readers.borrow();
        if (!lease) return answered{std::unexpected(std::move(lease).error())};
        const rows<P> now{lease->link(), lease->as_of()};
        if constexpr (std::is_void_v<answer>) {
            std::invoke(std::forward<Query>(query), now);
            return answered{};
        } else {
            return answered{std::invoke(std::forward<Query>(query), now)};
        }
    }

    const std::string& path() const noexcept { return parts_->file.path(); }

    // ---- for the worker ----

    result<position> attach(const store_identity& store, position head) {
        auto& file = parts_->file;
        if (auto opened = file.open(); !opened) return std::unexpected(std::move(opened).error());
        const auto stored = file.load();
        if (!stored) return std::unexpected(stored.error());
        const auto start = detail::judge_mark(*stored, wanted(store), head);
        if (!start) return std::unexpected(start.error());
        if (*start == detail::read_model_start::go_on) return (*stored)->reached;
        if (auto made = file.make_anew(wanted(store)); !made)
            return std::unexpected(std::move(made).error());
        return position{};
    }

    result<void> begin() { return parts_->file.begin(); }

    result<void> apply(const recorded_event& event) {
        row_writer writer{parts_->file.link()};
        auto folded = detail::folding<P, row_writer>::apply(parts_->projection, event, writer);
        if (writer.failed()) return std::unexpected(*writer.failed());
        return folded;
    }

    result<void> commit(position reached) { return parts_->file.commit(reached); }
    result<position> rollback() { return parts_->file.rollback(); }

    result<void> clear(const store_identity& store) {
        auto& file = parts_->file;
        if (auto opened = file.open(); !opened) return opened;
        const auto stored = file.load();
        if (!stored) return std::unexpected(stored.error());
        if (*stored)
            if (auto owner = detail::check_owner(**stored, wanted(store)); !owner) return owner;
        return file.make_anew(wanted(store));
    }

private:
    struct parts {
        parts(std::string path, const sqlite_read_model_options& options)
            : file(path, options), readers(std::move(path), options) {}
        detail::read_model_file file;
        detail::reader_pool readers;  // ends first, so that the writer can clear the log away
        P projection{};
    };

    sqlite_read_model(std::string path, sqlite_read_model_options options)
        : parts_(std::make_unique<parts>(std::move(path), options)) {}

    static detail::read_model_mark wanted(const store_identity& store) {
        return {.projection = std::string{P::name},
                .version = P::version,
                .layout = std::string{P::schema},
                .store = store,
                .reached = {}};
    }

    std::unique_ptr<parts> parts_;
};

}  // namespace varve::inline v0
