#include "json_sample.hpp"

#include <varve/adapters/json.hpp>
#include <varve/time.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>

namespace {

using samples::Line;
using samples::Ordered;
using varve::errc;

std::string said(std::string_view text) {
    const auto read = varve::from_json<Ordered>(text);
    return read ? "fine" : read.error().message;
}

/// A whole document with one member replaced.
std::string with(std::string_view member, std::string_view value) {
    std::string text =
        R"({"customer":"c","total":0,"count":0,"ratio":0,"share":0,"small":0,"paid":true,)"
        R"("kind":1,"lines":[],"flags":[],"at":0})";
    const auto key = "\"" + std::string{member} + "\":";
    const auto from = text.find(key) + key.size();
    const auto to = text.find_first_of(",}", from);
    return text.replace(from, to - from, value);
}

TEST(json_codec, a_struct_is_written_compactly_in_the_order_of_its_fields) {
    Ordered order;
    order.customer = "A \"quoted\" \\ name\n\x01 \xc3\xa9";
    order.total = std::numeric_limits<std::int64_t>::min();
    order.count = std::numeric_limits<std::uint64_t>::max();
    order.ratio = -0.0;
    order.share = 0.1f;
    order.lines = {{"nut", 2, {}}, {"bolt", std::nullopt, {{"head", 1, {}}}}};
    order.flags = {true, false};
    order.at = varve::timestamp{std::chrono::nanoseconds{5}};
    EXPECT_EQ(varve::to_json(order),
              R"({"customer":"A \"quoted\" \\ name\u000a\u0001 é","total":-9223372036854775808,)"
              R"("count":18446744073709551615,"ratio":-0.0,"share":0.10000000149011612,"small":0,)"
              R"("paid":false,"kind":1,"lines":[{"part":"nut","number":2,"inside":[]},)"
              R"({"part":"bolt","inside":[{"part":"head","number":1,"inside":[]}]}],)"
              R"("flags":[true,false],"at":5})");
}

// semantics.md §8
TEST(json_codec, integers_of_64_bits_are_exact_in_both_directions) {
    for (const auto total :
         {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, (std::int64_t{1} << 53) + 1,
          std::numeric_limits<std::int64_t>::max()}) {
        Ordered order;
        order.total = total;
        order.count = static_cast<std::uint64_t>(total);
        const auto back = varve::decode<Ordered>(varve::encode(order));
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(back->total, order.total);
        EXPECT_EQ(back->count, order.count);
    }
}

TEST(json_codec, a_double_comes_back_bit_for_bit) {
    for (const double ratio :
         {-0.0, 0.1, 1e20, 18446744073709551616.0, 9007199254740993.0, 5e-324,
          2.2250738585072014e-308, std::numeric_limits<double>::max(), -1.0 / 3}) {
        Ordered order;
        order.ratio = ratio;
        order.share = static_cast<float>(std::fmod(ratio, 1e30));
        const auto back = varve::decode<Ordered>(varve::encode(order));
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(std::bit_cast<std::uint64_t>(back->ratio), std::bit_cast<std::uint64_t>(ratio))
            << ratio;
        EXPECT_EQ(std::bit_cast<std::uint32_t>(back->share),
                  std::bit_cast<std::uint32_t>(order.share))
            << ratio;
    }
}

TEST(json_codec, what_has_no_json_form_is_refused_before_it_is_stored) {
    varve::bytes out{std::byte{42}};
    for (const double ratio : {std::numeric_limits<double>::infinity(), std::nan("")}) {
        Ordered order;
        order.ratio = ratio;
        const auto written = varve::try_encode(order, out);
        ASSERT_FALSE(written) << ratio;
        EXPECT_EQ(written.error().code, errc::invalid_argument);
    }
    for (const char* text : {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"}) {
        Ordered order;
        order.customer = text;
        const auto written = varve::try_encode(order, out);
        ASSERT_FALSE(written) << text;
        EXPECT_NE(written.error().message.find("UTF-8"), std::string::npos)
            << written.error().message;
    }
    EXPECT_EQ(out.size(), 1u);
}

TEST(json_codec, a_fault_is_reported_with_the_member_it_is_in) {
    EXPECT_EQ(said(with("total", "0")), "fine");
    EXPECT_EQ(said(R"({"customer":"c"})"), "shop.ordered: member 'total' is missing");
    EXPECT_EQ(said("[]"), "shop.ordered: the document is not an object");
    EXPECT_EQ(said(with("customer", "7")), "shop.ordered: member 'customer' is not a string");
    EXPECT_EQ(said(with("customer", "null")), "shop.ordered: member 'customer' is not a string");
    EXPECT_EQ(said(with("total", "1.0")), "shop.ordered: member 'total' is not an integer");
    EXPECT_EQ(said(with("total", "9223372036854775808")),
              "shop.ordered: member 'total' does not fit i64");
    EXPECT_EQ(said(with("count", "-1")), "shop.ordered: member 'count' does not fit u64");
    EXPECT_EQ(said(with("small", "256")), "shop.ordered: member 'small' does not fit u8");
    EXPECT_EQ(said(with("kind", "40000")), "shop.ordered: member 'kind' does not fit i16");
    EXPECT_EQ(said(with("share", "1e300")), "shop.ordered: member 'share' does not fit a float");
    EXPECT_EQ(said(with("ratio", "\"1\"")), "shop.ordered: member 'ratio' is not a number");
    EXPECT_EQ(said(with("paid", "1")), "shop.ordered: member 'paid' is not true or false");
    EXPECT_EQ(said(with("lines", "{}")), "shop.ordered: member 'lines' is not an array");
    EXPECT_EQ(
        said(with("lines",
                  R"([{"part":"a","inside":[]},{"part":"b","inside":[{"part":1,"inside":[]}]}])")),
        "shop.ordered: member 'lines[1].inside[0].part' is not a string");
}

TEST(json_codec, a_member_that_comes_twice_is_refused) {
    EXPECT_EQ(said(R"({"customer":"a","customer":"a"})"),
              "shop.ordered: member 'customer' comes twice");
    EXPECT_EQ(said(R"({"customer":"a","custome\u0072":"b"})"),
              "shop.ordered: member 'customer' comes twice");
}

TEST(json_codec, other_members_are_passed_over_and_optional_ones_may_be_absent_or_null) {
    EXPECT_EQ(said(with("total", R"(0,"more":{"deep":[1,2,{"x":null}]})")), "fine");
    const auto line = varve::from_json<Line>(R"({"part":"a","inside":[]})");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->number, std::nullopt);
    EXPECT_EQ(varve::from_json<Line>(R"({"part":"a","number":null,"inside":[]})")->number,
              std::nullopt);
    EXPECT_EQ(varve::from_json<Line>(R"({"part":"a","number":7,"inside":[]})")->number, 7);
}

