// Append: what is typed is stored as its type is stored, once, where it was expected.
#include "sample.pb.h"
#include "tool/support.hpp"

#include <varve/codec.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace {

using namespace tool_test;

class an_append : public testing::Test {
protected:
    outcome tool(std::vector<std::string> rest, const std::string& input = {}) const {
        rest.insert(rest.begin(), {"--store", path, "append"});
        return run(std::move(rest), {.input = input, .folder = folder.path()});
    }
    /// The newest event as ndjson.
    std::string newest() const {
        return run({"--store", path, "-o", "ndjson", "tail", "-n", "1"}).out;
    }
    void expect_newest(const std::string& part) const {
        const auto line = newest();
        EXPECT_NE(line.find(part), std::string::npos) << line << "has no " << part;
    }

    temporary_folder folder;
    std::string path = folder / "bank.db";
};

class to_a_store : public an_append {
protected:
    to_a_store() {
        writer store{path};
        varve::test::Deposited event;
        event.set_cents(1);
        const auto payload = varve::encode(event);
        store.append({.stream = "account-1", .type = "varve.test.Deposited", .payload = payload},
                     &varve::describe_type<varve::test::Deposited>());
    }
};

TEST_F(an_append, begins_a_store_only_when_it_is_told_to) {
    EXPECT_EQ(tool({"a-1", "t", "{}"}).code, 3);
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_EQ(tool({"a-1", "t", "{}", "--create"}).code, 0);
    EXPECT_EQ(tool({"a-1", "t", "{}", "--create"}).code, 0)
        << "an existing store is taken as it is";
    EXPECT_EQ(lines_of(run({"--store", path, "cat", "a-1"}).out).size(), 2u);
}

TEST_F(to_a_store, of_json_under_a_protobuf_type_is_stored_as_that_message) {
    const auto done = tool({"account-1", "varve.test.Deposited", R"({"cents": "42"})"});
    ASSERT_EQ(done.code, 0) << done.err;
    expect_newest(R"("encoding":"protobuf","payload":{"cents":"42"}})");
    // the application reads its own type
    varve::test::Deposited event;
    event.set_cents(42);
    const auto dry = tool({"account-1", "varve.test.Deposited", R"({"cents": 42})", "--dry-run"});
    std::string hex;
    for (const std::byte each : varve::encode(event)) {
        hex += "0123456789abcdef"[std::to_integer<int>(each) >> 4];
        hex += "0123456789abcdef"[std::to_integer<int>(each) & 15];
    }
    EXPECT_NE(dry.out.find("payload_hex\t" + hex + "\n"), std::string::npos) << dry.out;
}

TEST_F(to_a_store, of_json_that_is_not_the_message_is_refused_with_the_reason) {
    const auto done = tool({"account-1", "varve.test.Deposited", R"({"sent": 42})"});
    EXPECT_EQ(done.code, 2);
    EXPECT_NE(done.err.find("no protobuf of type 'varve.test.Deposited'"), std::string::npos)
        << done.err;
    EXPECT_NE(done.err.find("sent"), std::string::npos) << done.err;
    EXPECT_EQ(lines_of(run({"--store", path, "tail"}).out).size(), 1u) << "nothing was stored";
}

TEST_F(to_a_store, of_a_new_type_is_stored_and_described_as_json) {
    ASSERT_EQ(tool({"account-1", "noted", "{ \"text\" : \"a b\" }", "--new-type"}).code, 0);
    expect_newest(R"("schema_version":1,)");
    expect_newest(R"("encoding":"json","payload":{"text":"a b"}})");
}

/// What is stored; nothing that is refused may add to it.
std::size_t events_in(const std::string& path) {
    return lines_of(run({"--store", path, "tail"}).out).size();
}

