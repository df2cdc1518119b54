// A store that was written before must open: golden/store_v0.db, read with what is built today.
//
// VARVE_RENEW_GOLDEN=1 writes it anew; allowed while the format's version is 0, and never after.

#include "stores/sqlite.hpp"

#include <varve/testing/clock.hpp>
#include <varve/testing/random.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace varve;
namespace fs = std::filesystem;

const fs::path golden = VARVE_SOURCE_DIR "/tests/eventstore/golden/store_v0.db";

/// Ten appends to three streams under a fixed clock and chance.
void write_golden(const fs::path& path) {
    testkit::manual_clock clock;
    testkit::seeded_random random{1};
    thread_executor threads{1};
    environment env{clock, random, threads};
    auto store = sqlite_store::open(path.string(), {.environment = &env}).value();
    const type_description type{"counted", 1, encoding::flat, as_bytes("n i64 0 8\n")};
    for (std::int64_t i = 0; i < 10; ++i) {
        const std::string stream = "counter-" + std::to_string(i % 3);
        bytes payload;
        detail::put(payload, i);
        const new_event events[] = {{.stream = stream, .type = "counted", .payload = payload},
                                    {.stream = "audit", .type = "noted", .payload = as_bytes("x")}};
        clock.advance(std::chrono::seconds{1});
        store.append({.id = env.ids().next<append_id>(), .events = events, .types = {&type, 1}})
            .value();
    }
}

// semantics.md §40: golden files lock the format
TEST(golden_store, written_by_an_earlier_build_opens_and_reads_the_same) {
    if (std::getenv("VARVE_RENEW_GOLDEN") != nullptr) {
        fs::remove(golden);
        write_golden(golden);
        for (const auto* side : {"-lock", "-head", "-wal", "-shm"})
            fs::remove(golden.string() + side);
    }
    const fs::path copy = fs::temp_directory_path() /
                          ("varve-golden-" + std::to_string(::getpid()) + ".db");
    fs::copy_file(golden, copy, fs::copy_options::overwrite_existing);
    {
        auto opened = sqlite_store::open(copy.string());
        ASSERT_TRUE(opened.has_value()) << to_string(opened.error());
        auto& store = *opened;
        EXPECT_EQ(store.head(), position{20});
        EXPECT_TRUE(store.verify().value().good());
        EXPECT_EQ(store.identity().epoch, epoch{1});
        const auto page = store.read_stream("counter-1").value();
        ASSERT_EQ(page.size(), 3u);
        EXPECT_EQ(detail::load<std::int64_t>(page[2].payload.data()), 7);
        EXPECT_EQ(page[0].position, position{3});
        EXPECT_EQ(page[0].recorded_at,
                  testkit::manual_clock::default_start + std::chrono::seconds{2});
        EXPECT_EQ(store.read_stream("audit").value().size(), 10u);
        const auto types = store.types().value();
        ASSERT_EQ(types.size(), 1u);
        EXPECT_EQ(types[0].type, "counted");
        EXPECT_EQ(as_text(types[0].descriptor), "n i64 0 8\n");
        // and it goes on from there
        const new_event more[] = {{.stream = "counter-1", .type = "counted"}};
        const auto given = store.append(
            {.id = environment::system().ids().next<append_id>(), .events = more});
        ASSERT_TRUE(given.has_value());
        EXPECT_EQ(given->last, position{21});
        EXPECT_EQ(given->streams[0].revision, revision{4});
    }
    for (const auto* side : {"", "-lock", "-head", "-wal", "-shm"})
        fs::remove(copy.string() + side);
}

}  // namespace
