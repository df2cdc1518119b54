// Many threads at one store, and one order that explains all they saw (semantics.md §1, §2, §5 to §7,
// §17, §19, §23). The checker is checked first: each planted anomaly must be found, and by its name.
#include "conformance/engines.hpp"
#include "conformance/lying_store.hpp"

#include <varve/testing/history_check.hpp>
#include <varve/testing/store_test.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <map>
#include <string>

namespace varve::tests {
namespace {

using namespace testkit;

append_id numbered(std::uint64_t n) {
    append_id id;
    detail::store(id.raw.data(), n);
    return id;
}

/// A history of a store that never was: one writer after the other, and readers in between.
class a_history : public testing::Test {
protected:
    using streams = std::vector<std::string>;

    /// An append that is stored at the end of the log.
    std::size_t store(
        const streams& to, const std::function<void(draft&)>& believe = [](draft&) {}) {
        const auto began = past.now();
        draft asked{numbered(past.appends.size() + 1)};
        receipt given{
            .id = asked.id(), .first = position{past.log.size() + 1}, .last = {}, .streams = {}};
        for (const auto& stream : to) asked.event(stream);
        believe(asked);
        for (const auto& stream : to) {
            past.log.push_back(event_of(asked.id(), stream));
            const auto now = past.log.back().revision;
            const auto mine = std::ranges::find(given.streams, stream, &stream_revision::stream);
            if (mine == given.streams.end())
                given.streams.push_back({stream, now});
            else
                mine->revision = now;
        }
        given.last = position{past.log.size()};
        past.note(append_call{{began, past.now()}, asked, given});
        return past.appends.size() - 1;
    }

    /// One that is refused: the stream is not at `expected`.
    std::size_t refuse(const std::string& stream, std::uint64_t expected,
                       errc why = errc::conflict) {
        const auto began = past.now();
        draft asked{numbered(past.appends.size() + 1)};
        asked.event(stream).check(stream, expect::at(revision{expected}));
        failure failed{.code = why, .message = ""};
        if (why == errc::conflict)
            failed.checks.push_back(
                {stream, expect::at(revision{expected}), newest(stream), stream_state::exists});
        past.note(append_call{{began, past.now()}, asked, std::unexpected(failed)});
        return past.appends.size() - 1;
    }

    std::size_t read() {
        read_call call{
            .when = {past.now(), 0}, .head = position{past.log.size()}, .events = past.log};
        return noted(call);
    }
    std::size_t read(const std::string& stream) {
        read_call call{.when = {past.now(), 0},
                       .what = read_call::kind::stream,
                       .stream = stream,
                       .head = position{past.log.size()},
                       .state = stream_state::exists,
                       .newest = newest(stream)};
        for (const auto& event : past.log)
            if (event.stream == stream) call.events.push_back(event);
        return noted(call);
    }

    seen_event event_of(const append_id& append, const std::string& stream) {
        event_id id;
        detail::store(id.raw.data(), ++events_);
        return {.position = position{past.log.size() + 1},
                .revision = newest(stream).next(),
                .id = id,
                .append = append,
                .stream = stream,
                .type = "noted",
                .payload = "x"};
    }

    revision newest(const std::string& stream) const {
        revision last;
        for (const auto& event : past.log)
            if (event.stream == stream) last = event.revision;
        return last;
    }

    void expect(anomaly what) const {
        const auto report = check_history(past);
        EXPECT_TRUE(report.has(what)) << "planted: " << to_string(what) << ", found:\n"
                                      << report.text();
    }
    void expect_sound() const { EXPECT_EQ(check_history(past).text(), ""); }

