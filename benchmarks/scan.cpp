// Scans of the log, and opening a store, against a scan written by hand over the same engine.
#include "events.hpp"
#include "packed_by_hand.hpp"
#include "paired.hpp"
#include "raw_sqlite.hpp"

#include <varve/eventstore/memory_store.hpp>
#include <varve/eventstore/sqlite_store.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace {

using bench::folded;
using bench::need;
using bench::unit;

/// Appends `events` events in batches, each batch a record of its own.
template <class Store>
void fill(Store& store, std::size_t events, std::size_t batch) {
    bench::appends source{batch};
    for (std::size_t done = 0; done < events; done += batch) need(store.append(source.next()));
}

/// Filling need not be durable, and so takes seconds instead of minutes.
void fill_file(const std::string& path, std::size_t events, std::size_t batch) {
    auto store = need(varve::sqlite_store::open(
        path, {.durability = varve::sqlite_durability::may_lose_acknowledged_events}));
    fill(store, events, batch);
}

varve::bytes packed_record(std::size_t batch) {
    const bench::appends source{batch};
    varve::bytes record;
    for (std::size_t i = 0; i < batch; ++i) bench::pack(record, source.payload());
    return record;
}

void fill_packed(const std::string& path, std::size_t events, std::size_t batch) {
    bench::raw_sqlite raw{path, false};
    const auto record = packed_record(batch);
    raw.begin();
    for (std::size_t done = 0; done < events; done += batch) raw.insert(record);
    raw.commit();
}

/// Events per second of `scan(folded)`, which must meet `expected` of them.
template <class Scan>
double events_rate(std::size_t expected, Scan&& scan) {
    folded into;
    const auto begin = bench::clock::now();
    scan(into);
    const double past = bench::seconds_since(begin);
    if (into.events != expected) bench::give_up("a scan met another number of events");
    bench::keep(into.sum);
    return static_cast<double>(expected) / past;
}

/// In pages of at most `page` events.
template <class Store>
void scan_store(Store& store, folded& into, std::uint32_t page) {
    const varve::event_visitor visit = [&](const varve::recorded_event& event) {
        into.take(event.payload);
        return true;
    };
    varve::log_range range{.limit = page, .max_bytes = std::numeric_limits<std::size_t>::max()};
    for (;;) {
        const auto end = need(store.scan_log(range, visit));
        if (!end.more) return;
        range.after = end.last;
    }
}

constexpr std::uint32_t all = std::numeric_limits<std::uint32_t>::max();

void sqlite_tail(bench::table& rows, std::size_t events, std::size_t batch) {
    const std::string work = fmt::format("scan, SQLite, batches of {}", batch);
    if (!rows.wanted(work)) return;
    const bench::scratch_folder folder{rows.chosen().dir};
    events -= events % batch;
    fill_file(folder.file("ours.db"), events, batch);
    fill_packed(folder.file("packed.db"), events, batch);
    auto store = need(varve::sqlite_store::open(folder.file("ours.db")));
    bench::raw_scan packed{folder.file("packed.db")}, own{folder.file("ours.db"), "varve_tail"};
    const auto rate = [events](auto scan) { return [=] { return events_rate(events, scan); }; };
    rows.compare(
        work, unit::events_per_second,
        {{"varve", rate([&](folded& into) { scan_store(store, into, all); })},
         {"raw: packed payloads + XXH3", rate([&](folded& into) {
              packed.each([&](varve::bytes_view record) { bench::fold_packed(record, into); });
          })},
         {"raw: the store's own bytes + XXH3", rate([&](folded& into) {
              own.each([&](varve::bytes_view record) { bench::fold_record(record, into); });
          })}},
        {bench::at_least(0.9), bench::at_least(0.9)});
    if (batch != 10) return;
    rows.compare(
        fmt::format("scan, SQLite, batches of {}, pages of 1,024", batch), unit::events_per_second,
        {{"varve", rate([&](folded& into) { scan_store(store, into, 1024); })},
         {"varve in one page", rate([&](folded& into) { scan_store(store, into, all); })}});
}

void memory_tail(bench::table& rows, std::size_t events, std::size_t batch) {
    const std::string work = fmt::format("scan, memory, batches of {}", batch);
    if (!rows.wanted(work)) return;
    events -= events % batch;
    auto store = need(varve::memory_store::open());
    fill(store, events, batch);
    std::map<std::uint64_t, varve::bytes> packed;
    for (std::size_t done = 0; done < events; done += batch)
        packed.emplace(done, packed_record(batch));
    rows.compare(
        work, unit::events_per_second,
        {{"varve",
          [&] { return events_rate(events, [&](folded& into) { scan_store(store, into, all); }); }},
         {"raw: std::map of packed payloads + XXH3",
          [&] {
              return events_rate(events, [&](folded& into) {
                  for (const auto& entry : packed) bench::fold_packed(entry.second, into);
              });
          }}},
        {bench::at_least(0.9)});
}

void open_store(const bench::table& rows, std::size_t events, const std::string& shown) {
    const std::string work = "open, SQLite, " + shown + " events in batches of 100";
    if (!rows.wanted(work)) return;
    const bench::scratch_folder folder{rows.chosen().dir};
    const auto path = folder.file("ours.db");
    fill_file(path, events, 100);
    auto slow = rows.in_single_slices(5);
    slow.compare(
        work, unit::milliseconds,
        {{"varve",
          [&] {
              const auto begin = bench::clock::now();
              const auto store = need(varve::sqlite_store::open(path));
              const double past = bench::seconds_since(begin);
              if (store.head().value != events) bench::give_up("events are missing");
              return past * 1e3;
          }},
         {"raw: scan of the same bytes + XXH3", [&] {
              bench::raw_scan own{path, "varve_tail"};
              return 1e3 * static_cast<double>(events) / events_rate(events, [&](folded& into) {
                         own.each([&](varve::bytes_view r) { bench::fold_record(r, into); });
                     });
          }}});
}

}  // namespace

int main(int count, char** words) {
    bench::table rows{"scan", bench::parse(count, words)};
    const bool quick = rows.chosen().quick;
    const std::size_t events = quick ? 20'000 : 100'000;
    for (const std::size_t batch : {1u, 3u, 10u, 100u}) sqlite_tail(rows, events, batch);
    for (const std::size_t batch : {1u, 3u, 10u, 100u}) memory_tail(rows, events, batch);
    open_store(rows, 100'000, "100,000");
    if (!quick) open_store(rows, 1'000'000, "1,000,000");
    return 0;
}
