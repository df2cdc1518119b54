// The life of a store, and what its files were along the way.
//
// It is written by processes that end well or are killed, four times over, so that files of every kind
// lie there, with what each of them can hold: events of one sector and of several pages, streams that
// were ended, checkpoints, parked events, snapshots, descriptions of types.
#pragma once

#include "damage/questions.hpp"

#include <varve/eventstore/format/parked.hpp>
#include <varve/testing/events.hpp>
#include <varve/testing/random.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace varve::tests {

/// What one process of a store's life does with it.
class life_stage {
public:
    static constexpr testkit::drawn_shape shape{.streams = 8, .most_events = 3, .most_bytes = 1400};
    static constexpr std::uint64_t appends = 16;

    life_stage(std::uint64_t seed, std::uint64_t number) : seed_(seed), number_(number) {
        testkit::seeded_random chance{testkit::scramble(seed) + number};
        for (std::uint64_t i = 0; i < appends; ++i) {
            append_id id;
            for (auto& octet : id.raw) octet = static_cast<std::byte>(chance.next());
            ids_.push_back(id);
        }
    }

    const std::vector<append_id>& ids() const noexcept { return ids_; }

    /// Everything in it succeeds, or the process ends with a message.
    template <class Store>
    void live(Store& store) const {
        for (std::size_t i = 0; i < ids_.size(); ++i) {
            append(store, ids_[i]);
            if (i == appends / 3) park(store);
            if (i == appends / 4) promise(store);
            if (i == appends / 2) save_snapshots(store);
            if (i % 4 == 0) move_readers(store, i / 4);
        }
        if (number_ % 2 == 1) end_streams(store);
        move_readers(store, 0);
    }

    static void put_names(known_names& into) {
        for (std::uint64_t i = 0; i < shape.streams; ++i)
            into.streams.push_back("ledger-" + std::to_string(i));
        into.streams.insert(into.streams.end(), {"ended-1", "ended-3", "nobody-1"});
        for (int i = 0; i < 6; ++i) into.readers.push_back("reader-" + std::to_string(i));
        into.readers.insert(into.readers.end(), {"group-a", "group-b", "reader-nobody"});
        into.groups = {"group-a", "group-b", "group-nobody"};
        into.aggregate = "ledger";
    }

private:
    template <class T>
    static T need(result<T> got, const char* what) {
        if (!got) {
            std::fprintf(stderr, "the life of a store: %s: %s\n", what,
                         to_string(got.error()).c_str());
            std::_Exit(9);
        }
        if constexpr (!std::is_void_v<T>) return std::move(*got);
    }

    template <class Store>
    void append(Store& store, const append_id& id) const {
        const std::string type = "stage-" + std::to_string(number_);
        const type_description types[]{
            {.type = "noted", .descriptor = as_bytes("what noted is made of")},
            {.type = type, .descriptor = as_bytes(type)}};
        need(testkit::drawn_from(id, shape).send([&](append_request request) {
            request.types = types;
            return store.append(request);
        }),
             "an append");
    }

    template <class Store>
    void move_readers(Store& store, std::uint64_t turn) const {
        for (std::uint64_t i = 0; i < 6; i += 1 + turn % 3) {
            const auto name = "reader-" + std::to_string(i);
            const auto claimed = need(store.claim_reader(name), "a claim");
            need(store.save_checkpoint(name, store.head(), claimed.holder), "a checkpoint");
        }
    }

    template <class Store>
    void park(Store& store) const {
        for (const std::string group : {"group-a", "group-b"}) {
            const auto token = need(store.claim_reader(group), "a claim").holder;
            std::vector<parked_event> events;
            for (std::uint64_t i = 1; i <= 6; ++i)
                events.push_back({.where = position{store.head().value - 2 * i + 1},
                                  .key = "ledger-" + std::to_string(i % 8),
                                  .attempts = static_cast<std::uint32_t>(number_),
                                  .parked_at = store.environment().now(),
                                  .reason = std::string(40 * i, static_cast<char>('a' + i))});
            need(store.park(group, events, token), "parking");
            need(store.unpark(group, events.front().where, token), "unparking");
        }
    }

    /// One that is held, one that was confirmed, one that was released.
    template <class Store>
    void promise(Store& store) const {
        for (const std::uint64_t what : {11u, 12u, 13u}) {
            const auto stream = "promised-" + std::to_string(number_ * 100 + what);
            const auto made = testkit::draft{id_of(what)}.event(stream).check(stream, expect::none);
            need(made.send([&](const append_request& request) {
                return store.reserve(request, as_bytes("for stage " + std::to_string(number_)));
            }),
                 "a promise");
        }
        need(store.confirm(id_of(12)), "a confirmation");
        need(store.release(id_of(13)), "a release");
    }

    template <class Store>
    void save_snapshots(Store& store) const {
        for (std::uint64_t i = number_; i < number_ + 5; ++i) {
            const auto stream = "ledger-" + std::to_string(i % shape.streams);
            const auto end = need(store.scan_stream(stream, {}, [](const auto&) { return true; }),
                                  "a read");
            if (end.newest == revision{}) continue;
            const std::string state(100 * i + 50, static_cast<char>('A' + number_));
            need(store.save_snapshot({.stream = stream,
                                      .form = {.aggregate = "ledger"},
                                      .at = end.newest,
                                      .state = as_bytes(state)}),
                 "a snapshot");
        }
    }

    template <class Store>
    void end_streams(Store& store) const {
        const std::string stream = "ended-" + std::to_string(number_);
        need(testkit::draft{id_of(1)}.event(stream).event(stream).append_to(store), "an append");
        need(store.end_stream({.id = id_of(2), .stream = stream, .how = ending::tombstone}),
             "an end");
        need(testkit::draft{id_of(5)}.event("ledger-6").append_to(store), "an append");
        need(store.end_stream({.id = id_of(3), .stream = "ledger-6", .how = ending::soft}),
             "a soft end");
        append(store, id_of(4));
    }
    append_id id_of(std::uint64_t what) const {
        append_id id;
        id.raw[0] = static_cast<std::byte>(what);
        id.raw[1] = static_cast<std::byte>(number_);
        id.raw[2] = static_cast<std::byte>(seed_);
        return id;
    }

    std::uint64_t seed_;
    std::uint64_t number_;
    std::vector<append_id> ids_;
};

/// Whether what a store gives is what was written: by each id, byte by byte. Says what is wrong.
template <class Store>
std::string compare_with_what_was_written(Store& store, const std::vector<append_id>& ids) {
    for (const auto& id : ids) {
        const auto drawn = testkit::drawn_from(id, life_stage::shape);
        const auto found = store.find(id);
        if (!found || !*found) return "append " + to_string(id) + " is lost";
        std::string wrong;
        std::size_t index = 0;
        const log_range range{.after = position{(*found)->first.value - 1},
                              .up_to = (*found)->last};
        const auto end = store.scan_log(range, [&](const recorded_event& e) {
            wrong = index < drawn.events().size() ? difference(drawn.events()[index], e)
                                                  : "more events than were written";
            ++index;
            return wrong.empty();
        });
        if (!end) return to_string(end.error());
        if (!wrong.empty()) return "append " + to_string(id) + ": " + wrong;
        if (index != drawn.events().size()) return "append " + to_string(id) + " is there in part";
    }
    return {};
}

}  // namespace varve::tests
