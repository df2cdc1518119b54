// What is read off a command handler's type: the command, the aggregate, the stream.
//
//     struct WithdrawHandler {
//         static auto key(const Withdraw& command) { return command.account; }
//         varve::decision<Account> operator()(const Account&, const Withdraw&) const;
//     };
#pragma once

#include <varve/assert.hpp>
#include <varve/decision.hpp>
#include <varve/dispatch.hpp>
#include <varve/failure.hpp>
#include <varve/limits.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace varve::inline v0 {

/// A list of command handlers.
template <class... Handler>
struct commands {};

/// A list of query handlers.
template <class... Handler>
struct queries {};

/// A list of projections.
template <class... Projection>
struct projections {};

/// A list of sagas.
template <class... Saga>
struct sagas {};

namespace detail {

/// Result and parameters of a call operator that is `const` and stands alone.
template <class F>
struct signature {
    static constexpr bool known = false;
};
template <class H, class R, class... A>
struct signature<R (H::*)(A...) const> {
    static constexpr bool known = true;
    using result_type = R;
    using parameters = type_list<std::remove_cvref_t<A>...>;
};
template <class H, class R, class... A>
struct signature<R (H::*)(A...) const noexcept> : signature<R (H::*)(A...) const> {};

template <class H>
struct call_signature {
    static constexpr bool known = false;
};
template <class H>
    requires requires { &H::operator(); }
struct call_signature<H> : signature<decltype(&H::operator())> {};

template <class R>
inline constexpr bool is_decision = false;
template <class State>
inline constexpr bool is_decision<decision<State>> = true;

template <class Signature>
inline constexpr bool decides = false;
template <class Signature>
    requires(Signature::known && Signature::parameters::size == 2)
inline constexpr bool decides<Signature> =
    is_decision<typename Signature::result_type> &&
    std::same_as<typename Signature::result_type,
                 decision<type_at<0, typename Signature::parameters>>>;

template <class Key>
concept usable_key = std::convertible_to<const Key&, std::string_view> ||
                     (std::integral<Key> && !std::same_as<Key, bool>);

template <class H, class Command>
concept has_key = requires(const Command& command) { H::key(command); };

/// A command handler taken apart. Forming it checks.
template <class H>
struct command_handler {
    using signature = call_signature<H>;
    static_assert(
        decides<signature>,
        "varve: a command handler has one `varve::decision<State> operator()(const State&, "
        "const Command&) const`");
    using state = type_at<0, typename signature::parameters>;
    using command = type_at<1, typename signature::parameters>;

    static_assert(
        has_key<H, command>,
        "varve: this command handler has no `key`; give it `static auto key(const Command&)`");
    static_assert(usable_key<std::remove_cvref_t<decltype(H::key(std::declval<const command&>()))>>,
                  "varve: the key of a command is text or an integer");
};

/// The name of a stream, built in place: dispatching a command does not allocate.
class stream_name {
public:
    template <class Key>
    static result<stream_name> make(std::string_view category, const Key& key) {
        if constexpr (std::integral<Key>) {
            std::array<char, 24> digits;
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), key).ptr;
            return join(category, {digits.data(), static_cast<std::size_t>(end - digits.data())});
        } else {
            return join(category, key);
        }
    }

    std::string_view view() const noexcept { return {text_.data(), size_}; }

private:
    static result<stream_name> join(std::string_view category, std::string_view key) {
        if (key.empty())
            return fail(errc::invalid_argument,
                        "the key of a command is empty; it names a stream '" +
                            std::string{category} + "-<key>'");
        const auto size = category.size() + 1 + key.size();
        if (size > limits::stream_name)
            return fail(errc::too_large, "the stream of category '" + std::string{category} +
                                             "' would have a name of " + std::to_string(size) +
                                             " bytes, the limit is " +
                                             std::to_string(limits::stream_name));
        stream_name name;
        std::memcpy(name.text_.data(), category.data(), category.size());
        name.text_[category.size()] = '-';
        std::memcpy(name.text_.data() + category.size() + 1, key.data(), key.size());
        name.size_ = size;
        return name;
    }

    std::array<char, limits::stream_name> text_;
    std::size_t size_ = 0;
};

template <class... State>
joined<typename checked_aggregate<State>::event_types...> events_of(type_list<State...>);

/// A list of handlers taken apart, found by command.
template <class List>
struct command_table;

template <class... H>
struct command_table<type_list<H...>> {
    using handlers = type_list<H...>;
    using commands = type_list<typename command_handler<H>::command...>;

    using states = distinct<type_list<typename command_handler<H>::state...>>;
    using events = decltype(events_of(states{}));

    static constexpr bool unique = all_true(
        {true, listed_once<typename command_handler<H>::command, commands>...});
    static_assert(unique, "varve: two handlers on this bus accept this command");

    template <class Command>
    static constexpr bool accepts = listed_once<Command, commands>;
    template <class Command>
    static constexpr std::size_t place = place_in<Command, commands>;
    template <class Command>
    using handler_of = type_at<place<Command>, handlers>;
};

}  // namespace detail
}  // namespace varve::inline v0
