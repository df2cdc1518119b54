// The checkers are checked: each planted anomaly must be found, or a green suite means nothing.
#include "conformance/engines.hpp"

#include <varve/testing/audit.hpp>
#include <varve/testing/ledger.hpp>
#include <varve/testing/store_test.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace varve::tests {
namespace {

using namespace testkit;

/// A sound store seen through a distorting glass.
class tampered_store {
public:
    /// What is done to an event on its way out; false leaves it out.
    using distortion = std::function<bool(recorded_event&)>;

    tampered_store(any_store& store, distortion in_log, distortion in_stream)
        : store_(&store), in_log_(std::move(in_log)), in_stream_(std::move(in_stream)) {}

    position head() { return store_->head(); }
    result<std::optional<receipt>> find(const append_id& id) { return store_->find(id); }
    result<scan_end> scan_log(const log_range& range, const event_visitor& visit) {
        return store_->scan_log(range, through(in_log_, visit));
    }
    result<stream_scan_end> scan_stream(std::string_view stream, const stream_range& range,
                                        const event_visitor& visit) {
        return store_->scan_stream(stream, range, through(in_stream_, visit));
    }

private:
    static event_visitor through(const distortion& glass, const event_visitor& visit) {
        return [&glass, &visit](const recorded_event& event) {
            recorded_event seen = event;
            return !glass(seen) || visit(seen);
        };
    }

    any_store* store_;
    distortion in_log_;
    distortion in_stream_;
};

struct on_memory : our_harness {
    on_memory() : our_harness("memory") {}
};

class checkers : public store_test<on_memory> {
protected:
    void SetUp() override {
        store_test::SetUp();
        for (int i = 0; i < 20; ++i) {
            const auto id = new_id();
            account_.note(id, drawn_from(id).append_to(store()));
        }
        ASSERT_GT(store().head().value, 30u);
    }

    static bool leave(recorded_event&) { return true; }

    /// What the audit says if events look different in the log (and, unless given, not in streams).
    std::string audited(tampered_store::distortion in_log,
                        tampered_store::distortion in_stream = &leave) {
        tampered_store seen{store(), std::move(in_log), std::move(in_stream)};
        const auto found = audit(seen);
        return found.sound() ? "" : found.problems.front();
    }
    std::string compared(tampered_store::distortion in_log) {
        tampered_store seen{store(), std::move(in_log), &leave};
        ledger account{account_};
        return account.compare(seen);
    }

    ledger account_;
};

TEST_F(checkers, find_nothing_in_a_sound_store) {
    EXPECT_EQ(audited(&leave), "");
    EXPECT_EQ(compared(&leave), "");
}

TEST_F(checkers, find_a_lost_event) {
    const auto lose = [](recorded_event& e) { return e.position != position{13}; };
    EXPECT_NE(audited(lose), "");
    EXPECT_NE(compared(lose), "");
    EXPECT_NE(audited(&leave, lose), "") << "lost in its stream only";
}

TEST_F(checkers, find_a_lost_tail) {
    const auto head = store().head();
    const auto lose = [&](recorded_event& e) { return e.position != head; };
    EXPECT_NE(audited(lose), "");
    EXPECT_NE(compared(lose), "");
}

TEST_F(checkers, find_positions_and_revisions_out_of_order) {
    EXPECT_NE(audited([](recorded_event& e) {
                  if (e.position.value == 7 || e.position.value == 8) e.position.value ^= 15;
                  return true;
              }),
              "");
    EXPECT_NE(audited([](recorded_event& e) {
                  if (e.revision == revision{2}) e.revision = revision{3};
                  return true;
              }),
              "");
}

TEST_F(checkers, find_an_event_in_another_stream) {
    EXPECT_NE(audited([](recorded_event& e) {
                  if (e.position == position{9}) e.stream = "ledger-else";
                  return true;
              }),
              "");
}

TEST_F(checkers, find_a_time_that_runs_backward) {
    EXPECT_NE(audited([](recorded_event& e) {
                  if (e.position == position{9}) e.recorded_at += std::chrono::nanoseconds{1};
                  return true;
              }),
              "");
}

TEST_F(checkers, find_an_append_in_pieces) {
    const auto split = [other = new_id()](recorded_event& e) {
        if (e.position == position{9}) e.append = other;
        return true;
    };
    EXPECT_NE(audited(split), "");
    EXPECT_NE(compared(split), "");
}

TEST_F(checkers, find_a_doubled_event_id) {
    EXPECT_NE(audited([first = event_id{}](recorded_event& e) mutable {
                  if (e.position == position{1}) first = e.id;
                  if (e.position == position{9}) e.id = first;
                  return true;
              }),
              "");
}

TEST_F(checkers, find_another_byte) {
    std::string payload;
    const auto change = [&](recorded_event& e) {
        payload = as_text(e.payload);
        if (e.position == position{9}) payload += '!';
        e.payload = as_bytes(payload);
        return true;
    };
    EXPECT_EQ(audited(change), "") << "an audit does not know what was written";
    EXPECT_NE(compared(change), "");
}

TEST_F(checkers, find_an_acknowledged_append_that_is_not_there) {
    const auto never = drawn_from(new_id());
    account_.acknowledge(
        {.id = never.id(), .first = position{1}, .last = position{1}, .streams = {}});
    EXPECT_NE(compared(&leave), "");
}

TEST_F(checkers, find_an_append_that_was_refused_and_is_there) {
    const auto id = new_id();
    ASSERT_TRUE(drawn_from(id).append_to(store()));
    EXPECT_NE(compared(&leave), "") << "never sent";
    account_.note(id, varve::fail(errc::conflict, ""));
    EXPECT_NE(compared(&leave), "") << "refused";
}

TEST_F(checkers, find_a_change_of_fate) {
    const auto id = new_id();
    account_.note(id, varve::fail(errc::unknown, ""));
    EXPECT_EQ(account_.compare(store()), "") << "unknown, and not there: it is settled";
    ASSERT_TRUE(drawn_from(id).append_to(store()));
    EXPECT_NE(account_.compare(store()), "") << "and now it is";

    ledger second{{}, true};
    EXPECT_EQ(second.compare(store()), "");
    const auto head = store().head();
    tampered_store shorter{store(), [&](recorded_event& e) { return e.append != id; }, &leave};
    EXPECT_NE(second.compare(shorter), "") << "it was there and is gone, of " << head.value;
}

}  // namespace
}  // namespace varve::tests
