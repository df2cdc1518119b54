// Load, decide and append on a SQLite store with one writer, against the raw append alone.
#include "account.hpp"
#include "paired.hpp"
#include "raw_sqlite.hpp"

#include <varve/command_bus.hpp>
#include <varve/eventstore/sqlite_store.hpp>

#include <string>

namespace {

using bench::need;

void load_decide_append(bench::table& rows, std::uint64_t each,
                        const std::vector<bench::goal>& goals) {
    const std::string work = fmt::format("load + decide + append, {} commands per stream", each);
    if (!rows.wanted(work)) return;
    const bench::scratch_folder folder{rows.chosen().dir};
    auto& env = varve::environment::system();
    auto store = need(varve::sqlite_store::open(folder.file("ours.db")));
    auto bare = need(varve::sqlite_store::open(folder.file("bare.db")));
    bench::raw_sqlite raw{folder.file("raw.db")};
    const varve::bytes record(sizeof(bench::deposited), std::byte{1});
    bench::account_bus<varve::sqlite_store> bus{store, env};
    bench::deposits sent{each}, appended{each};
    const auto rate = [&](auto once) {
        return [&, once] { return bench::rate(rows.chosen().seconds, once); };
    };
    rows.compare(work, bench::unit::per_second,
                 {{"varve: bus.send", rate([&] { need(bus.send(sent.next())); })},
                  {"raw: one row, nothing read", rate([&] { raw.append(record); })},
                  {"varve: the append alone",
                   rate([&] { need(bench::append_deposit(bare, env, appended.next())); })}},
                 goals);
}

}  // namespace

int main(int count, char** words) {
    bench::table rows{"load", bench::parse(count, words)};
    load_decide_append(rows, 20, {bench::at_least(0.9)});
    load_decide_append(rows, 200, {});
    return 0;
}
