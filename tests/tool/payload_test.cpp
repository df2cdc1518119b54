// Payloads of every kind are printed by what the store keeps of their types.
#include "sample.pb.h"
#include "tool/support.hpp"

#include <varve/codec.hpp>

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <array>

namespace {

using namespace tool_test;
using varve::as_bytes;

struct reading {
    static constexpr std::string_view wire_name = "reading";
    std::int64_t ticks;
    double celsius;
    std::uint32_t sensor;
    std::int16_t delta;
    bool valid;
    std::array<std::uint8_t, 1> flags;
};

struct hush {
    static constexpr std::string_view wire_name = "hush";
};

class the_payload : public testing::Test {
protected:
    /// One event as it is, under a description of its type.
    void put(std::string_view type, varve::bytes_view payload, varve::encoding encoding,
             varve::bytes_view descriptor = {}, std::uint32_t version = 1) {
        const varve::type_description described{type, version, encoding, descriptor};
        writer{path}.append(
            {.stream = "s-1", .type = type, .schema_version = version, .payload = payload},
            &described);
    }
    template <class T>
    void put(const T& event) {
        const auto payload = varve::encode(event);
        const auto& type = varve::describe_type<T>();
        writer{path}.append({.stream = "s-1", .type = type.type, .payload = payload}, &type);
    }

    /// The payload column of the newest event, as people see it.
    std::string shown(const char* format = "plain") const {
        const auto done = run({"--store", path, "-o", format, "tail", "-n", "1"});
        EXPECT_EQ(done.code, 0) << done.err;
        EXPECT_EQ(done.err, "");
        if (std::string_view{format} != "plain") return done.out;
        return done.out.substr(done.out.rfind('\t') + 1,
                               done.out.size() - done.out.rfind('\t') - 2);
    }
    std::string members() const {
        const auto line = shown("ndjson");
        const auto at = line.find("\"encoding\":");
        return at == std::string::npos ? line : line.substr(at, line.size() - at - 2);
    }

    temporary_folder folder;
    std::string path = folder / "s.db";
};

TEST_F(the_payload, of_a_protobuf_type_is_json_by_the_stored_descriptor) {
    varve::test::Withdrawn event;
    event.set_cents(9'007'199'254'740'993);
    event.set_reason("rent\t\"May\"");
    put(event);
    EXPECT_EQ(shown(), R"({"cents":"9007199254740993","reason":"rent\t\"May\""})");
    EXPECT_EQ(
        members(),
        R"("encoding":"protobuf","payload":{"cents":"9007199254740993","reason":"rent\t\"May\""})");
}

TEST_F(the_payload, of_a_protobuf_type_with_imports_maps_and_oneofs_follows_the_proto3_rules) {
    varve::test::Everything event;
    event.set_ratio(0.5);
    event.set_large(18'446'744'073'709'551'615u);
    event.set_raw(std::string{"\0\xff", 2});
    event.add_many(-1);
    (*event.mutable_counts())["a"] = 2;
    event.mutable_price()->set_currency("EUR");
    event.mutable_inner()->set_number(3);
    event.set_name("n");
    put(event);
    EXPECT_EQ(shown(),
              R"({"ratio":0.5,"large":"18446744073709551615","raw":"AP8=","many":["-1"],)"
              R"("counts":{"a":2},"price":{"currency":"EUR"},"inner":{"number":3},"name":"n"})");
}

TEST_F(the_payload, of_a_protobuf_type_without_a_descriptor_is_printed_by_field_numbers) {
    varve::test::Withdrawn event;
    event.set_cents(500);
    event.set_reason("rent");
    put("bare", varve::encode(event), varve::encoding::protobuf);
    EXPECT_EQ(shown(), R"({"1":"500","2":"rent"})");
}

TEST_F(the_payload, that_is_not_the_protobuf_message_it_says_is_marked_with_the_reason) {
    const auto& type = varve::describe_type<varve::test::Withdrawn>();
    put(type.type, as_bytes("\x0a"), type.encoding, type.descriptor);
    EXPECT_EQ(shown(), "(undecodable: these 1 bytes are not this Protobuf message) 0x0a |.|");
    EXPECT_EQ(
        members(),
        R"("encoding":"protobuf","payload_hex":"0a","payload_error":"these 1 bytes are not this Protobuf message")");
}

TEST_F(the_payload, under_a_damaged_or_foreign_descriptor_is_marked_with_the_reason) {
    put("torn", as_bytes("x"), varve::encoding::protobuf, as_bytes("\xff\xff"));
    EXPECT_NE(shown().find("(undecodable: its stored Protobuf descriptor is damaged) 0x78 |x|"),
              std::string::npos)
        << shown();
    const auto& type = varve::describe_type<varve::test::Opened>();
    put("other.Name", as_bytes("x"), type.encoding, type.descriptor);
    EXPECT_NE(shown().find("has no message of its name"), std::string::npos) << shown();
    // a file without what it imports: the last one of the set alone
    google::protobuf::FileDescriptorProto file;
    varve::test::Everything::descriptor()->file()->CopyTo(&file);
    google::protobuf::FileDescriptorSet set;
    *set.add_file() = file;
    put("varve.test.Everything", as_bytes(""), varve::encoding::protobuf,
        as_bytes(set.SerializeAsString()));
    EXPECT_NE(shown().find("does not build: sample.proto"), std::string::npos) << shown();
}

