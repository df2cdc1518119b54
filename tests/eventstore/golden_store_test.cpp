// A store that was written before must open: those in golden/, read with what is built today.
//
// They were written by `write_golden` when the format's version 1 was frozen, and never are again; with
// VARVE_WRITE_GOLDEN=1 a store that is missing there is written, for a version that is to come.

#include "stores/place.hpp"
#include "stores/rocksdb.hpp"
#include "stores/sqlite.hpp"

#include <varve/testing/clock.hpp>
#include <varve/testing/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace varve;
namespace fs = std::filesystem;

const fs::path folder = VARVE_SOURCE_DIR "/tests/eventstore/golden";

/// Ten appends to three streams, a stream of each ending, a reader, and a parked event, under a fixed
/// clock and chance.
template <class Store, class Open>
void write_golden(Open open) {
    testkit::manual_clock clock;
    testkit::seeded_random random{1};
    thread_executor threads{1};
    environment env{clock, random, threads};
    std::optional<Store> store = open(env).value();
    const auto id = [&] { return env.ids().next<append_id>(); };
    const type_description type{"counted", 1, encoding::flat, as_bytes("n i64 0 8\n")};
    const std::string_view tags[] = {"counter:one", "odd"};
    for (std::int64_t i = 0; i < 10; ++i) {
        const std::string stream = "counter-" + std::to_string(i % 3);
        bytes payload;
        detail::put(payload, i);
        const new_event events[] = {
            {.stream = stream,
             .type = "counted",
             .payload = payload,
             .tags = i % 2 == 0 ? std::span<const std::string_view>{} : tags},
            {.stream = "audit", .type = "noted", .payload = as_bytes("x")}};
        clock.advance(std::chrono::seconds{1});
        store->append({.id = id(), .events = events, .types = {&type, 1}}).value();
    }
    store.reset();
    store = open(env).value();  // an engine may keep what lies behind an opening otherwise
    const new_event last[] = {{.stream = "old-1", .type = "noted"}};
    const new_event lost[] = {{.stream = "old-2", .type = "noted"}};
    store->append({.id = id(), .events = last}).value();
    store->append({.id = id(), .events = lost}).value();
    store->end_stream({.id = id(), .stream = "old-1", .how = ending::soft}).value();
    store->end_stream({.id = id(), .stream = "old-2", .how = ending::tombstone}).value();
    const auto reader = store->claim_reader("mailers").value();
    store->save_checkpoint("mailers", position{7}, reader.holder).value();
    const parked_event parked{.where = position{3}, .key = "counter-1", .reason = "no answer"};
    store->park("mailers", {&parked, 1}, reader.holder).value();
    store
        ->save_snapshot({.stream = "counter-2",
                         .form = {.aggregate = "counter", .fold_version = 3},
                         .at = revision{2},
                         .state = as_bytes("seven")})
        .value();
    const new_event promised[] = {{.stream = "seat-7", .type = "taken", .tags = {tags, 1}}};
    const condition free[] = {{event_query::tagged({"seat:7"}), position{5}}};
    const stream_check unsold{"show-1", expect::none};
    const event_query never[] = {
        event_query::any_of({{.categories = {"hall"}, .types = {"shut"}}})};
    const auto held = id();
    store
        ->reserve({.id = held,
                   .events = promised,
                   .checks = {&unsold, 1},
                   .conditions = free,
                   .fail_if_exists = never},
                  as_bytes("transaction 9"))
        .value();
    store->release(id()).value();
}

/// What is promised holds what it held, and is stored as it was promised.
template <class Store>
void expect_promise(Store& store) {
    auto promises = store.reservations().value();
    std::ranges::sort(promises, {}, &reservation::state);
    ASSERT_EQ(promises.size(), 2u);
    EXPECT_EQ(promises[1].state, reservation_state::released);
    const auto& held = promises[0];
    EXPECT_EQ(held.state, reservation_state::held);
    EXPECT_EQ(held.writes, std::vector<std::string>{"seat-7"});
    EXPECT_EQ(held.believes, std::vector<std::string>{"show-1"});
    EXPECT_EQ(held.queries.size(), 2u);
    EXPECT_EQ(as_text(held.memo), "transaction 9");
    for (const auto& [stream, type] :
         {std::pair{"seat-7", "freed"}, {"show-1", "begun"}, {"hall-1", "shut"}}) {
        const new_event met[] = {{.stream = stream, .type = type}};
        const auto refused = store.append(
            {.id = environment::system().ids().next<append_id>(), .events = met});
        ASSERT_FALSE(refused) << stream;
        EXPECT_EQ(refused.error().code, errc::reserved) << to_string(refused.error());
    }
    const auto stored = store.confirm(held.id);
    ASSERT_TRUE(stored) << to_string(stored.error());
    EXPECT_EQ(stored->last, position{26});
    const auto seat = store.read_stream("seat-7").value();
    ASSERT_EQ(seat.size(), 1u);
    EXPECT_EQ(seat[0].type, "taken");
    EXPECT_EQ(*seat[0].tags.begin(), "counter:one");
}

