// Append ids that expire, over each engine (semantics.md §11, §14).
#include "conformance/engines.hpp"

#include <varve/append_async.hpp>
#include <varve/testing/store_test.hpp>

#include <gtest/gtest.h>

#include <latch>
#include <optional>
#include <string>
#include <vector>

namespace varve::tests {
namespace {

using namespace testkit;
using namespace std::chrono_literals;

struct of_parameter : our_harness {
    of_parameter() : our_harness(testing::WithParamInterface<const char*>::GetParam()) {}
};

constexpr std::chrono::nanoseconds kept = 10min;

class expiry : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override { open(kept); }

    /// Ends the life of the store and begins another.
    void open(std::optional<std::chrono::nanoseconds> age) {
        world_.close();
        world_.harness.expire_append_ids_after(age);
        const auto opened = world_.open();
        ASSERT_TRUE(opened) << words_of(opened);
    }
    any_store& store() { return world_.store(); }

    /// Something is recorded after this time has passed.
    void pass(std::chrono::nanoseconds time) {
        world_.clock.advance(time);
        ASSERT_TRUE(world_.write("others-1").append_to(store()));
    }
    receipt stored(const draft& request) { return must(request.append_to(store())); }
    std::optional<receipt> found(const append_id& id) { return must(store().find(id)); }
    draft one() { return world_.write("a-1", "mine"); }

    void expect_sound() {
        const auto seen = audit(store(), true);
        EXPECT_TRUE(seen.sound()) << seen.text();
    }

