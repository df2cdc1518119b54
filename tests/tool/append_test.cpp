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

TEST_F(to_a_store, of_an_unknown_type_is_stored_and_described_as_json) {
    ASSERT_EQ(tool({"account-1", "noted", "{ \"text\" : \"a b\" }"}).code, 0);
    expect_newest(R"("schema_version":1,)");
    expect_newest(R"("encoding":"json","payload":{"text":"a b"}})");
}

TEST_F(to_a_store, under_another_encoding_than_the_stored_one_is_refused) {
    EXPECT_EQ(tool({"account-1", "varve.test.Deposited", "{}", "--encoding", "json"}).code, 2);
    EXPECT_EQ(tool({"account-1", "varve.test.Deposited", "{}", "--encoding", "protobuf"}).code, 0);
    EXPECT_EQ(tool({"account-1", "other", "{}", "--encoding", "protobuf"}).code, 2);
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
    ASSERT_EQ(tool({"n-1", "noted", "@in.json"}).code, 0);
    expect_newest(R"({"from":"file"})");
    ASSERT_EQ(tool({"n-1", "noted", "@-"}, "{\"from\":\"input\"}").code, 0);
    expect_newest(R"({"from":"input"})");
    const std::string octets{"\0\xff\n", 3};
    ASSERT_EQ(tool({"n-1", "raw", "@-", "--encoding", "opaque"}, octets).code, 0);
    expect_newest(R"("encoding":"opaque","payload_hex":"00ff0a"})");
}

TEST_F(to_a_store, larger_than_the_limit_is_refused_with_the_number) {
    const auto done = tool({"n-1", "raw", "@-", "--encoding", "opaque"},
                           std::string((16u << 20) + 1, 'x'));
    EXPECT_EQ(done.code, 2);
    EXPECT_NE(done.err.find("16777216"), std::string::npos) << done.err;
}

// §8
TEST_F(to_a_store, keeps_all_that_is_said_of_the_event) {
    ASSERT_EQ(tool({"n-1", "noted", "{}", "--correlation", "018f6c2a-0000-7000-8000-000000000001",
                    "--causation", "018F6C2A-0000-7000-8000-00000000000F", "--occurred-at",
                    "1999-12-31T23:59:59.5-01:00", "--header", "k=a=b", "--header", "k=", "--tag",
                    "x", "--tag", "y z", "--schema-version", "3"})
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
    ASSERT_EQ(tool({"account-1", "noted", "{}", "--expect", "1"}).code, 0);
    const auto done = tool({"account-1", "noted", "{}", "--expect", "1"});
    EXPECT_EQ(done.code, 4);
    EXPECT_NE(done.err.find("account-1 is at revision 2, expected at 1"), std::string::npos)
        << done.err;
    EXPECT_EQ(tool({"account-1", "noted", "{}", "--expect", "1", "--dry-run"}).code, 4);
    EXPECT_EQ(tool({"account-2", "noted", "{}", "--expect", "exists"}).code, 4);
    EXPECT_EQ(tool({"account-1", "noted", "{}", "--expect", "none"}).code, 4);
    EXPECT_EQ(tool({"account-2", "noted", "{}", "--expect", "none"}).code, 0);
    EXPECT_EQ(tool({"account-2", "noted", "{}", "--expect", "exists"}).code, 0);
}

// §11
TEST_F(to_a_store, with_the_same_id_stores_once_and_gives_the_first_receipt) {
    const std::vector<std::string> call{"n-1", "noted", "{}", "--id",
                                        "018f6c2a-0000-7000-8000-000000000042"};
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
    const auto done = tool({"account-1", "noted", "{}", "--dry-run"});
    EXPECT_EQ(done.code, 0);
    EXPECT_NE(done.out.find("dry_run\tyes\n"), std::string::npos) << done.out;
    EXPECT_EQ(lines_of(run({"--store", path, "tail"}).out).size(), 1u);
}

// §38: asking again with the id gives the truth
TEST_F(to_a_store, whose_outcome_is_unknown_exits_7_with_the_command_that_stores_it_once) {
    write_file(folder.path() / "large", std::string(1'000'000, 'x'));
    const auto done = run({"--store", path, "append", "a-1", "raw", "@large", "--encoding",
                           "opaque", "--expect", "none", "--tag", "a b"},
                          {.folder = folder.path(), .largest_file = 200'000});
    EXPECT_EQ(done.code, 7) << done.err;
    const auto begin = done.err.find("next: varve --store " + path +
                                     " append a-1 raw @large --id ");
    ASSERT_NE(begin, std::string::npos) << done.err;
    const auto end = done.err.find("  #", begin);
    const auto command = done.err.substr(begin + 6, end - begin - 6);
    EXPECT_TRUE(command.ends_with(" --expect none --tag 'a b' --encoding opaque")) << command;
    const std::string pasted = "cd " + folder.path().string() + " && " VARVE_TOOL +
                               command.substr(5) + " -q >out";
    for (int i = 0; i < 2; ++i) ASSERT_EQ(std::system(pasted.c_str()), 0) << pasted;
    EXPECT_NE(read_file(folder.path() / "out").find("stored_before\tyes"), std::string::npos);
    EXPECT_EQ(lines_of(run({"--store", path, "cat", "a-1"}).out).size(), 1u);
}

}  // namespace
