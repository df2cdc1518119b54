// What is stored under a JSON type is what the application can decode: names, presence and kinds.
#include "core/json_sample.hpp"
#include "tool/support.hpp"

#include <varve/codec.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace tool_test;

struct received {
    static constexpr std::string_view wire_name = "shop.received";
    using encoding = varve::json;
    std::int32_t count = 0;
    std::string supplier;
    std::optional<double> price;
    static constexpr auto fields = varve::fields(varve::field("count", &received::count),
                                                 varve::field("supplier", &received::supplier),
                                                 varve::field("price", &received::price));
};

class a_json_type : public testing::Test {
protected:
    a_json_type() {
        writer store{path};
        put(store, received{1, "ACME", {}});
        put(store, samples::Ordered{});
    }
    template <class T>
    static void put(writer& store, const T& event) {
        const auto payload = varve::encode(event);
        const auto& type = varve::describe_type<T>();
        store.append({.stream = "item-s1", .type = type.type, .payload = payload}, &type);
    }
    outcome append(const std::string& type, const std::string& payload) const {
        return run({"--store", path, "append", "item-s1", type, payload});
    }
    std::size_t stored() const {
        return lines_of(run({"--store", path, "tail", "-n", "1000"}).out).size();
    }
    /// What the refusal of a payload of shop.received says.
    std::string said(const std::string& payload) const {
        const auto done = append("shop.received", payload);
        EXPECT_EQ(done.code, 2) << payload;
        const std::string begin = "error: the payload is no json of type 'shop.received': ";
        EXPECT_EQ(done.err.find(begin), 0u) << done.err;
        EXPECT_NE(done.err.find("\n  next: varve --store " + path + " tail -n 1 -t shop.received"),
                  std::string::npos)
            << done.err;
        return done.err.substr(begin.size(), done.err.find('\n') - begin.size());
    }

    temporary_folder folder;
    std::string path = folder / "shop.db";
};

// An event that cannot be decoded would lock its stream for ever.
TEST_F(a_json_type, refuses_a_payload_without_a_member_and_names_it) {
    EXPECT_EQ(said(R"({"count":5})"), "member 'supplier' is missing");
    EXPECT_EQ(said("{}"), "member 'count' is missing");
    EXPECT_EQ(stored(), 2u);
}

TEST_F(a_json_type, takes_what_the_application_decodes) {
    for (const char* payload :
         {R"({"count":5,"supplier":"B"})", R"({ "supplier" : "B", "price" : 3, "count" : -5 })",
          R"({"count":5,"supplier":"B","price":null})"}) {
        EXPECT_EQ(append("shop.received", payload).code, 0) << payload;
        EXPECT_TRUE(varve::from_json<received>(payload)) << payload;
    }
    EXPECT_EQ(stored(), 5u);
}

TEST_F(a_json_type, refuses_names_and_kinds_that_are_not_its_own) {
    EXPECT_EQ(said(R"({"count":5,"suplier":"B"})"),
              "member 'suplier' is not one of the type's; did you mean 'supplier'?");
    EXPECT_EQ(said(R"({"count":5,"supplier":"B","zzz":1})"),
              "member 'zzz' is not one of the type's, which are count, supplier, price");
    EXPECT_EQ(said(R"({"count":"5","supplier":"B"})"), "member 'count' is not an integer");
    EXPECT_EQ(said(R"({"count":2147483648,"supplier":"B"})"), "member 'count' does not fit i32");
    EXPECT_EQ(said(R"({"count":5,"supplier":7})"), "member 'supplier' is not a string");
    EXPECT_EQ(said(R"({"count":5,"supplier":null})"), "member 'supplier' is not a string");
    EXPECT_EQ(said(R"({"count":5,"supplier":"B","price":"3"})"), "member 'price' is not a number");
    EXPECT_EQ(said(R"({"count":5,"count":5,"supplier":"B"})"), "member 'count' comes twice");
    EXPECT_EQ(said("[]"), "the document is not an object");
    EXPECT_EQ(stored(), 2u);
}

/// A whole order with one member replaced.
std::string order_with(const std::string& member, const std::string& value) {
    std::string text =
        R"({"customer":"c","total":0,"count":0,"ratio":0,"share":0,"small":0,"paid":true,)"
        R"("kind":1,"lines":[],"flags":[],"at":0})";
    const auto from = text.find("\"" + member + "\":") + member.size() + 3;
    return text.replace(from, text.find_first_of(",}", from) - from, value);
}

