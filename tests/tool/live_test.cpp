// The tool beside a writer in another process: it reads, follows, and does not disturb.
#include "tool/support.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace {

using namespace tool_test;

/// This process writes `bank.db`; the tool runs in another.
class beside_a_writer : public testing::Test {
protected:
    std::vector<std::string> words(std::vector<std::string> rest) const {
        rest.insert(rest.begin(), {"--store", path});
        return rest;
    }
    outcome tool(std::vector<std::string> rest) const { return run(words(std::move(rest))); }

    temporary_folder folder;
    std::string path = folder / "bank.db";
    writer store{path};
};

// §40
TEST_F(beside_a_writer, every_reading_command_works_and_sees_what_is_durable) {
    store.json("account-1", "opened", R"({"n":1})");
    for (const auto& command : std::vector<std::vector<std::string>>{
             {"info"},
             {"info", "--types"},
             {"streams", "ls"},
             {"cat", "account-1"},
             {"tail"},
             {"replay"},
             {"verify"},
             {"append", "account-1", "opened", "{}", "--dry-run"}}) {
        const auto done = tool(command);
        EXPECT_EQ(done.code, 0) << command.front() << ": " << done.err;
        EXPECT_EQ(done.err, "") << command.front();
    }
    EXPECT_EQ(tool({"cat", "account-1"}).out.find("1\t1\t"), 0u);
    store.json("account-1", "opened", R"({"n":2})");
    EXPECT_EQ(lines_of(tool({"cat", "account-1"}).out).size(), 2u);
}

// §40: the second writer is refused, with the holder's name
TEST_F(beside_a_writer, append_is_refused_and_names_who_holds_the_store) {
    const auto done = tool({"append", "account-1", "opened", "{}"});
    EXPECT_EQ(done.code, 6);
    EXPECT_EQ(done.out, "");
    EXPECT_NE(done.err.find("pid " + std::to_string(::getpid()) + ", the-test"), std::string::npos)
        << done.err;
    EXPECT_NE(done.err.find("next: let that process store the event, or end it"), std::string::npos)
        << done.err;
    EXPECT_EQ(done.err.find("read-only"), std::string::npos) << "an append cannot be that";
}

TEST_F(beside_a_writer, info_names_the_writer_while_there_is_one) {
    const std::string who = "pid " + std::to_string(::getpid()) + ", the-test";
    EXPECT_NE(tool({"info"}).out.find("writer\t" + who), std::string::npos);
    const auto json = tool({"info", "-o", "json"}).out;
    EXPECT_NE(json.find("\"writer\":{\"pid\":" + std::to_string(::getpid()) + ",\"who\":\"" + who),
              std::string::npos)
        << json;
}

TEST(a_store_without_a_writer, has_none_in_info_although_the_lock_file_is_there) {
    const temporary_folder folder;
    const std::string path = folder / "bank.db";
    { writer store{path}; }
    ASSERT_TRUE(std::filesystem::exists(path + "-lock"));
    const auto done = run({"--store", path, "info"});
    EXPECT_EQ(done.code, 0);
    EXPECT_NE(done.out.find("writer\tnone"), std::string::npos) << done.out;
}

// §29: no missed wake-up, also across processes
TEST_F(beside_a_writer, a_follow_shows_each_new_event_as_it_becomes_durable) {
    store.json("account-1", "opened", R"({"n":0})");
    running follow{words({"tail", "-f"})};
    follow.until_printed("{\"n\":0}\n");
    for (int i = 1; i <= 20; ++i) {
        const std::string payload = "{\"n\":" + std::to_string(i) + "}";
        store.json("account-1", "deposited", payload);
        follow.until_printed(payload + "\n");
    }
    follow.signal(SIGINT);
    const auto done = follow.wait();
    EXPECT_EQ(done.code, 130);
    EXPECT_EQ(lines_of(done.out).size(), 21u);
}

// §28: every later event exactly once, in order, through catch-up and live
TEST_F(beside_a_writer, a_follow_that_is_interrupted_resumes_exactly) {
    for (int i = 1; i <= 5; ++i) store.json("a-" + std::to_string(i), "t", "{}");
    running first{words({"tail", "-f", "--after", "0", "-t", "t", "--category", "a"})};
    first.until_printed("\n5\ta-5\t");
    first.signal(SIGINT);
    const auto ended = first.wait();
    EXPECT_EQ(ended.code, 130);
    const std::string resume = " tail --after 5 -f -t t --category a\n";
    EXPECT_NE(ended.err.find("stopped after position 5"), std::string::npos) << ended.err;
    ASSERT_NE(ended.err.find("next: varve --store " + path + resume), std::string::npos)
        << ended.err;

    store.json("a-6", "t", "{}");
    running second{words({"tail", "--after", "5", "-f", "-t", "t", "--category", "a"})};
    second.until_printed("6\ta-6\t");
    EXPECT_EQ(second.out().find("6\ta-6\t"), 0u);
    second.signal(SIGTERM);
    EXPECT_EQ(second.wait().code, 130);
}

