// What every engine promises of a transaction: all or nothing, savepoints, and limits.

#include "an_engine.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace engines;

template <class Place>
class an_engine_in_a_transaction : public an_engine<Place> {};

TYPED_TEST_SUITE(an_engine_in_a_transaction, places);

TYPED_TEST(an_engine_in_a_transaction,
           that_fails_leaves_nothing_and_does_no_harm) {  // semantics.md §1
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

TYPED_TEST(an_engine_in_a_transaction, that_throws_leaves_nothing_and_does_no_harm) {
    EXPECT_THROW((void)this->engine->transact([](auto& t) -> result<void> {
        must(t.put(log, 1, as_bytes("x")));
        throw std::runtime_error{"from within"};
    }),
                 std::runtime_error);
    EXPECT_EQ(this->get(log, 1), std::nullopt);
    this->put(1, "goes on");
    EXPECT_EQ(this->get(log, 1), "goes on");
}

TYPED_TEST(an_engine_in_a_transaction,
           rolls_back_to_a_savepoint_and_keeps_what_was_before) {  // semantics.md §58
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

TYPED_TEST(an_engine_in_a_transaction,
           refuses_what_breaks_its_limits_before_it_writes) {  // semantics.md §9
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

TYPED_TEST(an_engine_in_a_transaction, refuses_a_read_in_a_space_it_was_not_opened_with) {
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

TYPED_TEST(an_engine_in_a_transaction, refuses_a_list_of_spaces_that_makes_no_sense) {
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

}  // namespace
