// Replay: in order, as far as asked, at the pace asked, into a file that survives a crash.
#include "tool/support.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <string>

namespace {

using namespace tool_test;
using namespace std::chrono_literals;

class a_replay : public testing::Test {
protected:
    a_replay() {
        writer store{path};
        for (int i = 1; i <= 6; ++i) {
            store.json("a-" + std::to_string(i % 2), i % 3 == 0 ? "third" : "other",
                       "{\"n\":" + std::to_string(i) + "}");
            store.advance(1s);
        }
    }
    std::vector<std::string> words(std::vector<std::string> rest) const {
        rest.insert(rest.begin(), {"--store", path, "replay"});
        return rest;
    }
    outcome tool(std::vector<std::string> rest) const { return run(words(std::move(rest))); }
    std::vector<std::string> lines() const { return lines_of(read_file(file)); }

    temporary_folder folder;
    std::string path = folder / "a.db";
    std::string file = folder / "events.ndjson";
};

TEST_F(a_replay, counts_what_it_walked_by_type) {
    const auto done = tool({});
    EXPECT_EQ(done.code, 0);
    EXPECT_EQ(
        done.out.find("other\t4\nthird\t2\n\nevents\t6\npayload_bytes\t42\nfirst_position\t1\n"
                      "last_position\t6\n"),
        0u)
        << done.out;
}

// §2: in the order of the log
TEST_F(a_replay, into_a_file_writes_every_event_once_in_order_and_for_its_owner_alone) {
    ASSERT_EQ(tool({"--into", file}).code, 0);
    const auto written = lines();
    ASSERT_EQ(written.size(), 6u);
    for (std::size_t i = 0; i < 6; ++i) {
        const auto n = std::to_string(i + 1);
        EXPECT_EQ(written[i].find("{\"position\":\"" + n + "\","), 0u) << written[i];
        EXPECT_TRUE(written[i].ends_with("\"payload\":{\"n\":" + n + "}}")) << written[i];
    }
    struct stat status{};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(a_replay, into_a_file_writes_the_lines_that_tail_prints) {
    ASSERT_EQ(tool({"--into", file}).code, 0);
    EXPECT_EQ(read_file(file), run({"--store", path, "-o", "ndjson", "tail", "--after", "0"}).out);
}

TEST_F(a_replay, never_writes_over_a_file_nor_through_a_link) {
    write_file(file, "mine");
    const auto refused = tool({"--into", file});
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("--continue"), std::string::npos) << refused.err;
    EXPECT_EQ(read_file(file), "mine");
    const std::string link = folder / "link";
    std::filesystem::create_symlink(folder / "elsewhere", link);
    EXPECT_EQ(tool({"--into", link}).code, 2);
    EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

TEST_F(a_replay, goes_on_behind_the_last_whole_line_wherever_a_crash_cut_the_file) {
    ASSERT_EQ(tool({"--into", file}).code, 0);
    const std::string whole = read_file(file);
    for (std::size_t kept = 0; kept <= whole.size(); kept += 97) {
        write_file(file, whole.substr(0, kept));
        ASSERT_EQ(tool({"--into", file, "--continue"}).code, 0) << kept;
        ASSERT_EQ(read_file(file), whole) << "cut at " << kept;
    }
}

TEST_F(a_replay, does_not_go_on_with_a_file_that_it_did_not_write) {
    write_file(file, "Dear reader,\n");
    const auto done = tool({"--into", file, "--continue"});
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(read_file(file), "Dear reader,\n");
    EXPECT_EQ(tool({"--into", folder / "none", "--continue"}).code, 3);
    EXPECT_EQ(tool({"--continue"}).code, 2);
}

TEST_F(a_replay, keeps_to_the_range_and_the_time_it_was_given) {
    ASSERT_EQ(tool({"--from", "2", "--to", "4", "--into", file}).code, 0);
    EXPECT_EQ(lines().size(), 3u);
    std::filesystem::remove(file);
    ASSERT_EQ(tool({"--until", "2026-01-02T04:04:08+01:00", "--into", file}).code, 0);
    EXPECT_EQ(lines().size(), 4u) << "recorded at :05, :06, :07 and :08";
    EXPECT_NE(tool({"--from", "100"}).out.find("events\t0\n"), std::string::npos);
}

TEST_F(a_replay, that_is_only_tried_out_writes_nothing_and_says_how_long_it_would_take) {
    const auto done = tool({"--into", file, "--speed", "2x", "--dry-run"});
    EXPECT_EQ(done.code, 0);
    EXPECT_FALSE(std::filesystem::exists(file));
    EXPECT_NE(done.out.find("dry_run\tyes\nevents\t6\n"), std::string::npos) << done.out;
    EXPECT_NE(done.out.find("would_take_seconds\t2.500\n"), std::string::npos) << done.out;
}

TEST_F(a_replay, at_a_pace_prints_events_with_the_time_between_them) {
    const auto began = std::chrono::steady_clock::now();
    const auto done = tool({"--speed", "50x"});
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_EQ(done.code, 0);
    EXPECT_EQ(done.out.find("1\ta-1\t1\t2026-01-02T03:04:05Z\tother\t{\"n\":1}\n2\ta-0\t"), 0u)
        << done.out;
    EXPECT_GE(took, 100ms) << "five seconds at fifty times the pace";
}

TEST_F(a_replay, that_is_interrupted_stops_between_two_events_and_says_how_to_go_on) {
    running slow{words({"--speed", "0.00001x", "--into", file, "--until", "2030-01-01T00:00:00Z"})};
    // the first event is due at once, the second in a day; the file exists when it has begun
    while (!std::filesystem::exists(file)) ASSERT_FALSE(slow.ended());
    slow.signal(SIGINT);
    const auto done = slow.wait();
    EXPECT_EQ(done.code, 130);
    const std::string next = " replay --until 2030-01-01T00:00:00Z --speed 0.00001x --into " +
                             file + " --continue\n";
    EXPECT_NE(done.err.find(next), std::string::npos) << done.err;
    ASSERT_EQ(tool({"--into", file, "--continue"}).code, 0);
    EXPECT_EQ(lines().size(), 6u);
}

TEST_F(a_replay, to_the_screen_that_is_interrupted_resumes_at_the_next_event) {
    running slow{words({"--speed", "0.00001x"})};
    slow.until_printed("1\ta-1\t1\t");
    slow.signal(SIGTERM);
    const auto done = slow.wait();
    EXPECT_EQ(done.code, 130);
    EXPECT_NE(done.err.find("stopped after position 1"), std::string::npos) << done.err;
    EXPECT_NE(done.err.find(" --speed 0.00001x --from 2\n"), std::string::npos) << done.err;
    const auto rest = tool({"--speed", "1000x", "--from", "2"});
    EXPECT_EQ(rest.out.find("2\ta-0\t"), 0u) << rest.out;
}

TEST_F(a_replay, that_runs_out_of_space_is_done_in_part_and_says_how_to_go_on) {
    {
        writer store{path};
        const std::string large = "\"" + std::string(10'000, 'x') + "\"";
        for (int i = 0; i < 30; ++i) store.json("a-1", "large", large);
    }
    const auto done = run(words({"--into", file}), {.largest_file = 100'000});
    EXPECT_EQ(done.code, 7) << done.err;
    EXPECT_NE(done.err.find("File too large"), std::string::npos) << done.err;
    EXPECT_NE(done.err.find(" replay --into " + file + " --continue\n"), std::string::npos)
        << done.err;
    ASSERT_EQ(std::filesystem::file_size(file), 100'000u) << "the last line is torn";
    ASSERT_EQ(tool({"--into", file, "--continue"}).code, 0);
    EXPECT_EQ(read_file(file), run({"--store", path, "-o", "ndjson", "tail", "--after", "0"}).out);
}

}  // namespace