TEST_F(beside_a_writer, a_follow_that_is_interrupted_says_how_to_go_on_in_the_same_form) {
    store.json("a-1", "t", "{}");
    running follow{{"--store", path, "-q", "tail", "-f", "-n", "1", "-o", "ndjson", "--color",
                    "never", "-t", "t"}};
    follow.until_printed("\n");
    follow.signal(SIGINT);
    const auto done = follow.wait();
    EXPECT_EQ(done.code, 130);
    EXPECT_NE(done.err.find("next: varve --store " + path +
                            " -o ndjson -q --color never tail --after 1 -f -t t\n"),
              std::string::npos)
        << done.err;
}

TEST_F(beside_a_writer, a_replay_that_is_interrupted_goes_on_in_the_same_form) {
    store.json("a-1", "t", "{}");
    store.advance(std::chrono::hours{1});
    store.json("a-1", "t", "{}");
    running slow{words({"replay", "--speed", "1x", "-o", "ndjson"})};
    slow.until_printed("\"position\":\"1\"");
    slow.signal(SIGINT);
    const auto done = slow.wait();
    EXPECT_EQ(done.code, 130);
    EXPECT_NE(done.err.find(" -o ndjson replay --speed 1x --from 2\n"), std::string::npos)
        << done.err;
}

TEST_F(beside_a_writer, a_count_and_a_place_to_begin_at_cannot_both_be_meant) {
    for (int i = 0; i < 7; ++i) store.json("a-1", "t", "{}");
    const auto done = tool({"tail", "-n", "2", "--after", "5"});
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(done.out, "");
    EXPECT_NE(done.err.find("-n 2 counts from the end of the log, --after 5 begins behind a "
                            "position"),
              std::string::npos)
        << done.err;
    EXPECT_NE(done.err.find("next: varve --store " + path + " tail --after 5  #"),
              std::string::npos)
        << done.err;
}

TEST_F(beside_a_writer, a_follow_of_an_unknown_type_says_so_and_shows_it_when_it_comes) {
    store.json("a-1", "known", "{}");
    running follow{words({"tail", "-f", "-t", "knwn"})};
    follow.until_complained("note: the store knows no type 'knwn'\n  next: did you mean 'known'?");
    store.json("a-1", "knwn", R"({"k":1})");
    follow.until_printed("{\"k\":1}\n");
    follow.signal(SIGINT);
    EXPECT_EQ(follow.wait().code, 130);
}

TEST_F(beside_a_writer, a_follow_passes_over_what_is_filtered_and_resumes_behind_it) {
    running follow{words({"tail", "-f", "--after", "0", "-t", "wanted", "-o", "ndjson"})};
    store.json("a-1", "other", "{}");
    store.json("a-1", "wanted", R"({"k":1})");
    follow.until_printed("\"payload\":{\"k\":1}}\n");
    follow.signal(SIGINT);
    const auto done = follow.wait();
    EXPECT_EQ(lines_of(done.out).size(), 1u);
    EXPECT_NE(done.err.find("--after 2 "), std::string::npos) << done.err;
}

TEST_F(beside_a_writer, an_early_closed_pipe_ends_a_follow_quietly_although_nothing_is_written) {
    store.json("a-1", "t", "{}");
    running follow{words({"tail", "-f"})};
    follow.until_printed("\n");
    follow.stop_reading();
    const auto done = follow.wait();
    EXPECT_EQ(done.code, 0);
    EXPECT_EQ(done.err, "");
}

TEST_F(beside_a_writer, an_early_closed_pipe_ends_a_long_listing_quietly) {
    const std::string payload = "\"" + std::string(10'000, 'x') + "\"";
    for (int i = 0; i < 100; ++i) store.json("a-1", "t", payload);
    for (const char* format : {"table", "plain", "json", "ndjson"}) {
        for (const char* command : {"cat", "tail"}) {
            auto call = command == std::string{"cat"} ? words({"-o", format, "cat", "a-1"})
                                                      : words({"-o", format, "tail", "-n", "100"});
            running listing{call};
            listing.stop_reading();
            const auto done = listing.wait();
            EXPECT_EQ(done.code, 0) << format;
            EXPECT_EQ(done.err, "") << format;
        }
    }
}

TEST_F(beside_a_writer, a_full_disk_under_standard_output_is_told) {
    store.json("a-1", "t", "{}");
    const auto done = run(words({"tail"}), {.devour = true});
    EXPECT_EQ(done.code, 1);
    EXPECT_NE(done.err.find("No space left on device"), std::string::npos) << done.err;
}

TEST_F(beside_a_writer, a_position_beyond_the_head_is_refused_by_tail) {
    store.json("a-1", "t", "{}");
    const auto done = tool({"tail", "--after", "9"});
    EXPECT_EQ(done.code, 3);
    EXPECT_NE(done.err.find("the log ends at position 1, before 9"), std::string::npos) << done.err;
}

TEST_F(beside_a_writer, a_follow_is_no_json_document) {
    const auto done = tool({"tail", "-f", "-o", "json", "-t", "t"});
    EXPECT_EQ(done.code, 2);
    EXPECT_NE(done.out.find("-o ndjson tail -f -t t"), std::string::npos) << done.out;
}

}  // namespace