TEST_F(to_a_store, of_a_type_that_it_does_not_know_is_refused_unless_it_may_be_new) {
    const auto slip = tool({"account-1", "deposited", "{}"});
    EXPECT_EQ(slip.code, 2);
    EXPECT_EQ(slip.err,
              "error: the store knows no type 'deposited'\n  next: did you mean "
              "'varve.test.Deposited'? --new-type stores an event of a new type\n");
    const auto strange = tool({"account-1", "x.y", "{}", "--dry-run"});
    EXPECT_EQ(strange.code, 2);
    EXPECT_NE(strange.err.find("next: varve --store " + path + " info --types"), std::string::npos)
        << strange.err;
    EXPECT_EQ(events_in(path), 1u);
    EXPECT_EQ(tool({"account-1", "x.y", "{}", "--new-type"}).code, 0);
    EXPECT_EQ(tool({"account-1", "x.y", "{}"}).code, 0) << "it is known now";
}

TEST_F(to_a_store, of_a_schema_version_that_it_does_not_know_is_refused_unless_it_may_be_new) {
    const std::vector<std::string> call{"account-1", "varve.test.Deposited", "{}",
                                        "--schema-version", "7"};
    const auto done = tool(call);
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(done.err.find("error: the store knows type 'varve.test.Deposited' at schema version "
                            "1, not 7\n  next: "),
              0u)
        << done.err;
    EXPECT_EQ(events_in(path), 1u);
    auto meant = call;
    meant.emplace_back("--new-type");
    EXPECT_EQ(tool(meant).code, 0);
    EXPECT_EQ(tool(call).code, 0);
    expect_newest(R"("schema_version":7,)");
}

TEST_F(to_a_store, goes_by_the_version_of_the_application_and_not_by_a_guess_of_the_tool) {
    ASSERT_EQ(
        tool({"account-1", "varve.test.Deposited", "{}", "--schema-version", "7", "--new-type"})
            .code,
        0);
    ASSERT_EQ(tool({"account-1", "varve.test.Deposited", R"({"cents":"5"})"}).code, 0);
    expect_newest(R"("schema_version":1,)");
    expect_newest(R"("encoding":"protobuf","payload":{"cents":"5"}})");
}

TEST_F(to_a_store, whose_versions_nobody_described_is_asked_for_the_one_that_is_meant) {
    ASSERT_EQ(tool({"n-1", "noted", "{}", "--new-type"}).code, 0);
    ASSERT_EQ(tool({"n-1", "noted", "{}", "--schema-version", "2", "--new-type"}).code, 0);
    const auto done = tool({"n-1", "noted", "{}"});
    EXPECT_EQ(done.code, 2);
    EXPECT_NE(done.err.find("at schema versions 1, 2, and of none what its members are"),
              std::string::npos)
        << done.err;
    EXPECT_EQ(tool({"n-1", "noted", "{}", "--schema-version", "1"}).code, 0);
}

TEST_F(an_append, that_would_begin_a_store_in_no_folder_says_what_to_make) {
    const auto done = run(
        {"--store", folder / "none/bank.db", "append", "a-1", "t", "{}", "--create"});
    EXPECT_EQ(done.code, 3);
    EXPECT_NE(done.err.find("next: make the folder, or name another with --store\n"),
              std::string::npos)
        << done.err;
}

TEST_F(an_append, whose_payload_file_is_not_there_names_it_and_exits_3) {
    const auto done = tool({"a-1", "t", "@none.json", "--create"});
    EXPECT_EQ(done.code, 3);
    EXPECT_EQ(done.err.find("error: reading the payload from 'none.json': No such file"), 0u)
        << done.err;
    EXPECT_FALSE(std::filesystem::exists(path)) << "no store was begun";
}

TEST_F(to_a_store, under_another_encoding_than_the_stored_one_is_refused) {
    EXPECT_EQ(tool({"account-1", "varve.test.Deposited", "{}", "--encoding", "json"}).code, 2);
    EXPECT_EQ(tool({"account-1", "varve.test.Deposited", "{}", "--encoding", "protobuf"}).code, 0);
    EXPECT_EQ(tool({"account-1", "other", "{}", "--encoding", "protobuf", "--new-type"}).code, 2);
}