TEST_F(the_payload, of_a_flat_struct_is_an_object_by_the_stored_layout) {
    put(reading{-5, 0.25, 7, -2, true, {0xab}});
    EXPECT_EQ(shown(), R"({"f0":"-5","f1":0.25,"f2":7,"f3":-2,"f4":true,"f5":"ab"})");
    put(hush{});
    EXPECT_EQ(shown(), "{}");
}

TEST_F(the_payload, of_a_flat_struct_that_does_not_fit_its_layout_is_marked_with_the_reason) {
    put("r", as_bytes("1234567"), varve::encoding::flat, as_bytes("a i64 0 8\n"));
    EXPECT_NE(shown().find("(undecodable: it has 7 bytes, its layout has 8) 0x31"),
              std::string::npos)
        << shown();
    put("b", as_bytes("\x02"), varve::encoding::flat, as_bytes("yes bool 0 1\n"));
    EXPECT_NE(shown().find("the bool 'yes' is neither 0 nor 1"), std::string::npos) << shown();
    put("l", as_bytes("\x02"), varve::encoding::flat, as_bytes("x i99 0 1\n"));
    EXPECT_NE(shown().find("kind is not known to this version"), std::string::npos) << shown();
    put("o", as_bytes("\x02"), varve::encoding::flat, as_bytes("x bytes 18446744073709551615 2\n"));
    EXPECT_NE(shown().find("numbers are too large"), std::string::npos) << shown();
}

TEST_F(the_payload, of_a_json_type_is_on_one_line_and_keeps_its_numbers) {
    put("j", as_bytes("{ \"a\" : 1.50 ,\n \"b\" : [ 12345678901234567890 ] }"),
        varve::encoding::json);
    EXPECT_EQ(shown(), R"({"a":1.50,"b":[12345678901234567890]})");
}

TEST_F(the_payload, that_is_no_json_is_marked_with_the_reason) {
    put("j", as_bytes("{\"a\":"), varve::encoding::json);
    EXPECT_EQ(shown().find("(undecodable: not valid JSON: "), 0u) << shown();
    EXPECT_NE(members().find("\"payload_hex\":\"7b2261223a\",\"payload_error\":\"not valid JSON"),
              std::string::npos);
}

TEST_F(the_payload, that_is_opaque_is_hexadecimal_with_a_preview) {
    put("o", as_bytes("ab\x01\xff"), varve::encoding::opaque);
    EXPECT_EQ(shown(), "0x616201ff |ab..|");
    EXPECT_EQ(members(), R"("encoding":"opaque","payload_hex":"616201ff")");
    put("o", as_bytes(std::string(100, 'z')), varve::encoding::opaque);
    EXPECT_NE(shown().find("z| of 100 bytes"), std::string::npos);
    EXPECT_EQ(members().size(),
              std::string{R"("encoding":"opaque","payload_hex":"")"}.size() + 200);
}

TEST_F(the_payload, of_a_type_that_the_store_knows_nothing_of_is_printed_as_bytes) {
    const varve::new_event event{.stream = "s-1", .type = "unknown", .payload = as_bytes("x")};
    writer{path}.append(event);
    EXPECT_EQ(shown(), "0x78 |x|");
}

TEST_F(the_payload, cannot_send_control_characters_to_a_terminal) {
    put("j", as_bytes("{\"a\":\"\x7f\xc2\x9b\xe2\x80\xae\"}"), varve::encoding::json);
    EXPECT_EQ(shown(), R"({"a":"\u007f\u009b\u202e"})");
    EXPECT_NE(members().find(R"("payload":{"a":"\u007f\u009b\u202e"})"), std::string::npos);
}

TEST_F(the_payload, of_each_schema_version_is_printed_by_its_own_description) {
    put("v", as_bytes("\x01"), varve::encoding::flat, as_bytes("old u8 0 1\n"), 1);
    put("v", as_bytes("{}"), varve::encoding::json, {}, 2);
    const auto lines = lines_of(run({"--store", path, "cat", "s-1"}).out);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_TRUE(lines[0].ends_with("{\"old\":1}")) << lines[0];
    EXPECT_TRUE(lines[1].ends_with("{}")) << lines[1];
}

TEST_F(the_payload, of_a_type_that_appears_during_a_follow_is_decoded_too) {
    writer store{path};
    running follow{{"--store", path, "tail", "-f"}};
    store.json("s-1", "first", "{\"k\":1}");
    follow.until_printed("{\"k\":1}\n");
    varve::test::Deposited event;
    event.set_cents(3);
    const auto payload = varve::encode(event);
    store.append({.stream = "s-1", .type = "varve.test.Deposited", .payload = payload},
                 &varve::describe_type<varve::test::Deposited>());
    follow.until_printed("{\"cents\":\"3\"}\n");
}

}  // namespace
