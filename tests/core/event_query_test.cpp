// What a query says: which events it means, and which queries no store takes (semantics §16, §22).

#include <varve/event_query.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using varve::errc;
using varve::event_query;
using varve::limits::query_items;
using varve::limits::query_names;
using varve::query_item;

/// Tags as they lie in a stored event.
class packed_tags {
public:
    explicit packed_tags(const std::vector<std::string>& tags) : count_(tags.size()) {
        for (const auto& tag : tags) {
            varve::detail::put(raw_, static_cast<std::uint16_t>(tag.size()));
            varve::detail::put_bytes(raw_, varve::as_bytes(tag));
        }
    }
    varve::tag_range range() const { return {raw_, count_}; }

private:
    varve::bytes raw_;
    std::size_t count_;
};

bool matches(const event_query& query, std::string_view stream, std::string_view type,
             const std::vector<std::string>& tags = {}) {
    const packed_tags packed{tags};
    return query.matches(stream, type, packed.range());
}

errc refused(const event_query& query) {
    const auto checked = query.check();
    return checked ? errc{} : checked.error().code;
}

// semantics §16
TEST(event_query, is_one_of_the_items_with_all_of_the_tags_and_one_of_each_other_list) {
    const auto query = event_query::any_of(
        {{.categories = {"seat", "row"}, .tags = {"b", "a"}}, {.types = {"taken", "freed"}}});
    EXPECT_TRUE(matches(query, "seat-1", "sold", {"a", "x", "b"}));
    EXPECT_TRUE(matches(query, "row", "sold", {"b", "a"}));
    EXPECT_FALSE(matches(query, "seat-1", "sold", {"a"}));
    EXPECT_FALSE(matches(query, "show-1", "sold", {"a", "b"}));
    EXPECT_TRUE(matches(query, "show-1", "freed"));
    EXPECT_FALSE(matches(query, "seats-1", "tak"));
    EXPECT_TRUE(matches(event_query::everything(), "x", "$tombstone"));
}

// semantics §22
TEST(event_query, compares_names_byte_by_byte) {
    const auto query = event_query::tagged({std::string("a\0", 2)});
    EXPECT_TRUE(matches(query, "x", "t", {std::string("a\0", 2)}));
    for (const auto& near : {std::string{"a"}, std::string{"A"}, std::string("a\0\0", 3)})
        EXPECT_FALSE(matches(query, "x", "t", {near}));
}

TEST(event_query, keeps_its_names_sorted_and_once) {
    const auto query = event_query::any_of({{.types = {"b", "a", "b"}, .tags = {"y", "x", "y"}}});
    ASSERT_EQ(query.items().size(), 1u);
    EXPECT_EQ(query.items()[0], (query_item{.types = {"a", "b"}, .tags = {"x", "y"}}));
    EXPECT_EQ(query, event_query::any_of({{.types = {"a", "b"}, .tags = {"x", "y"}}}));
}

// semantics §16
TEST(event_query, of_nothing_means_nothing_and_says_so) {
    EXPECT_FALSE(matches(event_query{}, "a-1", "t"));
    EXPECT_EQ(refused(event_query{}), errc::invalid_argument);
    EXPECT_EQ(refused(event_query::any_of({query_item{}})), errc::invalid_argument);
    EXPECT_NE(event_query{}.check().error().message.find("everything()"), std::string::npos);
    EXPECT_TRUE(event_query::everything().check());
}

TEST(event_query, that_can_match_nothing_by_its_form_is_refused) {
    EXPECT_EQ(refused(event_query::tagged({""})), errc::invalid_argument);
    EXPECT_EQ(refused(event_query::any_of({{.categories = {"a-1"}}})), errc::invalid_argument);
    EXPECT_EQ(refused(event_query::any_of({{.types = {std::string(256, 't')}}})), errc::too_large);
    EXPECT_TRUE(event_query::any_of({{.types = {"$soft-deleted"}}}).check())
        << "the store writes such events, so they can be asked for";
}

TEST(event_query, has_limits_that_its_errors_name) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i <= query_names; ++i) names.push_back(std::to_string(i));
    const auto checked = event_query::any_of({{.types = names}}).check();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, errc::too_large);
    EXPECT_NE(checked.error().message.find(std::to_string(query_names)), std::string::npos);
    EXPECT_EQ(refused(event_query::tagged(names)), errc::too_large);
    names.pop_back();
    EXPECT_TRUE(event_query::any_of({{.types = names}}).check());
    const std::vector<query_item> items(query_items + 1, query_item{.tags = {"x"}});
    EXPECT_EQ(refused(event_query::any_of(items)), errc::too_large);
}

}  // namespace