TEST_F(to_a_store, under_a_flat_type_is_stored_by_its_layout) {
    const varve::type_description flat{
        "flat", 1, varve::encoding::flat,
        varve::as_bytes("a i64 0 8\nb f32 8 4\nc bool 12 1\nd bytes 13 2\ne u8 15 1\n")};
    const std::string zeros(16, '\0');
    writer{path}.append({.stream = "f-1", .type = "flat", .payload = varve::as_bytes(zeros)},
                        &flat);
    ASSERT_EQ(tool({"f-1", "flat", R"({"a":"-2","b":1.5,"c":true,"d":"00ff","e":255})"}).code, 0);
    expect_newest(R"("payload":{"a":"-2","b":1.5,"c":true,"d":"00ff","e":255}})");
    for (const char* bad : {R"({"a":"-2","b":1.5,"c":true,"d":"00ff"})",
                            R"({"a":"-2","b":1.5,"c":true,"d":"00ff","e":256})",
                            R"({"a":"-2","b":1.5,"c":true,"d":"00","e":1})",
                            R"({"a":"-2","b":1.5,"c":1,"d":"00ff","e":1})",
                            R"({"a":"-2","b":1.5,"c":true,"d":"00ff","e":1,"f":1})", "[]"})
        EXPECT_EQ(tool({"f-1", "flat", bad}).code, 2) << bad;
}

TEST_F(to_a_store, takes_its_payload_from_a_file_or_standard_input) {
    write_file(folder.path() / "in.json", "{\"from\":\"file\"}");
    ASSERT_EQ(tool({"n-1", "noted", "@in.json", "--new-type"}).code, 0);
    expect_newest(R"({"from":"file"})");
    ASSERT_EQ(tool({"n-1", "noted", "@-", "--new-type"}, "{\"from\":\"input\"}").code, 0);
    expect_newest(R"({"from":"input"})");
    const std::string octets{"\0\xff\n", 3};
    ASSERT_EQ(tool({"n-1", "raw", "@-", "--encoding", "opaque", "--new-type"}, octets).code, 0);
    expect_newest(R"("encoding":"opaque","payload_hex":"00ff0a"})");
}

TEST_F(to_a_store, larger_than_the_limit_is_refused_with_the_number) {
    const auto done = tool({"n-1", "raw", "@-", "--encoding", "opaque", "--new-type"},
                           std::string((16u << 20) + 1, 'x'));
    EXPECT_EQ(done.code, 2);
    EXPECT_NE(done.err.find("16777216"), std::string::npos) << done.err;
}

// §8
TEST_F(to_a_store, keeps_all_that_is_said_of_the_event) {
    ASSERT_EQ(tool({"n-1",
                    "noted",
                    "{}",
                    "--correlation",
                    "018f6c2a-0000-7000-8000-000000000001",
                    "--causation",
                    "018F6C2A-0000-7000-8000-00000000000F",
                    "--occurred-at",
                    "1999-12-31T23:59:59.5-01:00",
                    "--header",
                    "k=a=b",
                    "--header",
                    "k=",
                    "--tag",
                    "x",
                    "--tag",
                    "y z",
                    "--schema-version",
                    "3",
                    "--new-type"})
                  .code,
              0);
    expect_newest(R"("schema_version":3,)");
    expect_newest(R"("correlation":"018f6c2a-0000-7000-8000-000000000001",)");
    expect_newest(R"("causation":"018f6c2a-0000-7000-8000-00000000000f",)");
    expect_newest(R"("occurred_at":"2000-01-01T00:59:59.500Z",)");
    expect_newest(
        R"("tags":["x","y z"],"headers":[{"key":"k","value":"a=b"},{"key":"k","value":""}],)");
}