    history past;

private:
    std::size_t noted(read_call& call) {
        call.when.ended = past.now();
        past.note(std::move(call));
        return past.reads.size() - 1;
    }
    std::uint64_t events_ = 0;
};

const auto at = [](const char* stream, std::uint64_t r) {
    return [=](draft& d) { d.check(stream, varve::expect::at(revision{r})); };
};

TEST_F(a_history, in_which_nothing_is_wrong_is_found_sound) {
    store({"a", "a"});
    read();
    store({"a", "b"}, at("a", 2));
    refuse("a", 2);
    read("a");
    const auto unknown = refuse("b", 1, errc::unknown);
    store({"b"}, [](draft& d) { d.condition(event_query::everything(), position{4}); });
    read();
    expect_sound();
    past.appends[unknown].asked = draft{numbered(99)}.event("c");
    past.log.push_back(event_of(numbered(99), "c"));  // it turned out to be stored, much later
    read();
    expect_sound();
    EXPECT_EQ(check_history(past).unknown, 1u);
}

TEST_F(a_history, with_a_lost_update_is_found) {
    store({"a"});
    store({"a"}, at("a", 1));
    store({"a"}, at("a", 1));  // read at 1 too, and wrote over the other
    expect(anomaly::lost_update);
}

TEST_F(a_history, with_write_skew_is_found) {
    store({"a"}, at("b", 0));
    store({"b"}, at("a", 0));
    expect(anomaly::write_skew);
}

TEST_F(a_history, with_write_skew_through_a_condition_is_found) {
    store({"a"});
    store({"b"}, [](draft& d) { d.condition(event_query::any_of({{.categories = {"a"}}})); });
    expect(anomaly::write_skew);
}

TEST_F(a_history, with_a_fact_stored_twice_in_spite_of_fail_if_exists_is_found) {
    const auto once = [](draft& d) {
        d.fail_if_exists(event_query::any_of({{.categories = {"a"}}}));
    };
    store({"a"}, once);
    store({"a"}, once);
    expect(anomaly::write_skew);
}

TEST_F(a_history, with_an_event_behind_a_tombstone_is_found) {
    store({"a"}, [](draft& d) { d.events().front().type = "$tombstone"; });
    past.log.back().type = "$tombstone";
    expect_sound();
    store({"a"});
    expect(anomaly::after_end);
}

TEST_F(a_history, with_a_stale_read_is_found) {
    store({"a"});
    const auto early = read();
    store({"a"});
    past.reads[early].when = {past.now(), past.now()};
    expect(anomaly::stale_read);
}

TEST_F(a_history, in_which_the_log_shrinks_between_two_reads_is_found) {
    store({"a"});
    const auto early = read();
    past.appends.push_back({{past.now(), 1000},
                            draft{numbered(50)}.event("a"),
                            receipt{numbered(50), position{2}, position{2}, {{"a", revision{2}}}}});
    past.log.push_back(event_of(numbered(50), "a"));
    read();  // of a write that is still under way
    expect_sound();
    past.reads[early].when = {past.now(), past.now()};
    expect(anomaly::stale_read);
}

TEST_F(a_history, with_a_read_of_the_future_is_found) {
    const auto early = read();
    store({"a"});
    const auto later = read();
    past.reads[later].when = past.reads[early].when;
    expect(anomaly::future_read);
}

TEST_F(a_history, with_a_gap_in_a_read_is_found) {
    store({"a"});
    store({"b"});
    store({"a"});
    auto& events = past.reads[read()].events;
    events.erase(events.begin() + 1);
    expect(anomaly::gap);
}

TEST_F(a_history, with_a_gap_in_the_log_is_found) {
    store({"a"});
    store({"b"});
    store({"a"});
    past.log.erase(past.log.begin() + 1);
    expect(anomaly::gap);
    expect(anomaly::lost_append);
}

TEST_F(a_history, with_a_tail_lost_is_found) {
    store({"a"});
    store({"b"});
    past.log.pop_back();
    expect(anomaly::lost_append);
}

TEST_F(a_history, with_a_phantom_in_a_read_is_found) {
    store({"a"});
    store({"b"});
    past.reads[read("a")].events.push_back(past.log[1]);
    expect(anomaly::phantom);
}

TEST_F(a_history, with_an_event_given_twice_is_found) {
    store({"a"});
    auto& events = past.reads[read()].events;
    events.push_back(events.front());
    expect(anomaly::double_event);
}

TEST_F(a_history, with_an_append_stored_twice_is_found) {
    store({"a"});
    past.log.push_back(past.log.front());
    past.log.back().position = position{2};
    past.log.back().revision = revision{2};
    expect(anomaly::double_event);
}

TEST_F(a_history, with_a_read_out_of_order_is_found) {
    store({"a"});
    store({"b"});
    auto& events = past.reads[read()].events;
    std::swap(events[0], events[1]);
    expect(anomaly::reorder);
}

TEST_F(a_history, in_which_an_append_lies_before_one_that_had_ended_is_found) {
    const auto first = store({"a"});
    const auto second = store({"b"});
    std::swap(past.appends[first].when, past.appends[second].when);
    expect(anomaly::reorder);
}

TEST_F(a_history, with_a_dirty_read_of_a_refused_append_is_found) {
    store({"a"});
    const auto refused = refuse("a", 7);
    const auto event = event_of(past.appends[refused].asked.id(), "a");
    auto& dirty = past.reads[read()];
    dirty.events.push_back(event);
    dirty.head = event.position;
    expect(anomaly::dirty_read);
}

TEST_F(a_history, with_a_refused_append_in_the_log_is_found) {
    store({"a"});
    const auto refused = refuse("a", 7);
    past.log.push_back(event_of(past.appends[refused].asked.id(), "a"));
    expect(anomaly::refused_stored);
}

TEST_F(a_history, with_a_refusal_that_nothing_explains_is_found) {
    store({"a"});
    past.appends[refuse("a", 1)].when.ended = past.now();  // it is at 1: why was it refused?
    expect(anomaly::false_refusal);
}

TEST_F(a_history, with_a_pure_check_that_held_at_no_moment_is_found) {
    store({"a"});
    const auto began = past.now();
    auto asked = draft{numbered(70)}.check("a", varve::expect::none);
    past.note(append_call{{began, past.now()},
                          asked,
                          receipt{.id = asked.id(), .first = {}, .last = {}, .streams = {}}});
    expect(anomaly::false_refusal);
}

TEST_F(a_history, with_a_wrong_revision_in_a_receipt_is_found) {
    past.appends[store({"a"})].answer->streams.front().revision = revision{2};
    expect(anomaly::wrong_revision);
}

TEST_F(a_history, with_a_wrong_revision_in_a_read_is_found) {
    store({"a"});
    past.reads[read()].events.front().revision = revision{2};
    expect(anomaly::wrong_revision);
}

TEST_F(a_history, with_a_stream_that_is_said_to_be_further_than_it_is_is_found) {
    store({"a"});
    past.reads[read("a")].newest = revision{2};
    expect(anomaly::wrong_revision);
}

TEST_F(a_history, with_a_revision_used_twice_is_found) {
    store({"a"});
    store({"a"});
    past.log[1].revision = revision{1};
    expect(anomaly::wrong_revision);
}

TEST_F(a_history, with_a_read_of_half_an_append_is_found) {
    store({"a", "b"});
    auto& half = past.reads[read()];
    half.head = position{1};
    half.events.pop_back();
    expect(anomaly::torn_read);
}

TEST_F(a_history, with_an_append_in_two_pieces_is_found) {
    store({"a", "a"});
    store({"b"});
    std::swap(past.log[1], past.log[2]);
    std::swap(past.log[1].position, past.log[2].position);
    expect(anomaly::torn_append);
}

TEST_F(a_history, with_other_bytes_than_were_sent_is_found) {
    store({"a"});
    past.log.front().payload = "y";
    expect(anomaly::torn_append);
}

// ---- real threads at real engines -----------------------------------------------------------------

/// What one thread does: reads, remembers, and writes what it believes, which others may have changed.
class client {
public:
    /// With a harness, a write or sync of the disk fails now and then.
    client(history& seen, any_store& store, std::uint64_t seed, our_harness* failing = nullptr)
        : seen_(&seen), store_(&store), chance_(seed), failing_(failing) {}

