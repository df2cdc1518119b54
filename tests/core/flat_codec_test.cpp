#include <varve/codec.hpp>
#include <varve/time.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

namespace {

using varve::bytes;
using varve::errc;

enum class side : std::uint16_t { buy = 1, sell = 2 };

struct point {
    float x, y;
};

struct Traded {
    static constexpr std::string_view wire_name = "desk.traded";
    static constexpr std::uint32_t schema_version = 3;
    std::int64_t quantity;
    double price;
    char symbol[4];
    point route[2];
    std::array<char, 6> venue;
    side which;
    bool cleared, broken;
    std::int16_t small;
    varve::position seen;
    varve::timestamp at;
    varve::append_id order;
};

struct Nudged {
    static constexpr std::string_view wire_name = "desk.nudged";
    std::uint8_t by;
    std::int8_t back;
    std::uint16_t hard;
    float much;
    static constexpr auto fields = varve::fields(
        varve::field("much", &Nudged::much), varve::field("by", &Nudged::by),
        varve::field("back", &Nudged::back), varve::field("hard", &Nudged::hard));
};

struct Rang {
    static constexpr std::string_view wire_name = "desk.rang";
};

/// Not an aggregate: it needs `fields` to be seen through.
class Sealed {
public:
    static constexpr std::string_view wire_name = "desk.sealed";
    Sealed() = default;
    explicit Sealed(std::int32_t n) : number(n) {}
    std::int32_t number = 0;
    static constexpr auto fields = varve::fields(varve::field("number", &Sealed::number));
};

Traded sample() {
    Traded trade{};
    trade.quantity = -5;
    trade.price = 0.1;
    std::memcpy(trade.symbol, "ABC", 4);
    trade.route[1].y = 2.5f;
    trade.which = side::sell;
    trade.cleared = true;
    trade.seen = varve::position{9};
    return trade;
}

// semantics.md §8
TEST(flat_codec, a_flat_struct_comes_back_byte_for_byte) {
    const auto trade = sample();
    const auto payload = varve::encode(trade);
    ASSERT_EQ(payload.size(), sizeof trade);
    EXPECT_EQ(std::memcmp(payload.data(), &trade, sizeof trade), 0);
    const auto back = varve::decode<Traded>(payload);
    ASSERT_TRUE(back);
    EXPECT_EQ(std::memcmp(&*back, &trade, sizeof trade), 0);
}

TEST(flat_codec, the_descriptor_says_where_each_number_lies) {
    const auto& described = varve::describe_type<Traded>();
    EXPECT_EQ(described.type, "desk.traded");
    EXPECT_EQ(described.schema_version, 3u);
    EXPECT_EQ(described.encoding, varve::encoding::flat);
    EXPECT_EQ(varve::as_text(described.descriptor),
              "f0 i64 0 8\n"
              "f1 f64 8 8\n"
              "f2 bytes 16 4\n"
              "f3.0.f0 f32 20 4\n"
              "f3.0.f1 f32 24 4\n"
              "f3.1.f0 f32 28 4\n"
              "f3.1.f1 f32 32 4\n"
              "f4 bytes 36 6\n"
              "f5 u16 42 2\n"
              "f6 bool 44 1\n"
              "f7 bool 45 1\n"
              "f8 i16 46 2\n"
              "f9 u64 48 8\n"
              "f10 i64 56 8\n"
              "f11.f0 bytes 64 16\n");
}

TEST(flat_codec, named_fields_keep_their_names_and_true_offsets_in_any_order) {
    EXPECT_EQ(varve::as_text(varve::describe_type<Nudged>().descriptor),
              "much f32 4 4\nby u8 0 1\nback i8 1 1\nhard u16 2 2\n");
    EXPECT_EQ(varve::as_text(varve::describe_type<Sealed>().descriptor), "number i32 0 4\n");
    EXPECT_EQ(varve::decode<Sealed>(varve::encode(Sealed{-7}))->number, -7);
}

TEST(flat_codec, an_event_without_members_has_no_payload) {
    EXPECT_TRUE(varve::encode(Rang{}).empty());
    EXPECT_TRUE(varve::decode<Rang>({}));
    EXPECT_TRUE(varve::describe_type<Rang>().descriptor.empty());
    const bytes one(1);
    EXPECT_EQ(varve::decode<Rang>(one).error().code, errc::undecodable);
}

TEST(flat_codec, a_payload_of_another_size_is_refused_with_both_sizes) {
    auto payload = varve::encode(sample());
    payload.pop_back();
    const auto back = varve::decode<Traded>(payload);
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().code, errc::undecodable);
    EXPECT_EQ(back.error().message, "desk.traded: stored with 79 bytes, the struct has 80");
}

TEST(flat_codec, a_payload_of_another_schema_version_is_refused) {
    const auto back = varve::decode<Traded>(varve::encode(sample()), 2);
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().code, errc::undecodable);
    EXPECT_NE(back.error().message.find("schema version 2"), std::string::npos)
        << back.error().message;
}

TEST(flat_codec, a_bool_that_is_neither_true_nor_false_is_refused_before_it_is_read) {
    auto payload = varve::encode(sample());
    payload[45] = std::byte{2};
    const auto back = varve::decode<Traded>(payload);
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().code, errc::undecodable);
}

TEST(flat_codec, encoding_appends_and_leaves_what_was_there) {
    bytes out{std::byte{42}};
    ASSERT_TRUE(varve::try_encode(Nudged{1, 2, 3, 4.0f}, out));
    EXPECT_EQ(out.size(), 9u);
    EXPECT_EQ(out[0], std::byte{42});
}

/// A codec of the user's own.
struct Text {
    static constexpr std::string_view wire_name = "desk.text";
    std::string text;
};

}  // namespace

template <>
struct varve::codec<Text> {
    static constexpr encoding kind = encoding::opaque;
    static void encode(const Text& value, bytes& out) {
        const auto raw = as_bytes(value.text);
        out.insert(out.end(), raw.begin(), raw.end());
    }
    static result<Text> decode(bytes_view payload, std::uint32_t) {
        return Text{std::string{as_text(payload)}};
    }
    static bytes descriptor() { return {}; }
};

namespace {

TEST(flat_codec, a_type_may_bring_a_codec_of_its_own) {
    EXPECT_EQ(varve::decode<Text>(varve::encode(Text{"hello"}))->text, "hello");
    EXPECT_EQ(varve::describe_type<Text>().encoding, varve::encoding::opaque);
}

// semantics.md §9
TEST(flat_codec, a_payload_beyond_the_limit_is_neither_written_nor_read) {
    bytes out{std::byte{42}};
    const auto written = varve::try_encode(Text{std::string(varve::limits::payload + 1, 'x')}, out);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, errc::too_large);
    EXPECT_NE(written.error().message.find("the limit is 16777216"), std::string::npos);
    EXPECT_EQ(out.size(), 1u);

    const bytes large(varve::limits::payload + 1);
    EXPECT_EQ(varve::decode<Text>(large).error().code, errc::undecodable);
    EXPECT_TRUE(varve::decode<Text>(varve::bytes_view{large}.first(varve::limits::payload)));
}

}  // namespace
