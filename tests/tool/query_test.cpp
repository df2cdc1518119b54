// Which events the tool shows: by type, tag and category, and of streams that have ended.
#include "tool/support.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace tool_test;

class a_store_with_tags : public testing::Test {
protected:
    void SetUp() override {
        write("seat-1", "taken", {"show:7", "row:1"});  // 1
        write("seat-2", "taken", {"show:8", "row:1"});  // 2
        write("seat-1", "freed", {"show:7", "row:1"});  // 3
        write("show-7", "taken", {"show:7"});           // 4
        write("seat-1", "taken", {"row:1"});            // 5
    }

    void write(std::string_view stream, std::string_view type,
               const std::vector<std::string_view>& tags) {
        store.append({.stream = stream, .type = type, .tags = tags});
    }

    outcome tool(std::vector<std::string> rest) const {
        rest.insert(rest.begin(), {"--store", path});
        return run(std::move(rest));
    }
    /// The first field of every line: the position of what `tail` shows, the revision in `cat`.
    std::string shown(std::vector<std::string> rest) const {
        const auto done = tool(std::move(rest));
        EXPECT_EQ(done.code, 0) << done.err;
        std::string numbers;
        for (const auto& line : lines_of(done.out))
            numbers += line.substr(0, line.find('\t')) + " ";
        return numbers;
    }

    temporary_folder folder;
    std::string path = folder / "shows.db";
    writer store{path};
};

// semantics.md §16
TEST_F(a_store_with_tags, is_shown_by_tail_as_far_as_type_tags_and_category_say) {
    EXPECT_EQ(shown({"tail", "--tag", "show:7"}), "1 3 4 ");
    EXPECT_EQ(shown({"tail", "--tag", "show:7", "--tag", "row:1"}), "1 3 ");
    EXPECT_EQ(shown({"tail", "--tag", "row:1", "-t", "taken"}), "1 2 5 ");
    EXPECT_EQ(shown({"tail", "--tag", "row:1", "-t", "taken", "-n", "2"}), "2 5 ")
        << "the last two";
    EXPECT_EQ(shown({"tail", "--category", "show"}), "4 ");
    EXPECT_EQ(shown({"tail", "--after", "1", "--tag", "show:7", "-t", "freed", "-t", "taken"}),
              "3 4 ");
    EXPECT_EQ(shown({"tail", "--tag", "show:9"}), "");
    EXPECT_EQ(shown({"tail", "-n", "2"}), "4 5 ");
}

TEST_F(a_store_with_tags, is_shown_by_cat_as_far_as_tags_say) {
    EXPECT_EQ(shown({"cat", "seat-1", "--tag", "show:7"}), "1 2 ");
    EXPECT_EQ(shown({"cat", "seat-1", "--tag", "row:1", "-t", "taken", "--reverse"}), "3 1 ");
}

TEST_F(a_store_with_tags, refuses_a_filter_that_can_match_nothing) {
    const auto done = tool({"tail", "--category", "seat-1"});
    EXPECT_EQ(done.code, 2);
    EXPECT_NE(done.err.find("'seat-1'"), std::string::npos) << done.err;
}

TEST_F(a_store_with_tags, follows_what_matches_and_says_how_to_go_on) {
    running tail{{"--store", path, "tail", "-f", "--tag", "show:7", "-n", "1"}};
    tail.until_printed("4\t");
    write("seat-3", "taken", {"show:8"});
    write("seat-4", "taken", {"show:7"});
    tail.until_printed("7\t");
    tail.signal(SIGINT);
    const auto done = tail.wait();
    EXPECT_EQ(done.code, 130);
    EXPECT_EQ(done.out.find("6\t"), std::string::npos);
    EXPECT_NE(done.err.find("--tag show:7"), std::string::npos) << done.err;
}

// semantics.md §25, §43
TEST_F(a_store_with_tags, hides_what_lies_before_the_end_of_a_stream_and_says_so) {
    store.end("seat-1", varve::ending::soft);  // position 6, revision 4
    const auto ended = tool({"cat", "seat-1"});
    EXPECT_EQ(ended.code, 0);
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err.find("has ended"), std::string::npos) << ended.err;
    EXPECT_NE(shown({"tail", "-n", "1"}).find("6 "), std::string::npos) << "the log shows it";
    write("seat-1", "taken", {"show:9"});
    EXPECT_EQ(shown({"cat", "seat-1"}), "5 ");
    store.end("seat-1", varve::ending::tombstone);
    EXPECT_EQ(tool({"append", "seat-1", "taken", "{}", "--dry-run"}).code, 4);
    EXPECT_EQ(tool({"verify"}).code, 0);
    EXPECT_EQ(tool({"replay"}).code, 0);
}

}  // namespace
