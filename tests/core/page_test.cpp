#include <varve/store.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

// semantics.md §8
TEST(page, a_page_keeps_its_events_when_the_bytes_they_were_views_of_are_gone) {
    varve::event_page page;
    {
        std::string stream = "account-7", type = "bank.opened", payload(1'000, 'p');
        varve::bytes tags;
        varve::detail::put(tags, std::uint16_t{2});
        varve::detail::put_bytes(tags, varve::as_bytes("vi"));
        varve::recorded_event event;
        event.position = varve::position{3};
        event.stream = stream;
        event.type = type;
        event.payload = varve::as_bytes(payload);
        event.tags = {tags, 1};
        page.add(event);
        page.finish({.head = varve::position{9}, .last = varve::position{3}, .more = true});
        stream.assign(stream.size(), 'x');
        payload.assign(payload.size(), 'x');
        tags.assign(tags.size(), std::byte{});
    }
    const auto moved = std::move(page);
    ASSERT_EQ(moved.size(), 1u);
    EXPECT_EQ(moved[0].stream, "account-7");
    EXPECT_EQ(moved[0].type, "bank.opened");
    EXPECT_EQ(varve::as_text(moved[0].payload), std::string(1'000, 'p'));
    EXPECT_EQ(*moved[0].tags.begin(), "vi");
    EXPECT_EQ(moved.info().head, varve::position{9});
    EXPECT_TRUE(moved.info().more);
}

}  // namespace
