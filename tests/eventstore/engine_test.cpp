// What every engine promises, on each of them: the contract of `varve/engine.hpp`.
//
// An engine is what the guarantees of semantics.md §1 (all or nothing), §23 (a consistent prefix) and
// §35 (acknowledged is durable) stand on.

#include "engines.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace engines;

static_assert(varve::engine<memory_engine>);
static_assert(varve::engine<sqlite_engine>);

template <class Place>
class an_engine : public testing::Test {
protected:
    using engine_type = typename Place::engine;
    using transaction = typename engine_type::transaction;

    void write(const auto& work) {
        must(engine->transact([&](transaction& t) -> result<void> {
            work(t);
            return {};
        }));
    }
    void put(std::uint64_t at, std::string_view value) {
        write([&](transaction& t) { must(t.put(log, at, as_bytes(value))); });
    }
    void put(std::string_view at, std::string_view value) {
        write([&](transaction& t) { must(t.put(names, as_bytes(at), as_bytes(value))); });
    }
    std::optional<std::string> get(const space& in, const key& at) {
        std::optional<std::string> value;
        auto view = must(engine->view());
        const bool found = must(view.get(in, at, [&](bytes_view v) { value = as_text(v); }));
        EXPECT_EQ(found, value.has_value());
        return value;
    }
    std::vector<std::uint64_t> numbers(std::uint64_t low, std::uint64_t high, direction way,
                                       std::size_t most = 1000) {
        std::vector<std::uint64_t> seen;
        auto view = must(engine->view());
        must(view.scan(log, low, high, way, [&](const key& at, bytes_view) {
            seen.push_back(at.number);
            return seen.size() < most;
        }));
        return seen;
    }

    Place place;
    std::optional<engine_type> engine{must(place.open())};
};

using places = testing::Types<memory_place, simulated_sqlite_place, engines::sqlite_place>;
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

TYPED_TEST(an_engine,
           a_transaction_that_fails_leaves_nothing_and_does_no_harm) {  // semantics.md §1
    this->put(1, "before");
    const auto refused = this->engine->transact([](auto& t) -> result<void> {
        must(t.put(log, 1, as_bytes("after")));
        must(t.put(log, 2, as_bytes("new")));
        must(t.remove(names, as_bytes("a")));
        return fail(errc::conflict, "no");
    });
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, errc::conflict);
    EXPECT_EQ(refused.error().message, "no");
    EXPECT_EQ(this->get(log, 1), "before");
    EXPECT_EQ(this->get(log, 2), std::nullopt);
    this->put(2, "goes on");
    EXPECT_EQ(this->get(log, 2), "goes on");
}

TYPED_TEST(an_engine, a_transaction_that_throws_leaves_nothing_and_does_no_harm) {
    EXPECT_THROW((void)this->engine->transact([](auto& t) -> result<void> {
        must(t.put(log, 1, as_bytes("x")));
        throw std::runtime_error{"from within"};
    }),
                 std::runtime_error);
    EXPECT_EQ(this->get(log, 1), std::nullopt);
    this->put(1, "goes on");
    EXPECT_EQ(this->get(log, 1), "goes on");
}

TYPED_TEST(an_engine, rolls_back_to_a_savepoint_and_keeps_what_was_before) {  // semantics.md §58
    this->write([](auto& t) {
        must(t.put(log, 1, as_bytes("kept")));
        const auto first = must(t.savepoint());
        must(t.put(log, 1, as_bytes("dropped")));
        must(t.put(log, 2, as_bytes("dropped")));
        const auto second = must(t.savepoint());
        must(t.put(log, 3, as_bytes("dropped")));
        must(t.rollback_to(second));
        must(t.put(log, 4, as_bytes("dropped, too")));
        must(t.rollback_to(first));
        must(t.put(log, 5, as_bytes("kept")));
        const auto third = must(t.savepoint());
        must(t.put(log, 6, as_bytes("dropped")));
        must(t.rollback_to(third));
        must(t.put(log, 6, as_bytes("kept")));
        must(t.rollback_to(third));
        EXPECT_EQ(t.rollback_to(99).error().code, errc::invalid_argument);
    });
    const content expected{{{1, "kept"}, {5, "kept"}}, {}};
    EXPECT_EQ(stored(*this->engine), expected);
    must(this->engine->reopen());
    EXPECT_EQ(stored(*this->engine), expected);
}

TYPED_TEST(an_engine, a_view_does_not_see_what_is_written_later) {  // semantics.md §23
    this->put(1, "old");
    this->put(2, "stays");
    auto view = must(this->engine->view());
    this->write([](auto& t) {
        must(t.put(log, 1, as_bytes("new")));
        must(t.remove(log, 2));
        must(t.put(log, 3, as_bytes("new")));
    });
    this->put(1, "newer");
    const content before{{{1, "old"}, {2, "stays"}}, {}};
    EXPECT_EQ(read_all(view), before);
    auto later = must(this->engine->view());
    const content after{{{1, "newer"}, {3, "new"}}, {}};
    EXPECT_EQ(read_all(later), after);
    EXPECT_EQ(read_all(view), before);
}

