// What every engine promises, on each of them: the contract of `varve/engine.hpp`.
//
// An engine is what the guarantees of semantics.md §1 (all or nothing), §23 (a consistent prefix) and
// §35 (acknowledged is durable) stand on.

#include "an_engine.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace engines;

static_assert(varve::engine<memory_engine>);
static_assert(varve::engine<sqlite_engine>);
static_assert(varve::engine<rocksdb_engine>);

TYPED_TEST_SUITE(an_engine, places);

TYPED_TEST(an_engine, gives_back_what_was_put_and_nothing_else) {
    this->put(7, "seven");
    this->put("key", "value");
    EXPECT_EQ(this->get(log, 7), "seven");
    EXPECT_EQ(this->get(names, as_bytes("key")), "value");
    EXPECT_EQ(this->get(log, 8), std::nullopt);
    EXPECT_EQ(this->get(names, as_bytes("ke")), std::nullopt);
}

TYPED_TEST(an_engine, keeps_empty_values_and_values_of_any_bytes) {  // semantics.md §8
    const std::string odd{"\0\xff\0\x80 \n", 6};
    const std::string large(3'000'000, 'x');
    this->put(1, "");
    this->put(2, odd);
    this->put(3, large);
    this->put(odd, odd);
    this->put("", "the empty key");
    EXPECT_EQ(this->get(log, 1), "");
    EXPECT_EQ(this->get(log, 2), odd);
    EXPECT_EQ(this->get(log, 3), large);
    EXPECT_EQ(this->get(names, as_bytes(odd)), odd);
    EXPECT_EQ(this->get(names, bytes_view{}), "the empty key");
}

TYPED_TEST(an_engine, replaces_a_value_and_forgets_a_removed_one) {
    this->put(1, "one");
    this->put(1, "another");
    EXPECT_EQ(this->get(log, 1), "another");
    this->write([](auto& t) {
        must(t.remove(log, 1));
        must(t.remove(log, 99));
    });
    EXPECT_EQ(this->get(log, 1), std::nullopt);
    EXPECT_TRUE(stored(*this->engine).log.empty());
}

TYPED_TEST(an_engine, walks_numbers_in_order_from_zero_to_the_largest) {  // semantics.md §24
    constexpr std::uint64_t last = detail::largest_number;
    for (const std::uint64_t n : {last, std::uint64_t{5}, std::uint64_t{0}, std::uint64_t{300}})
        this->put(n, "x");
    using v = std::vector<std::uint64_t>;
    EXPECT_EQ(this->numbers(0, last, direction::forward), (v{0, 5, 300, last}));
    EXPECT_EQ(this->numbers(0, last, direction::backward), (v{last, 300, 5, 0}));
    EXPECT_EQ(this->numbers(5, 300, direction::forward), (v{5, 300}));
    EXPECT_EQ(this->numbers(5, 300, direction::backward), (v{300, 5}));
    EXPECT_EQ(this->numbers(6, 299, direction::forward), v{});
    EXPECT_EQ(this->numbers(300, 5, direction::forward), v{});
    EXPECT_EQ(this->numbers(300, 5, direction::backward), v{});
}

TYPED_TEST(an_engine, finds_the_entry_at_or_before_a_key_by_one_step_backward) {
    for (const std::uint64_t n : {10u, 20u, 30u}) this->put(n, "x");
    using v = std::vector<std::uint64_t>;
    EXPECT_EQ(this->numbers(0, 25, direction::backward, 1), v{20});
    EXPECT_EQ(this->numbers(0, 20, direction::backward, 1), v{20});
    EXPECT_EQ(this->numbers(0, 9, direction::backward, 1), v{});
}

TYPED_TEST(an_engine, orders_byte_keys_as_unsigned_octets) {
    const std::vector<std::string> in_order{
        "",        std::string{"\0", 1}, "a", std::string{"a\0", 2}, "b", "\x7f", "\x80", "\xff",
        "\xff\x01"};
    for (auto at = in_order.rbegin(); at != in_order.rend(); ++at) this->put(*at, "x");
    for (const auto way : {direction::forward, direction::backward}) {
        std::vector<std::string> seen;
        auto view = must(this->engine->view());
        must(view.scan(names, bytes_view{}, as_bytes("\xff\xff"), way,
                       [&](const key& at, bytes_view) {
                           seen.emplace_back(as_text(at.octets));
                           return true;
                       }));
        if (way == direction::backward) std::ranges::reverse(seen);
        EXPECT_EQ(seen, in_order);
    }
}

TYPED_TEST(an_engine, a_long_scan_gives_each_entry_once_both_ways) {  // semantics.md §24
    this->write([](auto& t) {
        for (std::uint64_t n = 1; n <= 1000; ++n) must(t.put(log, n * 3, as_bytes("x")));
    });
    auto forward = this->numbers(0, 10'000, direction::forward, 2000);
    ASSERT_EQ(forward.size(), 1000u);
    for (std::size_t i = 0; i < forward.size(); ++i) EXPECT_EQ(forward[i], (i + 1) * 3);
    auto backward = this->numbers(0, 10'000, direction::backward, 2000);
    std::ranges::reverse(backward);
    EXPECT_EQ(backward, forward);
}

TYPED_TEST(an_engine, a_scan_may_read_the_same_space_from_within) {
    for (std::uint64_t n = 1; n <= 100; ++n) this->put(n, std::to_string(n));
    auto view = must(this->engine->view());
    std::uint64_t inner = 0;
    must(view.scan(log, std::uint64_t{1}, std::uint64_t{100}, direction::forward,
                   [&](const key& at, bytes_view value) {
                       must(view.scan(log, at, at, direction::forward,
                                      [&](const key&, bytes_view v) {
                                          EXPECT_EQ(as_text(v), as_text(value));
                                          ++inner;
                                          return true;
                                      }));
                       return true;
                   }));
    EXPECT_EQ(inner, 100u);
}

}  // namespace