/// All of it is there, and it goes on from there.
template <class Store>
void expect_golden(Store& store) {
    EXPECT_EQ(store.head(), position{24});
    EXPECT_TRUE(store.verify().value().good());
    EXPECT_EQ(store.identity().epoch, epoch{1});
    const auto page = store.read_stream("counter-1").value();
    ASSERT_EQ(page.size(), 3u);
    EXPECT_EQ(detail::load<std::int64_t>(page[2].payload.data()), 7);
    EXPECT_EQ(page[0].position, position{3});
    EXPECT_EQ(page[0].recorded_at, testkit::manual_clock::default_start + std::chrono::seconds{2});
    EXPECT_EQ(store.read_stream("audit").value().size(), 10u);
    EXPECT_EQ(store.read_query(event_query::tagged({"odd"})).value().size(), 5u);
    EXPECT_EQ(store.read_stream("old-1").value().info().state, stream_state::deleted);
    EXPECT_EQ(store.read_stream("old-2").value().info().state, stream_state::tombstoned);
    const auto types = store.types().value();
    ASSERT_EQ(types.size(), 1u);
    EXPECT_EQ(types[0].type, "counted");
    EXPECT_EQ(as_text(types[0].descriptor), "n i64 0 8\n");
    EXPECT_EQ(store.load_checkpoint("mailers").value().reached, position{7});
    const auto parked = store.parked("mailers").value();
    ASSERT_EQ(parked.size(), 1u);
    EXPECT_EQ(parked[0].reason, "no answer");

    const new_event more[] = {{.stream = "counter-1", .type = "counted"}};
    const auto given = store.append(
        {.id = environment::system().ids().next<append_id>(), .events = more});
    ASSERT_TRUE(given) << to_string(given.error());
    EXPECT_EQ(given->last, position{25});
    EXPECT_EQ(given->streams[0].revision, revision{4});

    bool served = false;
    const auto used = store.load_snapshot("counter-2", {.aggregate = "counter", .fold_version = 3},
                                          [&](const stored_snapshot& found) {
                                              served = true;
                                              EXPECT_EQ(found.at, revision{2});
                                              EXPECT_EQ(as_text(found.state), "seven");
                                              return true;
                                          });
    EXPECT_TRUE(used && *used && served);
    expect_promise(store);
}

bool may_write(const fs::path& golden) {
    return std::getenv("VARVE_WRITE_GOLDEN") != nullptr && !fs::exists(golden);
}

// semantics.md §40: golden files lock the format
TEST(golden_store, written_by_an_earlier_build_opens_and_reads_the_same) {
    const auto golden = folder / "store_v1.db";
    if (may_write(golden)) {
        write_golden<sqlite_store>(
            [&](environment& env) { return tests::open_sqlite(golden, {.environment = &env}); });
        for (const auto* side : {"-lock", "-head", "-wal", "-shm"})
            fs::remove(golden.string() + side);
    }
    const tests::scratch_folder scratch;
    fs::copy_file(golden, scratch / "store.db");
    fs::copy_file(golden.string() + "-anchor", scratch / "store.db-anchor");
    auto opened = tests::open_sqlite(scratch / "store.db");
    ASSERT_TRUE(opened) << to_string(opened.error());
    expect_golden(*opened);
}

// semantics.md §40, of the other engine
TEST(golden_store, written_by_an_earlier_build_on_rocksdb_opens_and_reads_the_same) {
    const auto golden = folder / "store_v1.rocksdb";
    if (may_write(golden)) {
        write_golden<rocksdb_store>(
            [&](environment& env) { return tests::open_rocksdb(golden, {.environment = &env}); });
        for (const auto* side : {"LOCK", "WRITER", "DURABLE", "HEAD"}) fs::remove(golden / side);
    }
    const tests::scratch_folder scratch;
    fs::copy(golden, scratch / "store");
    auto opened = tests::open_rocksdb(scratch / "store");
    ASSERT_TRUE(opened) << to_string(opened.error());
    expect_golden(*opened);
}

}  // namespace
