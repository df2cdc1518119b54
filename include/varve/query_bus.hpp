// Asks the one handler that answers a query, with the read models it wants.
//
//     struct BalanceHandler {
//         varve::result<std::int64_t> operator()(const Balances&, const BalanceOf&) const;
//     };
//     varve::query_bus<varve::queries<BalanceHandler>, Balances> bus{balances};
//     auto cents = bus.ask(BalanceOf{"7"});   // result<std::int64_t>
//
// A handler takes any number of read models, found by their types among those of the bus, and last
// the query. The bus keeps references: the read models outlive it.
#pragma once

#include <varve/failure.hpp>
#include <varve/handlers.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace varve::inline v0 {

namespace detail {

/// The last type of a list, and the list without it.
template <class Front, class List>
struct split_last;
template <class... Front, class Last>
struct split_last<type_list<Front...>, type_list<Last>> {
    using front = type_list<Front...>;
    using last = Last;
};
template <class... Front, class Next, class After, class... Rest>
struct split_last<type_list<Front...>, type_list<Next, After, Rest...>>
    : split_last<type_list<Front..., Next>, type_list<After, Rest...>> {};

template <class Signature>
inline constexpr bool answers = false;
template <class Signature>
    requires(Signature::known && Signature::parameters::size != 0)
inline constexpr bool answers<Signature> = !std::is_void_v<typename Signature::result_type>;

/// A query handler taken apart. Forming it checks.
template <class H>
struct query_handler {
    using signature = call_signature<H>;
    static_assert(
        answers<signature>,
        "varve: a query handler has one `auto operator()(const ReadModel&..., const Query&) "
        "const` that returns something");
    using split = split_last<type_list<>, typename signature::parameters>;
    using query = typename split::last;
    using read_models = typename split::front;
    using result_type = as_result<std::remove_cvref_t<typename signature::result_type>>;
};

template <class Wanted, class Offered>
inline constexpr bool offers = false;
template <class... Wanted, class Offered>
inline constexpr bool offers<type_list<Wanted...>, Offered> = all_true(
    {true, listed_once<Wanted, Offered>...});

}  // namespace detail

template <class Handlers, class... ReadModel>
class query_answers;

/// Query handlers, checked against the read models that there are; each call brings those it needs.
template <class... H, class... ReadModel>
class query_answers<queries<H...>, ReadModel...> {
    using handlers = detail::type_list<H...>;
    using asked = detail::type_list<typename detail::query_handler<H>::query...>;
    using models = detail::type_list<ReadModel...>;

    static_assert(
        detail::all_true({true,
                          detail::listed_once<typename detail::query_handler<H>::query, asked>...}),
        "varve: two handlers on this bus answer this query");
    static_assert(detail::all_true({true, detail::listed_once<ReadModel, models>...}),
                  "varve: this query bus was given two read models of one type");
    static_assert(detail::all_true(
                      {true,
                       detail::offers<typename detail::query_handler<H>::read_models, models>...}),
                  "varve: this query handler wants a read model that this bus does not have");

    template <class Query>
    struct found {
        static_assert(detail::listed_once<Query, asked>,
                      "varve: no handler on this bus answers this query");
        static constexpr std::size_t place = detail::place_in<Query, asked>;
        using handler = detail::query_handler<detail::type_at<place, handlers>>;
    };

public:
    query_answers() = default;
    explicit query_answers(queries<H...>, H... with) : handlers_{{{std::move(with)}...}} {}

    /// True if one handler answers this query.
    template <class Query>
    static constexpr bool accepts = detail::listed_once<Query, asked>;

    /// The types of the read models that the query's handler wants, as a list of types.
    template <class Query>
    using read_models_of = typename found<Query>::handler::read_models;

    /// What the handler of the query answers with.
    template <class Query>
    using answer_to = typename found<Query>::handler::result_type;

    /// The handler's answer, as a result, from the read models it wants, in its order.
    template <class Query, class... Wanted>
    answer_to<Query> answer(const Query& query, const Wanted&... wanted) const {
        return handlers_.template at<found<Query>::place>()(wanted..., query);
    }

private:
    detail::values_of<handlers> handlers_;
};

template <class Handlers, class... ReadModel>
class query_bus;

/// A query bus over some read models.
template <class... H, class... ReadModel>
class query_bus<queries<H...>, ReadModel...> : public query_answers<queries<H...>, ReadModel...> {
    using answers = query_answers<queries<H...>, ReadModel...>;
    using models = detail::type_list<ReadModel...>;

public:
    explicit query_bus(ReadModel&... each) : models_{{{&each}...}} {}
    query_bus(queries<H...> list, H... with, ReadModel&... each)
        : answers(list, std::move(with)...), models_{{{&each}...}} {}

    /// The handler's answer, as a result. A direct call; errors are the handler's own.
    template <class Query>
    auto ask(const Query& query) const {
        static_assert(answers::template accepts<Query>,
                      "varve: no handler on this bus answers this query");
        if constexpr (answers::template accepts<Query>)
            return call(query, typename answers::template read_models_of<Query>{});
        else
            return result<void>{};
    }

private:
    template <class Query, class... Wanted>
    auto call(const Query& query, detail::type_list<Wanted...>) const {
        return this->answer(query, *models_.template at<detail::place_in<Wanted, models>>()...);
    }

    detail::values_of<detail::type_list<ReadModel*...>> models_;
};

}  // namespace varve::inline v0
