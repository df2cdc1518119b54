#include <varve/ids.hpp>

#include <gtest/gtest.h>

namespace {

TEST(ids, an_identifier_is_read_back_from_its_text) {
    varve::append_id id;
    for (std::size_t i = 0; i < 16; ++i) id.raw[i] = static_cast<std::byte>(i * 17);
    EXPECT_EQ(to_string(id), "00112233-4455-6677-8899-aabbccddeeff");
    EXPECT_EQ(varve::parse_id<varve::append_id>(to_string(id)), id);
    EXPECT_EQ(varve::parse_id<varve::append_id>("00112233445566778899AABBCCDDEEFF"), id);
}

TEST(ids, a_text_that_is_no_identifier_is_not_read) {
    for (const char* text :
         {"", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeff0",
          "00112233-4455-6677-8899-aabbccddeefg", "00112233 4455 6677 8899 aabbccddeeff"})
        EXPECT_EQ(varve::parse_id<varve::event_id>(text), std::nullopt) << text;
}

TEST(ids, all_zero_means_none) {
    EXPECT_TRUE(varve::event_id{}.is_none());
    auto id = varve::event_id{};
    id.raw[15] = std::byte{1};
    EXPECT_FALSE(id.is_none());
    EXPECT_EQ(varve::as_id<varve::message_id>(id).raw, id.raw);
}

TEST(ids, the_first_position_and_revision_are_one) {
    EXPECT_EQ(varve::position{}.next(), varve::position{1});
    EXPECT_EQ(varve::revision{}.next(), varve::revision{1});
    EXPECT_LT(varve::position{}, varve::position{1});
}

}  // namespace