    store_world<of_parameter> world_;
};

TEST_P(expiry, S14_an_id_is_known_until_something_is_recorded_later_than_it_is_kept) {
    const auto request = one();
    const auto first = stored(request);
    pass(kept);
    EXPECT_EQ(found(request.id()), first) << "just as old as it may be";
    EXPECT_EQ(stored(request), first);
    pass(1ns);
    EXPECT_EQ(found(request.id()), std::nullopt);
    const auto second = stored(request);
    EXPECT_EQ(second.first, position{4}) << "a retry after the expiry is a new append";
    EXPECT_EQ(second.streams.at(0).revision, revision{2});
    EXPECT_EQ(found(request.id()), second);
    EXPECT_EQ(stored(request), second) << "which is known by its id in its turn";
    EXPECT_EQ(store().head(), position{4});
    expect_sound();
}

TEST_P(expiry, S11_other_bytes_are_refused_under_a_known_id_and_taken_under_a_forgotten_one) {
    const auto request = one();
    stored(request);
    draft other{request.id()};
    other.event("b-1", "other");
    pass(kept);
    EXPECT_EQ(code_of(other.append_to(store())), errc::id_reused);
    pass(1ns);
    EXPECT_EQ(stored(other).first, position{4});
    EXPECT_EQ(code_of(request.append_to(store())), errc::id_reused);
    expect_sound();
}

TEST_P(expiry, S14_a_store_that_is_idle_forgets_nothing) {
    const auto request = one();
    const auto first = stored(request);
    world_.clock.advance(24h * 3650);
    EXPECT_EQ(found(request.id()), first);
    EXPECT_EQ(stored(request), first) << "time is that of the log, and nothing was recorded";
    open(kept);
    EXPECT_EQ(stored(request), first);
}

TEST_P(expiry, S14_a_clock_that_is_set_back_forgets_nothing_and_keeps_what_was_forgotten) {
    const auto old = one();
    stored(old);
    pass(kept + 1ns);
    const auto young = one();
    const auto first = stored(young);
    world_.clock.jump(-24h);
    pass(1ns);
    EXPECT_EQ(found(young.id()), first);
    EXPECT_EQ(found(old.id()), std::nullopt);
    expect_sound();
}

TEST_P(expiry, S14_what_is_known_and_what_is_forgotten_is_the_same_after_every_restart) {
    std::vector<std::pair<append_id, std::optional<receipt>>> all;
    for (int i = 0; i < 30; ++i) {
        all.emplace_back(stored(one()).id, std::nullopt);
        pass(kept / 20);
    }
    int known = 0;
    for (auto& [id, is] : all) known += (is = found(id)).has_value() ? 1 : 0;
    EXPECT_EQ(known, 20);
    for (int life = 0; life < 3; ++life) {
        if (life == 1)
            ASSERT_TRUE(store().reopen());
        else
            open(kept);
        for (const auto& [id, is] : all) EXPECT_EQ(found(id), is) << to_string(id);
    }
    expect_sound();
}

TEST_P(expiry, S14_another_expiry_at_the_next_open_holds_for_what_was_written_before) {
    const auto request = one();
    const auto first = stored(request);
    pass(kept + 1ns);
    const auto young = one();
    const auto youngest = stored(young);
    open(std::nullopt);
    EXPECT_EQ(found(request.id()), first) << "nothing was taken out of the log";
    EXPECT_EQ(stored(request), first);
    open(kept / 10);
    EXPECT_EQ(found(request.id()), std::nullopt);
    const auto second = stored(request);
    EXPECT_GT(second.first, youngest.first);
    pass(kept / 2);
    EXPECT_EQ(found(request.id()), std::nullopt);
    const auto third = stored(request);
    for (const auto age : {std::optional<std::chrono::nanoseconds>{}, std::optional{kept}}) {
        open(age);
        EXPECT_EQ(found(request.id()), third) << "of those that are there, the newest";
        EXPECT_EQ(stored(request), third);
        EXPECT_EQ(found(young.id()), youngest);
        expect_sound();
    }
    ASSERT_TRUE(store().reopen());
    EXPECT_EQ(found(request.id()), third);
}

TEST_P(expiry, S14_what_a_group_has_recorded_before_makes_an_id_expire_for_what_follows_in_it) {
    const auto request = one();
    const auto first = stored(request);
    world_.clock.advance(kept + 1ns);
    std::vector<result<receipt>> answers(3, result<receipt>{fail(errc::closed, "")});
    std::latch busy{1}, answered{3};
    world_.threads.post([&busy] { busy.wait(); });  // the one thread there is to lead
    const std::vector<draft> group{request, world_.write("others-1"), request};
    for (std::size_t i = 0; i < group.size(); ++i)
        group[i].send([&](const append_request& each) {
            store().append_async(each, [&, i](result<receipt> answer) {
                answers[i] = std::move(answer);
                answered.count_down();
            });
        });
    busy.count_down();
    answered.wait();
    EXPECT_EQ(must(answers[0]), first) << "nothing was recorded yet";
    EXPECT_EQ(must(answers[2]).first, position{3});
    open(kept);
    EXPECT_EQ(found(request.id()), must(answers[2]));
    expect_sound();
}

TEST_P(expiry, S23_a_reader_that_knows_of_no_expiry_reads_ids_that_are_there_twice) {
    const auto request = one();
    stored(request);
    pass(kept + 1ns);
    const auto second = stored(request);
    world_.harness.expire_append_ids_after(std::nullopt);
    const bool alone = std::string_view{GetParam()} == "memory";
    if (alone) world_.close();
    auto reader = must(world_.harness.open_to_read(world_.env));
    EXPECT_EQ(must(reader.find(request.id())), second);
    EXPECT_EQ(must(reader.read_log({})).size(), 3u);
}

TEST_P(expiry, an_expiry_that_is_not_positive_is_refused) {
    for (const auto wrong : {0ns, -1ns}) {
        world_.close();
        world_.harness.expire_append_ids_after(wrong);
        EXPECT_EQ(code_of(world_.open()), errc::invalid_argument);
    }
}

/// Where power can be cut.
class expiry_faults : public testing::TestWithParam<const char*> {};

TEST_P(expiry_faults, S36_a_power_cut_while_an_expiry_is_first_set_leaves_a_store_that_opens) {
    for (std::uint64_t at = 1;; ++at) {
        store_world<of_parameter> w{at};
        w.harness.expire_append_ids_after(kept);
        ASSERT_TRUE(w.open());
        const auto request = w.write("a-1");
        must(request.append_to(w.store()));
        w.clock.advance(kept + 1ns);
        must(w.write("b-1").append_to(w.store()));
        const auto second = must(request.append_to(w.store()));
        w.close();
        const auto before = w.harness.count(disk_operation::any);
        w.harness.plan({.kind = disk_operation::any, .at = at, .for_ever = true});
        w.harness.expire_append_ids_after(kept / 2);
        (void)w.open();
        const bool met = w.harness.count(disk_operation::any) - before >= at;
        w.close();
        w.harness.power_cut(at);
        w.harness.clear_faults();
        w.harness.expire_append_ids_after(std::nullopt);
        const auto opened = w.open();
        ASSERT_TRUE(opened) << words_of(opened) << ", operation " << at;
        ASSERT_EQ(must(w.store().find(request.id())), second) << "operation " << at;
        if (!met) break;
    }
}

const auto as_engine = [](const auto& engine) { return std::string{engine.param}; };
INSTANTIATE_TEST_SUITE_P(engines, expiry_faults, testing::Values("memory", "sqlite", "rocksdb"),
                         as_engine);
INSTANTIATE_TEST_SUITE_P(engines, expiry,
                         testing::Values("memory", "sqlite", "rocksdb", "sqlite_file",
                                         "rocksdb_file"),
                         as_engine);

}  // namespace
}  // namespace varve::tests
