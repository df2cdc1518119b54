// A small domain for the benchmarks, and the same work written by hand.
//
// Events of 256 bytes. An account is used for so many commands and then left for the next one, so that
// a load reads half as many events on average.
#pragma once

#include "paired.hpp"

#include <varve/command_bus.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bench {

struct deposited {
    static constexpr std::string_view wire_name = "deposited";
    std::int64_t cents;
    std::array<char, 248> memo;
};

struct account {
    static constexpr std::string_view category = "account";
    using events = varve::events<deposited>;
    std::int64_t cents = 0;
    void evolve(const deposited& event) noexcept { cents += event.cents; }
};

struct deposit {
    std::uint64_t account;
    std::int64_t cents;
};

struct deposit_handler {
    static std::uint64_t key(const deposit& command) { return command.account; }
    varve::decision<account> operator()(const account& now, const deposit& command) const {
        if (now.cents + command.cents < 0) return varve::reject("insufficient funds");
        return deposited{command.cents, {}};
    }
};

template <class Store>
using account_bus = varve::command_bus<Store, varve::commands<deposit_handler>>;

/// Deposits into one account after the other, `each` times.
class deposits {
public:
    explicit deposits(std::uint64_t each) : each_(each) {}
    deposit next() { return {++count_ / each_, 1}; }

private:
    std::uint64_t each_;
    std::uint64_t count_ = 0;
};

/// `account-<number>`, on the stack.
class account_name {
public:
    explicit account_name(std::uint64_t number) {
        std::memcpy(text_.data(), "account-", 8);
        end_ = std::to_chars(text_.data() + 8, text_.data() + text_.size(), number).ptr;
    }
    std::string_view view() const {
        return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
    }

private:
    std::array<char, 32> text_;
    char* end_;
};

/// Load, decide, append, without the bus.
template <class Store>
varve::result<varve::receipt> deposit_by_hand(Store& store, varve::environment& env,
                                              const deposit& command) {
    const account_name name{command.account};
    std::int64_t cents = 0;
    bool strange = false;
    const auto end = store.scan_stream(name.view(), {}, [&](const varve::recorded_event& event) {
        strange = strange || event.type != "deposited" || event.payload.size() != sizeof(deposited);
        if (!strange) cents += varve::detail::load<std::int64_t>(event.payload.data());
        return !strange;
    });
    if (!end) return std::unexpected(end.error());
    if (strange) return varve::fail(varve::errc::undecodable, "not a deposit");
    if (end->more) return varve::fail(varve::errc::too_large, "the stream has more than one page");
    if (cents + command.cents < 0) return varve::fail(varve::errc::rejected, "insufficient funds");
    const deposited done{command.cents, {}};
    const varve::new_event event{
        .stream = name.view(), .type = "deposited", .payload = std::as_bytes(std::span{&done, 1})};
    const varve::stream_check unmoved{name.view(), varve::expect::at(end->newest)};
    return store.append(
        {.id = env.ids().next<varve::append_id>(), .events = {&event, 1}, .checks = {&unmoved, 1}});
}

/// The append alone, of the same bytes to the same stream.
template <class Store>
varve::result<varve::receipt> append_deposit(Store& store, varve::environment& env,
                                             const deposit& command) {
    const account_name name{command.account};
    const deposited done{command.cents, {}};
    const varve::new_event event{
        .stream = name.view(), .type = "deposited", .payload = std::as_bytes(std::span{&done, 1})};
    return store.append({.id = env.ids().next<varve::append_id>(), .events = {&event, 1}});
}

}  // namespace bench