// The tool has no code of the application: its judgement is held against the codec's.
TEST_F(a_json_type, is_judged_by_the_tool_as_by_the_codec_in_every_kind_and_depth) {
    const std::string part = R"({"part":"p","inside":)";
    const auto line = [&](const std::string& inside) { return "[" + part + inside + "}]"; };
    std::size_t good = 0;
    for (const auto& [member, value] :
         std::vector<std::pair<std::string, std::string>>{{"total", "-9223372036854775808"},
                                                          {"total", "9223372036854775808"},
                                                          {"count", "18446744073709551615"},
                                                          {"count", "-1"},
                                                          {"ratio", "1e308"},
                                                          {"ratio", "true"},
                                                          {"share", "1e39"},
                                                          {"share", "1"},
                                                          {"small", "255"},
                                                          {"small", "256"},
                                                          {"small", "1.0"},
                                                          {"paid", "false"},
                                                          {"paid", "0"},
                                                          {"kind", "-32768"},
                                                          {"kind", "40000"},
                                                          {"kind", "\"first\""},
                                                          {"flags", "[true]"},
                                                          {"flags", "[true,null]"},
                                                          {"flags", "true"},
                                                          {"flags", "null"},
                                                          {"at", "5"},
                                                          {"customer", "\"\""},
                                                          {"lines", "{}"},
                                                          {"lines", "[[]]"},
                                                          {"lines", "[null]"},
                                                          {"lines", line("[]")},
                                                          {"lines", line("{}")},
                                                          {"lines", line(line("[]"))},
                                                          {"lines", line(line("[1]"))},
                                                          {"lines", line(line(line("[]")))},
                                                          {"lines", line("[{\"part\":\"p\"}]")}}) {
        const auto payload = order_with(member, value);
        const auto read = varve::from_json<samples::Ordered>(payload);
        const auto done = append("shop.ordered", payload);
        EXPECT_EQ(done.code, read ? 0 : 2) << payload << "\n" << done.err;
        if (read) ++good;
        if (read) continue;
        const auto& reason = read.error().message;  // "shop.ordered: member '...' is ..."
        EXPECT_NE(done.err.find(reason.substr(reason.find(": ") + 2)), std::string::npos)
            << done.err << "and the codec: " << reason;
    }
    EXPECT_EQ(good, 13u);
    EXPECT_EQ(stored(), 2 + good);
}

TEST_F(a_json_type, that_nests_deeper_than_its_codec_reads_is_refused) {
    std::string lines = "[]";
    for (int i = 0; i < 16; ++i) lines = R"([{"part":"p","inside":)" + lines + "}]";
    const auto payload = order_with("lines", lines);
    EXPECT_FALSE(varve::from_json<samples::Ordered>(payload));
    const auto done = append("shop.ordered", payload);
    EXPECT_EQ(done.code, 2);
    EXPECT_NE(done.err.find("it nests deeper than 32"), std::string::npos) << done.err;
}

// Stores of before there were descriptors of JSON, and types that the tool itself began.
TEST_F(a_json_type, without_a_description_takes_any_json) {
    writer{path}.json("old-1", "old", "{}");
    EXPECT_EQ(append("old", R"({"any":[1,"x"]})").code, 0);
}

TEST_F(a_json_type, whose_description_is_damaged_takes_nothing_and_is_still_printed) {
    const auto put_under = [&](std::string_view type, std::string_view descriptor) {
        const varve::type_description described{type, 1, varve::encoding::json,
                                                varve::as_bytes(descriptor)};
        writer{path}.append(
            {.stream = "odd-1", .type = type, .payload = varve::as_bytes(R"({"a":1})")},
            &described);
    };
    put_under("odd.kind", "a i31\n");
    put_under("odd.line", "a\n");
    put_under("odd.parent", "a.b i32\n");
    put_under("odd.steps", "a object^2[]\n");
    for (const auto& [type, why] : std::vector<std::pair<std::string, std::string>>{
             {"odd.kind", "kind is not known to this version"},
             {"odd.line", "kind is missing"},
             {"odd.parent", "object is missing"},
             {"odd.steps", "object is not around it"}}) {
        const auto done = append(type, R"({"a":1})");
        EXPECT_EQ(done.code, 1) << done.err;
        EXPECT_NE(done.err.find(why), std::string::npos) << done.err;
        const auto shown = run({"--store", path, "tail", "-t", type});
        EXPECT_NE(shown.out.find("{\"a\":1}\n"), std::string::npos) << shown.out;
    }
}

}  // namespace