    void step() {
        if (chance_.chance(4)) return end();
        if (failing_ != nullptr && chance_.chance(2)) fail_something();
        const auto dice = chance_.below(100);
        if (dice < 30)
            read_stream();
        else if (dice < 42)
            read_query();
        else if (dice < 50)
            read_log();
        else
            append();
    }

private:
    /// Names that all threads use for a while, until somebody ends the stream.
    std::string mortal() { return "mortal-" + std::to_string(seen_->now() / 128); }
    std::string stream() {
        if (chance_.chance(10)) return mortal();
        return "shared-" + std::to_string(chance_.below(6));
    }
    std::string tag() { return "seat:" + std::to_string(chance_.below(8)); }

    void read_stream() {
        const auto name = stream();
        const auto way = chance_.chance(50) ? direction::forward : direction::backward;
        const auto read = seen_->read_stream(*store_, name, {.way = way, .limit = 20});
        if (!may(read)) return;
        known_[name] = read->newest;
    }
    void read_query() {
        tag_ = tag();
        const auto read = seen_->read_query(*store_, event_query::tagged({tag_}),
                                            {.way = direction::backward, .limit = 10});
        if (!may(read)) return;
        read_to_ = read->head;
    }
    void read_log() {
        const auto head = store_->head().value;
        const auto read = seen_->read_log(
            *store_, {.after = position{head - std::min<std::uint64_t>(head, 30)}});
        (void)may(read);
    }

