// Given, when, then: a test of a decision, without a store, in any test framework.
//
//     varve::given<Account>(Opened{}, Deposited{500})
//         .when(Withdraw{"7", 600})
//         .rejected("insufficient funds");
//     varve::given<Account>(Opened{}).when<DepositHandler>(Deposit{"7", 5}).then(Deposited{5});
//
// `when(command)` takes its handler from `using handler = ...;` in the command, or from
// `using commands = varve::commands<...>;` in the aggregate (handlers may be declared later); else
// it is named, by `.when<Handler>(command)` or `.with(varve::commands<...>{}).when(command)`. What
// does not come as expected throws `scenario_failed`, which says what came; without exceptions it
// ends the process with the same words.
#pragma once

#include <varve/assert.hpp>
#include <varve/handlers.hpp>
#include <varve/print.hpp>

#include <exception>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// A scenario did not end as it was said to. `what()` shows both.
class scenario_failed : public std::exception {
public:
    explicit scenario_failed(std::string message) : message_(std::move(message)) {}
    const char* what() const noexcept override { return message_.c_str(); }

private:
    std::string message_;
};

/// What a command came to in a scenario.
template <class State>
class outcome {
public:
    explicit outcome(decision<State> decided) : decided_(std::move(decided)) {}

    /// Exactly these events, in this order, with the tags given to them by hand (`tagged`).
    template <class... Event>
    void then(const Event&... expected) const {
        std::vector<one> wanted;
        (wanted.push_back(look(expected)), ...);
        const auto got = events();
        bool same = !decided_.is_rejected() && wanted.size() == got.size();
        for (std::size_t i = 0; same && i < got.size(); ++i) same = wanted[i].same_as(got[i]);
        if (!same) differ(lines(wanted));
    }

    /// A refusal with this reason, or with this code.
    void rejected(std::string_view expected) const {
        const auto* refusal = decided_.refusal();
        if (refusal != nullptr && (refusal->reason == expected || refusal->code == expected))
            return;
        differ("  rejected: " + std::string{expected} + "\n");
    }

    /// A refusal, whatever its reason.
    void rejected() const {
        if (!decided_.is_rejected()) differ("  rejected\n");
    }

    /// No event and no refusal.
    void nothing() const {
        if (decided_.is_rejected() || !decided_.empty()) differ("  nothing\n");
    }

    /// The decision itself, for what the words above do not say.
    const decision<State>& decided() const noexcept { return decided_; }

private:
    struct one {
        std::string_view type;
        bytes payload;
        std::string text;
        std::vector<std::string> tags{};
        bool same_as(const one& other) const {
            return type == other.type && payload == other.payload && tags == other.tags;
        }
    };

    template <class Event>
    static one look(const Event& event) {
        static_assert(detail::listed_once<Event, typename decision<State>::event_types>,
                      "varve: this is not one of the aggregate's `events`");
        return {wire_name<Event>, encode(event), to_text(event)};
    }
    template <class Event>
    static one look(const tagged_event<Event>& event) {
        return with_tags(look(event.event), event.tags);
    }

    static one with_tags(one seen, std::span<const std::string> tags) {
        seen.tags.assign(tags.begin(), tags.end());
        for (const auto& tag : tags) seen.text += " #" + tag;
        return seen;
    }

    std::vector<one> events() const {
        std::vector<one> all;
        decided_.each([&](const auto& event) {
            all.push_back(with_tags(look(event), decided_.tags_of(all.size())));
        });
        return all;
    }

    static std::string lines(const std::vector<one>& all) {
        std::string text;
        for (const auto& each : all) text += "  " + each.text + "\n";
        return text.empty() ? "  nothing\n" : text;
    }

    [[noreturn]] void differ(const std::string& expected) const {
        const auto* refusal = decided_.refusal();
        const auto came = refusal != nullptr ? "  rejected: " + refusal->message() + "\n"
                                             : lines(events());
        const auto message = "expected:\n" + expected + "actual:\n" + came;
#if defined(__cpp_exceptions)
        throw scenario_failed(message);
#else
        detail::broken(message.c_str(), std::source_location::current());
#endif
    }

    decision<State> decided_;
};

/// A state that events have led to, and the handlers its commands are looked up in.
template <class State, class Handlers>
class scenario {
public:
    explicit scenario(State state) : state_(std::move(state)) {}

    /// Commands are looked up in this list.
    template <class... H>
    scenario<State, commands<H...>> with(commands<H...>) const {
        return scenario<State, commands<H...>>{state_};
    }

    /// The command is decided, by the named handler or by the one that is found.
    template <class Handler = void, class Command>
    outcome<State> when(const Command& command) const {
        using chosen = typename decltype(find<Handler, Command>())::type;
        if constexpr (!std::is_void_v<chosen>) {
            static_assert(std::same_as<typename detail::command_handler<chosen>::state, State>,
                          "varve: the handler of this command decides over another aggregate");
            return outcome<State>{chosen{}(state_, command)};
        } else {
            return outcome<State>{{}};
        }
    }

    /// The state that the events led to.
    const State& state() const noexcept { return state_; }

private:
    template <class Handler, class Command>
    static consteval auto find() {
        if constexpr (!std::is_void_v<Handler>)
            return std::type_identity<Handler>{};
        else if constexpr (!std::is_void_v<Handlers>)
            return look_up<Handlers, Command>();
        else if constexpr (requires { typename Command::handler; })
            return std::type_identity<typename Command::handler>{};
        else if constexpr (requires { typename State::commands; })
            return look_up<typename State::commands, Command>();
        else
            return look_up<commands<>, Command>();
    }

    template <class List, class Command>
    static consteval auto look_up() {
        using table = detail::command_table<detail::as_type_list<List>>;
        static_assert(table::template accepts<Command>,
                      "varve: no handler is known for this command; name it as in "
                      "`.when<Handler>(command)`, or list it in the aggregate's `commands`");
        if constexpr (table::template accepts<Command>)
            return std::type_identity<typename table::template handler_of<Command>>{};
        else
            return std::type_identity<void>{};
    }

    State state_;
};

/// The state after these events, from nothing.
template <class State, class... Event>
scenario<State, void> given(const Event&... event) {
    using types = typename detail::checked_aggregate<State>::event_types;
    static_assert(detail::all_true({true, detail::listed_once<Event, types>...}),
                  "varve: this is not one of the aggregate's `events`");
    State state{};
    (state.evolve(event), ...);
    return scenario<State, void>{std::move(state)};
}

}  // namespace varve::inline v0
