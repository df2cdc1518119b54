// What one person asks of the bank: open, deposit, withdraw, statement.
#pragma once

#include "say.hpp"
#include "statement.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace bank {

template <class Command>
int send(Bank& bank, const Command& command) {
    const auto done = bank.send(command);
    if (!done) return say(done.error());
    const auto now = bank.ask(StatementOf{command.account},
                              varve::at_least{done->last});  // its own write
    if (!now) return say(now.error());
    std::printf("stored at position %s; account %s holds %s\n", to_string(done->last).c_str(),
                command.account.c_str(), money(now->cents).c_str());
    return samples::good;
}

template <class Command>
int move_money(Bank& bank, const std::string& account, const std::string& cents) {
    Command command{account, 0};
    const auto [end, error] = std::from_chars(cents.data(), cents.data() + cents.size(),
                                              command.cents);
    if (error != std::errc{} || end != cents.data() + cents.size())
        return misused("CENTS is a whole number, not '" + cents + "'");
    return send(bank, command);
}

inline int print_statement(Bank& bank, varve::position head, const std::string& account) {
    const auto now = bank.ask(StatementOf{account}, varve::at_least{head});
    if (!now) return say(now.error());
    std::printf("account %s of %s: %s\n", account.c_str(), now->owner.c_str(),
                money(now->cents).c_str());
    for (const auto cents : now->lines) std::printf("%16s\n", money(cents).c_str());
    return samples::good;
}

/// How many words each of these takes, its own included; 0 for another word.
inline std::size_t teller_words(std::string_view command) noexcept {
    if (command == "statement") return 2;
    return command == "open" || command == "deposit" || command == "withdraw" ? 3 : 0;
}

inline int serve(Bank& bank, varve::position head, const std::vector<std::string>& words) {
    if (words[0] == "open") return send(bank, Open{words[1], words[2]});
    if (words[0] == "deposit") return move_money<Deposit>(bank, words[1], words[2]);
    if (words[0] == "withdraw") return move_money<Withdraw>(bank, words[1], words[2]);
    return print_statement(bank, head, words[1]);
}

}  // namespace bank
