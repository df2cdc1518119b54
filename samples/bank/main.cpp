// The bank on the command line; `bank --help` says how.

#include "teller.hpp"
#include "trial.hpp"

#include <cstdio>
#include <string>

namespace {

constexpr const char* help = R"(usage: bank COMMAND [--store FILE] [--read-models FOLDER]

  open ACCOUNT OWNER        opens an account
  deposit ACCOUNT CENTS     puts money on it
  withdraw ACCOUNT CENTS    takes money off it, if there is enough
  statement ACCOUNT         its owner, its balance, and its last ten movements
  run    [--commands 1000] [--threads 8] [--accounts 100] [--seed 1] [--acks FILE]
                            sends so many commands from several threads; run again, it goes on
  check  [--acks FILE]      proves the log, and that nothing that was acknowledged is lost

The store is bank.db, its read models lie in bank.read, the acknowledgements in bank.acks, unless you
say otherwise. Exit codes: 0 good, 1 rejected or a fault found, 2 usage, 3 not found, 5 corrupt, 6 busy.
)";

int act(varve::sqlite_store& store, bank::Bank& bank, const std::vector<std::string>& words,
        const bank::trial& asked) {
    if (words[0] == "run") return bank::run_trial(store, bank, asked);
    if (words[0] == "check") return bank::check_trial(store, bank, asked.ack_file);
    return bank::serve(bank, store.head(), words);
}

bool is_known(const std::vector<std::string>& words) {
    if (words[0] == "run" || words[0] == "check") return words.size() == 1;
    return words.size() == bank::teller_words(words[0]);
}

}  // namespace

int main(int argc, char** argv) {
    samples::arguments line{argc, argv};
    const auto& words = line.words();
    if (line.asks_for_help()) return std::fputs(help, stdout) < 0;
    if (words.empty()) return bank::misused("say what to do");
    if (!is_known(words))
        return bank::misused("'" + words[0] + "' is no command, or has other arguments");

    const auto file = line.text("store", "bank.db");
    const auto folder = line.text("read-models", "bank.read");
    const bank::trial asked{.what = {.seed = line.number("seed", 1, 0, UINT64_MAX),
                                     .accounts = line.number("accounts", 100, 1, 1'000'000)},
                            .commands = line.number("commands", 1000, 1, 1'000'000'000),
                            .threads = static_cast<unsigned>(line.number("threads", 8, 1, 1024)),
                            .ack_file = line.text("acks", "bank.acks")};
    if (const auto fault = line.fault(); !fault.empty()) return bank::misused(fault);

    const bool looks = words[0] == "check" ||
                       words[0] == "statement";  // what looks, creates nothing
    auto store = varve::sqlite_store::open(file, {.create = !looks});
    if (!store) return bank::say(store.error());
    auto bank = bank::Bank::open(*store, {.read_models = folder});
    if (!bank) return bank::say(bank.error());
    return act(*store, *bank, words, asked);
}