TYPED_TEST(an_engine, a_view_that_is_open_does_not_keep_its_own_thread_from_writing) {  // §27
    for (std::uint64_t n = 1; n <= 5; ++n) this->put(n, "x");
    auto view = must(this->engine->view());
    std::uint64_t seen = 0;
    must(view.scan(log, std::uint64_t{0}, std::uint64_t{1000}, direction::forward,
                   [&](const key& at, bytes_view) {
                       this->put(at.number + 100, "written while reading");
                       ++seen;
                       return true;
                   }));
    EXPECT_EQ(seen, 5u);
    EXPECT_EQ(stored(*this->engine).log.size(), 10u);
}

TYPED_TEST(an_engine, a_view_survives_reopen_with_what_it_saw) {
    this->put(1, "old");
    auto view = must(this->engine->view());
    must(this->engine->reopen());
    this->put(1, "new");
    const content before{{{1, "old"}}, {}};
    EXPECT_EQ(read_all(view), before);
    EXPECT_EQ(this->get(log, 1), "new");
}

TYPED_TEST(an_engine, what_is_stored_is_there_after_reopen_and_after_a_new_open) {  // §35
    content model;
    for (std::uint64_t n = 1; n <= 50; ++n) {
        must(take_step(*this->engine, n));
        apply_step(model, n);
    }
    EXPECT_EQ(stored(*this->engine), model);
    must(this->engine->reopen());
    EXPECT_EQ(stored(*this->engine), model);
    this->engine.reset();
    this->engine.emplace(must(this->place.open()));
    EXPECT_EQ(stored(*this->engine), model);
}

TYPED_TEST(an_engine, refuses_a_second_one_on_the_same_place) {  // semantics.md §40
    const auto second = this->place.open();
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, errc::busy);
    EXPECT_NE(second.error().message.find("this process"), std::string::npos);
    this->put(1, "the first one goes on");
    this->engine.reset();
    EXPECT_TRUE(this->place.open().has_value());
}

TYPED_TEST(an_engine, refuses_what_breaks_its_limits_before_it_writes) {  // semantics.md §9
    const auto put = [&](const space& in, const key& at, bytes_view value) {
        const auto refused = this->engine->transact(
            [&](auto& t) -> result<void> { return t.put(in, at, value); });
        return refused ? errc{} : refused.error().code;
    };
    const std::string long_key(detail::largest_key + 1, 'k');
    const space unknown{"other", key_kind::number, 2};
    EXPECT_EQ(put(names, as_bytes(long_key), {}), errc::too_large);
    EXPECT_EQ(put(log, detail::largest_number + 1, {}), errc::invalid_argument);
    EXPECT_EQ(put(log, as_bytes("text"), {}), errc::invalid_argument);
    EXPECT_EQ(put(names, 7, {}), errc::invalid_argument);
    EXPECT_EQ(put(unknown, 7, {}), errc::invalid_argument);
    EXPECT_EQ(put(names, as_bytes(long_key.substr(1)), {}), errc{});
    EXPECT_EQ(put(log, detail::largest_number, {}), errc{});
}

TYPED_TEST(an_engine, refuses_a_read_in_a_space_it_was_not_opened_with) {
    auto view = must(this->engine->view());
    const space unknown{"other", key_kind::number, 2};
    const auto got = view.get(unknown, 1, [](bytes_view) {});
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, errc::invalid_argument);
    const auto scanned = view.scan(unknown, 1, 2, direction::forward,
                                   [](const key&, bytes_view) { return true; });
    ASSERT_FALSE(scanned.has_value());
    EXPECT_EQ(scanned.error().code, errc::invalid_argument);
}

TYPED_TEST(an_engine, refuses_a_list_of_spaces_that_makes_no_sense) {
    using tested = typename TypeParam::engine;
    const auto open = [](const std::vector<space>& list) {
        if constexpr (std::is_same_v<tested, memory_engine>)
            return tested::open(list);
        else
            return tested::open("/nonexistent/x", list);
    };
    for (const auto& list : {std::vector<space>{},
                             {{"UPPER", key_kind::number, 0}},
                             {{"a", key_kind::number, 1}},
                             {{"a", key_kind::number, 0}, {"a", key_kind::octets, 1}}}) {
        const auto refused = open(list);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, errc::invalid_argument);
    }
}

TYPED_TEST(an_engine, shows_readers_whole_transactions_in_order_while_it_writes) {  // §7, §23
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> views = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            std::size_t seen = 0;
            while (!stop) {
                auto view = must(this->engine->view());
                const content all = read_all(view);
                // each transaction puts its number into both spaces
                ASSERT_EQ(all.log.size(), all.names.size());
                ASSERT_GE(all.log.size(), seen);
                seen = all.log.size();
                ASSERT_TRUE(seen == 0 || all.log.rbegin()->first == seen);
                ++views;
            }
        });
    }
    for (std::uint64_t n = 1; n <= 200 || views < 30; ++n) {
        this->write([n](auto& t) {
            must(t.put(log, n, as_bytes("x")));
            must(t.put(names, as_bytes(std::to_string(n)), as_bytes("x")));
        });
        if (n % 64 == 0) must(this->engine->reopen());
    }
    stop = true;
    for (auto& reader : readers) reader.join();
}

}  // namespace