    void append() {
        draft asked{numbered_by(chance_.next())};
        for (auto left = chance_.below(10) == 0 ? 0 : chance_.between(1, 4); left != 0; --left) {
            owned_event event{.stream = stream(), .payload = std::to_string(chance_.below(1000))};
            if (chance_.chance(30)) event.tags.push_back(tag_.empty() ? tag() : tag_);
            asked.event(std::move(event));
        }
        for (auto left = asked.events().empty() ? 1 : chance_.below(3); left != 0; --left) {
            const auto name = asked.events().empty() || chance_.chance(40)
                                  ? stream()
                                  : asked.events().front().stream;
            if (known_.contains(name)) asked.check(name, varve::expect::at(known_[name]));
        }
        if (!tag_.empty() && chance_.chance(40))
            asked.condition(event_query::tagged({tag_}), read_to_);
        if (chance_.chance(3)) asked.fail_if_exists(event_query::tagged({tag()}));
        if (asked.events().empty()) asked.check("shared-0", varve::expect::any);
        const auto answer = seen_->append(*store_, asked);
        if (answer)
            for (const auto& each : answer->streams) known_[each.stream] = each.revision;
        else
            for (const auto& each : answer.error().checks) known_[each.stream] = each.actual;
        const auto code = code_of(answer);
        if (code == errc::unknown || code == errc::poisoned) (void)store_->reopen();
    }

    void end() {
        const auto name = mortal();
        const auto how = chance_.chance(60) ? ending::tombstone : ending::soft;
        const auto answer = seen_->end_stream(
            *store_, {.id = numbered_by(chance_.next()), .stream = name, .how = how});
        const auto code = code_of(answer);
        if (code == errc::unknown || code == errc::poisoned) (void)store_->reopen();
    }

    void fail_something() {
        failing_->plan({.kind = chance_.chance(50) ? disk_operation::sync : disk_operation::write,
                        .at = chance_.between(1, 4)});
    }

    /// A read may fail only where something was made to fail.
    bool may(const result<read_call>& read) {
        if (!read && failing_ == nullptr) ADD_FAILURE() << words_of(read);
        return read.has_value();
    }

    static append_id numbered_by(std::uint64_t n) {
        append_id id = numbered(scramble(n));
        detail::store(id.raw.data() + 8, n);
        return id;
    }