TEST(json_codec, text_that_is_not_json_or_not_utf8_is_refused_wherever_it_stands) {
    for (const char* text : {"", "{", "{} x", "{'a':1}", "{\"a\":01}", "nul", "\"",
                             R"({"x":"\ud800"})", "\xef\xbb\xbf", R"({"x":"\u12"})",
                             "{\"x\":\"\xff\"}", "{\"x\":\"\n\"}", R"({"x":18446744073709551616})"})
        EXPECT_EQ(said(text).find("shop.ordered: is not JSON: "), 0u) << text << ": " << said(text);
}

// RFC 8259 §9 lets a reader set limits; ours have numbers.
TEST(json_codec, nesting_has_a_limit_of_32) {
    const auto nested = [](std::size_t depth) {
        std::string text = "{\"x\":" + std::string(depth - 1, '[') + "1" +
                           std::string(depth - 1, ']') + "}";
        return said(text);
    };
    EXPECT_EQ(nested(32), "shop.ordered: member 'customer' is missing");
    EXPECT_EQ(nested(33), "shop.ordered: nests deeper than 32");

    Line deep{"leaf", 1, {}};
    for (int i = 0; i < 40; ++i) deep = Line{"node", 1, {deep}};
    Ordered order;
    order.lines = {deep};
    varve::bytes out;
    EXPECT_EQ(varve::try_encode(order, out).error().code, errc::invalid_argument);
}

// semantics.md §9
TEST(json_codec, a_text_beyond_the_limit_is_refused) {
    const std::string large(varve::limits::payload + 1, ' ');
    EXPECT_EQ(said(large), "shop.ordered: has 16777217 bytes, the limit is 16777216");
}

TEST(json_codec, a_large_document_is_read_like_a_small_one) {
    Ordered order;
    order.customer = std::string(1u << 20, 'c');
    for (int i = 0; i < 1'000; ++i) order.lines.push_back({"part", i, {}});
    const auto back = varve::decode<Ordered>(varve::encode(order));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, order);
}

// semantics.md §8
TEST(json_codec, the_descriptor_names_each_member_and_what_it_holds) {
    const auto& described = varve::describe_type<Ordered>();
    EXPECT_EQ(described.type, "shop.ordered");
    EXPECT_EQ(described.encoding, varve::encoding::json);
    EXPECT_EQ(varve::as_text(described.descriptor),
              "customer string\ntotal i64\ncount u64\nratio f64\nshare f32\nsmall u8\npaid bool\n"
              "kind i16\nnote string?\nlines object[]\nlines.part string\nlines.number i32?\n"
              "lines.inside object^1[]\nflags bool[]\nat i64\n");
}

struct Tree {
    static constexpr std::string_view wire_name = "tree";
    using encoding = varve::json;
    struct Branch {
        std::vector<Tree> trees;
        std::vector<Branch> branches;
        static constexpr auto fields = varve::fields(varve::field("trees", &Branch::trees),
                                                     varve::field("branches", &Branch::branches));
    };
    std::optional<std::vector<std::int32_t>> rings;
    std::vector<std::optional<Branch>> twigs;
    bool odd = false;
    static constexpr auto fields = varve::fields(varve::field("rings", &Tree::rings),
                                                 varve::field("twigs", &Tree::twigs),
                                                 varve::field("an odd.na\\me\n", &Tree::odd));
};

TEST(json_codec, the_descriptor_of_a_struct_inside_itself_ends_and_odd_names_are_escaped) {
    EXPECT_EQ(varve::as_text(varve::describe_type<Tree>().descriptor),
              "rings i32[]?\ntwigs object?[]\ntwigs.trees object^2[]\n"
              "twigs.branches object^1[]\nan odd\\.na\\\\me\\n bool\n");
}

}  // namespace
