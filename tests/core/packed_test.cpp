#include <varve/packed.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using varve::bytes;

bytes packed_tags(const std::vector<std::string>& tags) {
    bytes raw;
    for (const auto& tag : tags) {
        varve::detail::put(raw, static_cast<std::uint16_t>(tag.size()));
        varve::detail::put_bytes(raw, varve::as_bytes(tag));
    }
    return raw;
}

// semantics.md §8
TEST(packed, tags_come_back_in_order_with_any_bytes) {
    const std::vector<std::string> tags{"customer:7", "", std::string("\0\xff", 2),
                                        std::string(255, 'x')};
    const auto raw = packed_tags(tags);
    const varve::tag_range range{raw, tags.size()};
    EXPECT_EQ(range.size(), tags.size());
    EXPECT_TRUE(std::equal(range.begin(), range.end(), tags.begin(), tags.end()));
}

// semantics.md §8
TEST(packed, headers_come_back_in_order_with_any_bytes) {
    const std::vector<varve::header> headers{
        {"trace", "00-01"}, {"", ""}, {"trace", {"\0\xfe", 2}}};
    bytes raw;
    for (const auto& each : headers) {
        varve::detail::put(raw, static_cast<std::uint16_t>(each.key.size()));
        varve::detail::put(raw, static_cast<std::uint32_t>(each.value.size()));
        varve::detail::put_bytes(raw, varve::as_bytes(each.key));
        varve::detail::put_bytes(raw, varve::as_bytes(each.value));
    }
    const varve::header_range range{raw, headers.size()};
    EXPECT_TRUE(std::equal(range.begin(), range.end(), headers.begin(), headers.end()));
}

TEST(packed, an_empty_range_has_no_entries) {
    const varve::tag_range none;
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(none.begin(), none.end());
}

}  // namespace