    history* seen_;
    any_store* store_;
    seeded_random chance_;
    our_harness* failing_;
    std::map<std::string, revision> known_;  // as far as this thread has seen
    std::string tag_;                        // that was asked for last,
    position read_to_;                       // and how far
};

struct counts {
    std::uint64_t stored = 0, refused = 0, unknown = 0, reads = 0, events = 0;
};

/// One history of 8 threads over an empty store, and what is wrong with it.
history_report run_threads(our_harness& harness, std::uint64_t seed, bool faults, counts& sum) {
    constexpr std::size_t threads = 8;
    constexpr int each = 100;
    manual_clock clock;
    seeded_random chance{seed};
    thread_executor executor{1};
    environment env{clock, chance, executor};
    auto opened = harness.open(env);
    EXPECT_TRUE(opened) << words_of(opened);
    if (!opened) return {};
    history seen;
    at_once(threads, [&](std::size_t me) {
        client mine{seen, *opened, scramble(seed * threads + me), faults ? &harness : nullptr};
        for (int i = 0; i < each; ++i) mine.step();
    });
    if (faults) {
        harness.clear_faults();
        const auto reopened = opened->reopen();
        EXPECT_TRUE(reopened) << words_of(reopened);
    }
    EXPECT_EQ(seen.take_log(*opened), "");
    auto report = check_history(seen);
    sum.stored += report.stored;
    sum.refused += report.refused;
    sum.unknown += report.unknown;
    sum.reads += report.reads;
    sum.events += seen.log.size();
    return report;
}

/// Histories under one seed after the other.
void check_engine(const char* engine, std::uint64_t otherwise, bool faults = false) {
    const auto wanted = number_from_environment("VARVE_OPERATIONS", otherwise);
    counts sum;
    for (auto seed = chosen_seed(1); sum.stored + sum.refused + sum.reads < wanted; ++seed) {
        our_harness harness{engine};
        const auto report = run_threads(harness, seed, faults, sum);
        ASSERT_EQ(report.text(), "") << "seed " << seed << " on " << engine;
        ASSERT_FALSE(testing::Test::HasFailure());
    }
    const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf(
        "history on %s%s: %llu appends stored, %llu refused, %llu unknown, %llu reads, %llu "
        "events, "
        "8 threads\n",
        engine, faults ? " with faults" : "", number(sum.stored), number(sum.refused),
        number(sum.unknown), number(sum.reads), number(sum.events));
    EXPECT_GT(sum.refused, 0u) << "threads that never met each other prove nothing";
    EXPECT_EQ(sum.unknown > 0, faults);
}

TEST(concurrent_history,
     S05_S06_S07_S17_S19_S23_one_order_explains_all_that_threads_saw_on_memory) {
    check_engine("memory", 4000);
}
TEST(concurrent_history,
     S05_S06_S07_S17_S19_S23_one_order_explains_all_that_threads_saw_on_sqlite) {
    check_engine("sqlite", 3000);
}
TEST(concurrent_history,
     S05_S06_S07_S17_S19_S23_one_order_explains_all_that_threads_saw_on_rocksdb) {
    check_engine("rocksdb", 3000);
}
TEST(concurrent_history,
     S05_S06_S07_S17_S19_S23_one_order_explains_all_that_threads_saw_on_sqlite_file) {
    check_engine("sqlite_file", 2000);
}
TEST(concurrent_history,
     S05_S06_S07_S17_S19_S23_one_order_explains_all_that_threads_saw_on_rocksdb_file) {
    check_engine("rocksdb_file", 2000);
}

TEST(concurrent_history, S36_S38_one_order_explains_also_what_was_unknown_on_memory) {
    check_engine("memory", 3000, true);
}
TEST(concurrent_history, S36_S38_one_order_explains_also_what_was_unknown_on_sqlite) {
    check_engine("sqlite", 2000, true);
}
TEST(concurrent_history, S36_S38_one_order_explains_also_what_was_unknown_on_rocksdb) {
    check_engine("rocksdb", 2000, true);
}

TEST(concurrent_history, shows_a_store_that_does_not_look_at_what_its_writers_believe) {
    const auto found = [](lie how, anomaly what) {
        counts sum;
        for (std::uint64_t seed = 1; seed < 20; ++seed) {
            our_harness harness{std::make_unique<lying_place>(how)};
            if (run_threads(harness, seed, false, sum).has(what)) return true;
        }
        return false;
    };
    EXPECT_TRUE(found(lie::no_checks, anomaly::lost_update));
    EXPECT_TRUE(found(lie::no_checks, anomaly::write_skew));
    EXPECT_TRUE(found(lie::no_conditions, anomaly::write_skew));
    EXPECT_TRUE(found(lie::no_fail_if_exists, anomaly::write_skew));
    EXPECT_TRUE(found(lie::other_byte, anomaly::torn_append));
    EXPECT_TRUE(found(lie::match_left_out, anomaly::gap));
}

}  // namespace
}  // namespace varve::tests
