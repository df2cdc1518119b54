// The roof: puts commands, queries, projections and a store together.
//
//     using Bank = varve::app<varve::commands<OpenHandler, WithdrawHandler>,
//                             varve::queries<StatementHandler>, varve::projections<Statements>>;
//     auto store = varve::sqlite_store::open("bank.db").value();
//     auto bank = Bank::open(store, {.read_models = "bank.read"}).value();
//     auto done = bank.send(Withdraw{"7", 2'000});
//     auto now = bank.ask(StatementOf{"7"}, varve::at_least(done->last));
//
// This is the only header that includes wings.
#pragma once

#include <varve/core.hpp>
#include <varve/eventstore/memory_store.hpp>
#include <varve/eventstore/sqlite_store.hpp>
#include <varve/projections/at_least.hpp>
#include <varve/projections/memory_read_model.hpp>
#include <varve/projections/sqlite_read_model.hpp>
#include <varve/projections/worker.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace varve::inline v0 {

/// Where an app keeps what it derives, and what it runs on.
struct app_options {
    /// The folder for the files of SQLite read models, made if it is missing: `<folder>/<name>.db`.
    /// Empty is allowed only for an app without them.
    std::string read_models{};
    std::string vfs{};  ///< A registered SQLite VFS for those files; empty: real files.
    varve::environment* environment = &varve::environment::system();
    worker_options worker{};
    bool start = true;  ///< Run the projections at once, on the environment's executor.
};

namespace detail {

/// Chooses where the rows of a projection live: in SQLite if it has a schema, in memory otherwise.
template <class Projection>
struct read_model_of {
    using type = memory_read_model<Projection>;
    static result<std::unique_ptr<type>> open(const app_options&) {
        return std::make_unique<type>();
    }
};

template <class Projection>
    requires requires { Projection::schema; }
struct read_model_of<Projection> {
    using type = sqlite_read_model<Projection>;
    static result<std::unique_ptr<type>> open(const app_options& options) {
        if (options.read_models.empty())
            return fail(errc::invalid_argument, "projection '" + std::string{Projection::name} +
                                                    "' has tables; name a folder for them in "
                                                    "`app_options::read_models`");
        if (options.vfs.empty()) {
            std::error_code failed;
            std::filesystem::create_directories(options.read_models, failed);
            if (failed)
                return fail(errc::denied, "the folder '" + options.read_models +
                                              "' cannot be made: " + failed.message());
        }
        auto opened = type::open(options.read_models + "/" + std::string{Projection::name} + ".db",
                                 {.vfs = options.vfs});
        if (!opened) return pass_on(std::move(opened));
        return std::make_unique<type>(std::move(*opened));
    }
};

/// A projection with its read model and its worker.
template <class Projection>
struct running_projection {
    using model_type = typename read_model_of<Projection>::type;

    std::unique_ptr<model_type> model;
    std::unique_ptr<projection_worker<store_ref, model_type>> worker;

    result<void> open(store_ref& store, const app_options& options) {
        auto opened = read_model_of<Projection>::open(options);
        if (!opened) return pass_on(std::move(opened));
        model = std::move(*opened);
        worker = std::make_unique<projection_worker<store_ref, model_type>>(
            store, *model, *options.environment, options.worker);
        return options.start ? worker->start() : result<void>{};
    }
};

/// Whether two of these projections have one name, and so would share a file.
template <class... Projection>
consteval bool share_a_name() {
    const std::array<std::string_view, sizeof...(Projection)> names{Projection::name...};
    for (std::size_t i = 0; i < names.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (names[i] == names[j]) return true;
    return false;
}

}  // namespace detail

template <class Commands, class Queries = queries<>, class Projections = projections<>>
class app {
    static_assert(sizeof(Commands) == 0,
                  "varve: an app is app<commands<...>, queries<...>, projections<...>>");
};

/// An app: one command bus, one query bus, and its projections running.
///
/// All functions may be called from any thread. The store outlives the app. Destroying the app stops
/// its projections after the event at hand; they go on from there when it is opened again.
template <class... Command, class... Query, class... Projection>
class app<commands<Command...>, queries<Query...>, projections<Projection...>> {
    static_assert(!detail::share_a_name<Projection...>(),
                  "varve: two projections of this app share a name");

