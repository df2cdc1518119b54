// What every engine promises to whoever reads beside a writer, and from one opening to the next.

#include "an_engine.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace engines;

template <class Place>
class an_engine_with_readers : public an_engine<Place> {};

TYPED_TEST_SUITE(an_engine_with_readers, places);

TYPED_TEST(an_engine_with_readers, a_view_does_not_see_what_is_written_later) {  // semantics.md §23
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

TYPED_TEST(an_engine_with_readers,
           a_view_that_is_open_does_not_keep_its_own_thread_from_writing) {  // §27
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

TYPED_TEST(an_engine_with_readers, a_view_survives_reopen_with_what_it_saw) {
    this->put(1, "old");
    auto view = must(this->engine->view());
    must(this->engine->reopen());
    this->put(1, "new");
    const content before{{{1, "old"}}, {}};
    EXPECT_EQ(read_all(view), before);
    EXPECT_EQ(this->get(log, 1), "new");
}

TYPED_TEST(an_engine_with_readers,
           what_is_stored_is_there_after_reopen_and_after_a_new_open) {  // §35
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

TYPED_TEST(an_engine_with_readers, refuses_a_second_one_on_the_same_place) {  // semantics.md §40
    const auto second = this->place.open();
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, errc::busy);
    EXPECT_NE(second.error().message.find("this process"), std::string::npos);
    this->put(1, "the first one goes on");
    this->engine.reset();
    EXPECT_TRUE(this->place.open().has_value());
}

TYPED_TEST(an_engine_with_readers,
           shows_readers_whole_transactions_in_order_while_it_writes) {  // §7, §23
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
