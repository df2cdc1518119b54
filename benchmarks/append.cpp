// Durable appends to a SQLite store, against SQLite written by hand.
//
// Every append brings an id, a tag per event, the chain and the checksums; the raw engine gets the
// payloads' bytes and nothing else.
#include "by_hand.hpp"
#include "events.hpp"
#include "paired.hpp"
#include "raw_sqlite.hpp"

#include <varve/eventstore/sqlite_store.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <latch>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using bench::appends;
using bench::contender;
using bench::need;
using bench::raw_sqlite;
using bench::unit;

/// A fresh store and a fresh raw engine for one row, in a folder that goes with them.
struct ground {
    explicit ground(const bench::table& rows)
        : folder(rows.chosen().dir),
          store(need(varve::sqlite_store::open(folder.file("ours.db")))),
          seconds(rows.chosen().seconds) {}

    raw_sqlite raw(const std::string& name) const { return raw_sqlite{folder.file(name + ".db")}; }

    bench::scratch_folder folder;
    varve::sqlite_store store;
    double seconds;
};

/// The disk itself: what nobody can beat.
void file_and_sync(bench::table& rows) {
    const bench::scratch_folder folder{rows.chosen().dir};
    const int file = ::open(folder.file("plain").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    const varve::bytes event(appends::payload_size, std::byte{1});
    rows.figure("plain file: append 256 bytes, fdatasync", unit::per_second, [&] {
        return bench::rate(rows.chosen().seconds, [&] {
            if (::write(file, event.data(), event.size()) < 0 || ::fdatasync(file) != 0)
                bench::give_up("the plain file cannot be written");
        });
    });
    ::close(file);
}

void one_writer(bench::table& rows, std::size_t events, const std::string& work,
                const std::vector<bench::goal>& goals) {
    if (!rows.wanted(work)) return;
    ground on{rows};
    appends source{events};
    raw_sqlite packed = on.raw("packed"), single = on.raw("single");
    const varve::bytes record(events * appends::payload_size, std::byte{0x5a});
    const auto per_second = [&](auto&& once) {
        return [&, once] { return bench::rate(on.seconds, once) * static_cast<double>(events); };
    };
    std::vector<contender> contenders{
        {"varve", per_second([&] { need(on.store.append(source.next())); })},
        {events == 1 ? "raw: one row" : "raw: one packed record",
         per_second([&] { packed.append(record); })}};
    if (events != 1)
        contenders.push_back({"raw: a row per event", per_second([&] {
                                  single.begin();
                                  for (std::size_t i = 0; i < events; ++i)
                                      single.insert(source.payload());
                                  single.commit();
                              })});
    rows.compare(work, events == 1 ? unit::per_second : unit::events_per_second, contenders, goals);
}

/// Appends per second of `count` threads that all call `once(thread)` in a loop.
template <class Once>
double threads_rate(std::size_t count, double seconds, Once&& once) {
    std::atomic<bool> stop = false;
    std::atomic<std::size_t> done = 0;
    std::latch ready{static_cast<std::ptrdiff_t>(count) + 1};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < count; ++t)
        threads.emplace_back([&, t] {
            std::size_t own = 0;
            ready.arrive_and_wait();
            for (; !stop; ++own) once(t);
            done += own;
        });
    ready.arrive_and_wait();
    const auto begin = bench::clock::now();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop = true;
    for (auto& thread : threads) thread.join();
    return static_cast<double>(done) / bench::seconds_since(begin);
}

void many_writers(bench::table& rows) {
    const std::string work = "32 blocking threads, 1 event each";
    if (!rows.wanted(work)) return;
    ground on{rows};
    std::deque<appends> sources;
    while (sources.size() < 32) sources.emplace_back(1);
    raw_sqlite raw = on.raw("groups");
    bench::blocking_groups groups{raw};
    rows.compare(work, unit::per_second,
                 {{"varve",
                   [&] {
                       return threads_rate(32, on.seconds, [&](std::size_t t) {
                           need(on.store.append(sources[t].next()));
                       });
                   }},
                  {"by hand: one record per group",
                   [&] {
                       return threads_rate(32, on.seconds, [&](std::size_t t) {
                           groups.append(sources[t].payload());
                       });
                   }}},
                 {bench::at_least(0.8)});
}