    template <class P>
    using view_of = typename detail::running_projection<P>::model_type::view;
    using answers = query_answers<queries<Query...>, view_of<Projection>...>;
    using views = detail::type_list<view_of<Projection>...>;

public:
    /// Opens the read models and starts the projections. Errors: those of the read models.
    static result<app> open(store_ref store, app_options options = {}) {
        app opened{std::make_unique<parts>(std::move(store), std::move(options))};
        result<void> outcome;
        (opened.open_next<Projection>(outcome), ...);
        if (!outcome) return pass_on(std::move(outcome));
        return opened;
    }

    /// Loads, decides, appends; see `command_bus::send`. A rejection and a conflict are values.
    template <class C>
    result<receipt> send(const C& command, const send_options& options = {}) {
        return parts_->bus.send(command, options);
    }

    /// Answers from the read models as they are now. Errors: the handler's own; `io`.
    template <class Q>
    auto ask(const Q& query) const {
        static_assert(answers::template accepts<Q>,
                      "varve: no handler on this bus answers this query");
        if constexpr (answers::template accepts<Q>)
            return look(query, typename answers::template read_models_of<Q>{});
        else
            return result<void>{};
    }

    /// Answers once every read model that the query looks at has come that far: read your own write.
    /// Errors: also `timeout`, and why a projection stopped.
    template <class Q>
    auto ask(const Q& query, at_least wanted) -> decltype(ask(query)) {
        using list = typename answers::template read_models_of<Q>;
        if (auto reached = wait_for(list{}, wanted); !reached)
            return std::unexpected(std::move(reached).error());
        return ask(query);
    }

    /// The worker of a projection: its status, `wait`, `rebuild`, `stop`, `start`.
    template <class P>
    auto& worker() {
        return *running<P>().worker;
    }
    /// The read model of a projection.
    template <class P>
    auto& read_model() {
        return *running<P>().model;
    }

    store_ref& store() noexcept { return parts_->store; }

private:
    struct parts {
        parts(store_ref given, app_options chosen)
            : store(std::move(given)),
              options(std::move(chosen)),
              bus(store, *options.environment) {}

        store_ref store;
        app_options options;
        command_bus<store_ref, commands<Command...>> bus;
        answers queries_here;
        std::tuple<detail::running_projection<Projection>...> running;
    };

    explicit app(std::unique_ptr<parts> built) : parts_(std::move(built)) {}

    template <class P>
    auto& running() const {
        return std::get<detail::running_projection<P>>(parts_->running);
    }

    template <class P>
    void open_next(result<void>& outcome) {
        if (outcome) outcome = running<P>().open(parts_->store, parts_->options);
    }

    /// The projection whose read model shows itself as `View`.
    template <class View>
    auto& showing() const {
        return std::get<detail::place_in<View, views>>(parts_->running);
    }

    template <class... Wanted>
    result<void> wait_for(detail::type_list<Wanted...>, at_least wanted) {
        result<void> outcome;
        const auto wait = [&](auto& projection) {
            if (!outcome) return;
            auto reached = projection.worker->wait(wanted.reached, wanted.timeout);
            if (!reached) outcome = std::unexpected(std::move(reached).error());
        };
        (wait(showing<Wanted>()), ...);
        return outcome;
    }

    /// Opens the wanted views one inside the other, then asks the handler.
    template <class Q, class... Open>
    auto look(const Q& query, detail::type_list<>, const Open&... views_open) const {
        return parts_->queries_here.answer(query, views_open...);
    }
    template <class Q, class Next, class... Rest, class... Open>
    auto look(const Q& query, detail::type_list<Next, Rest...>, const Open&... views_open) const ->
        typename answers::template answer_to<Q> {
        return showing<Next>().model->read([&](const Next& next) {
            return look(query, detail::type_list<Rest...>{}, views_open..., next);
        });
    }

    std::unique_ptr<parts> parts_;
};

}  // namespace varve::inline v0