// §4, §5
TEST_F(to_a_store, at_a_stale_revision_is_refused_and_says_what_was_observed) {
    ASSERT_EQ(tool({"account-1", "noted", "{}", "--expect", "1", "--new-type"}).code, 0);
    const auto done = tool({"account-1", "noted", "{}", "--expect", "1", "--new-type"});
    EXPECT_EQ(done.code, 4);
    EXPECT_NE(done.err.find("account-1 is at revision 2, expected at 1"), std::string::npos)
        << done.err;
    EXPECT_EQ(tool({"account-1", "noted", "{}", "--expect", "1", "--dry-run", "--new-type"}).code,
              4);
    EXPECT_EQ(tool({"account-2", "noted", "{}", "--expect", "exists", "--new-type"}).code, 4);
    EXPECT_EQ(tool({"account-1", "noted", "{}", "--expect", "none", "--new-type"}).code, 4);
    EXPECT_EQ(tool({"account-2", "noted", "{}", "--expect", "none", "--new-type"}).code, 0);
    EXPECT_EQ(tool({"account-2", "noted", "{}", "--expect", "exists", "--new-type"}).code, 0);
}

// §11
TEST_F(to_a_store, with_the_same_id_stores_once_and_gives_the_first_receipt) {
    const std::vector<std::string> call{
        "n-1", "noted", "{}", "--id", "018f6c2a-0000-7000-8000-000000000042", "--new-type"};
    const auto first = tool(call);
    const auto second = tool(call);
    EXPECT_NE(first.out.find("stored_before\tno"), std::string::npos) << first.out;
    EXPECT_EQ(second.code, 0);
    EXPECT_NE(second.out.find("position\t2\n"), std::string::npos) << second.out;
    EXPECT_NE(second.out.find("stored_before\tyes"), std::string::npos) << second.out;
    auto other = call;
    other[2] = "[]";
    EXPECT_EQ(tool(other).code, 4);
    EXPECT_EQ(lines_of(run({"--store", path, "tail"}).out).size(), 2u);
}

TEST_F(to_a_store, that_is_only_tried_out_stores_nothing) {
    const auto done = tool({"account-1", "noted", "{}", "--dry-run", "--new-type"});
    EXPECT_EQ(done.code, 0);
    EXPECT_NE(done.out.find("dry_run\tyes\n"), std::string::npos) << done.out;
    EXPECT_EQ(lines_of(run({"--store", path, "tail"}).out).size(), 1u);
}

// §38: asking again with the id gives the truth
TEST_F(to_a_store, whose_outcome_is_unknown_exits_7_with_the_command_that_stores_it_once) {
    write_file(folder.path() / "large", std::string(1'000'000, 'x'));
    const auto done = run({"--store", path, "append", "a-1", "raw", "@large", "--encoding",
                           "opaque", "--expect", "none", "--tag", "a b", "--new-type", "-q"},
                          {.folder = folder.path(), .largest_file = 200'000});
    EXPECT_EQ(done.code, 7) << done.err;
    const auto begin = done.err.find("next: varve --store " + path +
                                     " -q append a-1 raw @large --id ");
    ASSERT_NE(begin, std::string::npos) << done.err;
    const auto end = done.err.find("  #", begin);
    const auto command = done.err.substr(begin + 6, end - begin - 6);
    EXPECT_TRUE(command.ends_with(" --expect none --tag 'a b' --encoding opaque --new-type"))
        << command;
    const std::string pasted = "cd " + folder.path().string() + " && " VARVE_TOOL +
                               command.substr(5) + " >out";
    for (int i = 0; i < 2; ++i) ASSERT_EQ(std::system(pasted.c_str()), 0) << pasted;
    EXPECT_NE(read_file(folder.path() / "out").find("stored_before\tyes"), std::string::npos);
    EXPECT_EQ(lines_of(run({"--store", path, "cat", "a-1"}).out).size(), 1u);
}

}  // namespace