/// Appends a second of one slice, each begun by `submit()` while the window has room.
template <class Submit>
double slice(bench::window& open, double seconds, Submit&& submit) {
    const auto begin = bench::clock::now();
    std::size_t count = 0;
    while (bench::seconds_since(begin) < seconds)
        for (int i = 0; i < 16; ++i, ++count) {
            open.enter();
            submit();
        }
    open.drain();
    return static_cast<double>(count) / bench::seconds_since(begin);
}

void in_flight(bench::table& rows, std::ptrdiff_t most) {
    const std::string work = fmt::format("{} asynchronous appends in flight", most);
    if (!rows.wanted(work)) return;
    ground on{rows};
    appends source{1};
    raw_sqlite raw = on.raw("groups");
    bench::window ours{most}, theirs{most};
    bench::streamed_groups groups{raw, [&](std::ptrdiff_t n) { theirs.leave(n); }};
    rows.compare(
        work, unit::per_second,
        {{"varve",
          [&] {
              return slice(ours, on.seconds, [&] {
                  on.store.append_async(source.next(), [&](varve::result<varve::receipt> stored) {
                      need(stored);
                      ours.leave();
                  });
              });
          }},
         {"by hand: one record per group",
          [&] { return slice(theirs, on.seconds, [&] { groups.append(source.payload()); }); }}},
        {bench::at_least(0.6)});
}

/// Appends of one event with a tag that nobody has used, each on condition that this is so.
class claims {
public:
    explicit claims(bool conditional) : conditional_(conditional) {}

    /// The next request. Its views hold until the next call.
    varve::append_request next(varve::position head) {
        tag_ = fmt::format("seat:{:012}", ++count_);
        tag_view_ = tag_;
        auto request = source_.next();
        event_ = request.events.front();
        event_.tags = {&tag_view_, 1};
        request.events = {&event_, 1};
        if (!conditional_) return request;
        unclaimed_ = {varve::event_query::tagged({tag_}), head};
        request.conditions = {&unclaimed_, 1};
        return request;
    }

private:
    bool conditional_;
    appends source_{1};
    std::size_t count_ = 0;
    std::string tag_;
    std::string_view tag_view_;
    varve::new_event event_;
    varve::condition unclaimed_;
};

/// Two stores that get the same events; only one is asked whether their tags are free.
void conditional(bench::table& rows, std::ptrdiff_t most) {
    const std::string work = most == 1 ? "1 event on condition of its tag, 1 writer"
                                       : fmt::format("{} conditional appends in flight", most);
    if (!rows.wanted(work)) return;
    ground with{rows}, without{rows};
    claims asking{true}, plain{false};
    bench::window first{most}, second{most};
    const auto rate_of = [most](ground& on, claims& source, bench::window& open) {
        return [&, most] {
            if (most == 1)
                return bench::rate(on.seconds,
                                   [&] { need(on.store.append(source.next(on.store.head()))); });
            return slice(open, on.seconds, [&] {
                on.store.append_async(source.next(on.store.head()),
                                      [&](varve::result<varve::receipt> stored) {
                                          need(stored);
                                          open.leave();
                                      });
            });
        };
    };
    rows.compare(work, unit::per_second,
                 {{"varve", rate_of(with, asking, first)},
                  {"varve: the same events, unconditionally", rate_of(without, plain, second)}},
                 {bench::at_least(0.7)});
}

}  // namespace

int main(int count, char** words) {
    bench::table rows{"append", bench::parse(count, words)};
    file_and_sync(rows);
    one_writer(rows, 1, "1 event per durable append, 1 writer", {bench::at_least(0.9)});
    one_writer(rows, 100, "100 events per durable append", {bench::at_least(0.6), {"above 1", 1}});
    one_writer(rows, 1000, "1,000 events per durable append",
               {bench::at_least(0.6), {"above 1", 1}});
    many_writers(rows);
    in_flight(rows, 256);
    in_flight(rows, 2048);
    conditional(rows, 1);
    conditional(rows, 2048);
    return 0;
}
