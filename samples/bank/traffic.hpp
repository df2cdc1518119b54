// The commands of a load run, each a pure function of seed and number.
//
// A command keeps its number, and so its id, through every restart: what was sent and not answered is
// sent again under the same id, and a command that was stored before the crash is then found, not
// decided anew.
#pragma once

#include "domain.hpp"

#include <varve/ids.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <variant>

namespace bank {

using any_command = std::variant<Open, Deposit, Withdraw>;

struct traffic {
    std::uint64_t seed = 1;
    std::uint64_t accounts = 1000;

    /// Numbers below `accounts` open one account each; the others move money on one of them.
    any_command command(std::uint64_t number) const {
        if (number < accounts)
            return Open{std::to_string(number), "customer " + std::to_string(number)};
        const auto chance = mix(key() ^ mix(number));
        const auto account = std::to_string(chance % accounts);
        const auto amount = static_cast<std::int64_t>(mix(chance) % 15'000 + 1);
        if (std::popcount(chance) % 2 == 0)
            return Deposit{account, std::min<std::int64_t>(amount, 10'000)};
        return Withdraw{account, amount};
    }

    /// Names the command for ever; commands of another seed or number of accounts have other ids.
    varve::append_id id(std::uint64_t number) const {
        varve::append_id id;
        for (std::size_t i = 0; i < 8; ++i) {
            id.raw[i] = static_cast<std::byte>((key() >> (56 - 8 * i)) & 0xff);
            id.raw[8 + i] = static_cast<std::byte>((number >> (56 - 8 * i)) & 0xff);
        }
        return id;
    }

private:
    std::uint64_t key() const { return mix(seed ^ mix(accounts)); }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    static std::uint64_t mix(std::uint64_t value) noexcept {
        value += 0x9e3779b97f4a7c15ull;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
        value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
        return value ^ (value >> 31);
    }
};

inline std::string account_of(const any_command& command) {
    return std::visit([](const auto& each) { return each.account; }, command);
}

/// What the account has more or less once the command is stored.
inline std::int64_t cents_of(const any_command& command) {
    if (const auto* deposit = std::get_if<Deposit>(&command)) return deposit->cents;
    if (const auto* withdraw = std::get_if<Withdraw>(&command)) return -withdraw->cents;
    return 0;
}

}  // namespace bank
