// Conformance, chapter 19: promised appends on storage that fails or lies (semantics.md §38, §64).
#pragma once

#include <varve/reservation.hpp>
#include <varve/testing/store_test.hpp>
#include <varve/testing/sweep.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace varve::inline v0::testkit::conformance {

template <class H>
class reservation_faults : public ::testing::Test {
protected:
    using world = store_world<H>;
    using state = std::optional<reservation_state>;  // nothing: never made

    static constexpr std::string_view mark = "<what the owner of a promise wants to know>";

    /// What was answered about a promise, and what was asked last without an answer.
    struct known {
        state acknowledged{};
        state asked{};
    };

    static draft promised(const append_id& id, std::uint64_t number) {
        auto made = drawn_from(id);
        made.check("held-" + std::to_string(number), expect::none);
        for (auto& event : made.events()) event.stream += "-" + std::to_string(number);
        return made;
    }
    static result<reservation_state> reserve(world& w, const draft& made) {
        return made.send([&](const append_request& request) {
            return w.store().reserve(request, as_bytes(mark));
        });
    }

    /// Asks for the next state of a promise; true if that was answered.
    static bool move(world& w, const draft& made, state to, known& of) {
        of.asked = to;
        const auto code = to == reservation_state::held ? code_of(reserve(w, made))
                          : to == reservation_state::confirmed
                              ? code_of(w.store().confirm(made.id()))
                              : code_of(w.store().release(made.id()));
        if (!code) of.acknowledged = to;
        EXPECT_TRUE(!code || *code == errc::unknown || *code == errc::io) << to_string(*code);
        return !code;
    }

    /// What the store says of it.
    static state found(world& w, const append_id& id) {
        const auto stored = w.store().find(id);
        EXPECT_TRUE(stored) << words_of(stored);
        const auto listed = w.store().reservations();
        EXPECT_TRUE(listed) << words_of(listed);
        if (!stored || !listed) return {};
        const auto entry = std::ranges::find(*listed, id, &reservation::id);
        EXPECT_FALSE(*stored && entry != listed->end()) << "both promised and stored";
        if (*stored) return reservation_state::confirmed;
        if (entry == listed->end()) return {};
        if (entry->state == reservation_state::held) {
            EXPECT_EQ(as_text(entry->memo), mark);
        }
        return entry->state;
    }

    /// One life on a failing disk: promises are made, confirmed and released until one is not
    /// answered. After the power was cut each is as it was acknowledged, or as it was asked for last.
    static bool run(const disk_fault& fault) {
        world w{fault.at + chosen_seed(1)};
        EXPECT_TRUE(w.open());
        const auto before = w.harness.count(fault.kind);
        w.harness.plan(fault);
        std::vector<std::pair<draft, known>> all;
        bool going = true;
        for (std::uint64_t number = 0; number < 4 && going; ++number) {
            auto& [made, of] = all.emplace_back(promised(w.new_id(), number), known{});
            going = move(w, made, reservation_state::held, of);
            if (!going || number == 3) continue;
            going = move(
                w, made,
                number % 2 == 0 ? reservation_state::confirmed : reservation_state::released, of);
        }
        const bool met = w.harness.count(fault.kind) - before >= fault.at;
        w.close();
        w.harness.power_cut(fault.at);
        w.harness.clear_faults();
        const auto opened = w.open();
        EXPECT_TRUE(opened) << words_of(opened);
        if (!opened) return false;
        for (auto& [made, of] : all) {
            const auto now = found(w, made.id());
            EXPECT_TRUE(now == of.acknowledged || now == of.asked) << "operation " << fault.at;
            if (now != of.asked) {
                EXPECT_TRUE(move(w, made, of.asked, of)) << "said again, operation " << fault.at;
            }
            EXPECT_EQ(found(w, made.id()), of.asked);
            if (of.asked == reservation_state::held) {
                const auto met_it = made.append_to(w.store());
                EXPECT_EQ(code_of(met_it), errc::reserved) << words_of(met_it);
                EXPECT_TRUE(w.store().confirm(made.id()));
            }
        }
        return met && !::testing::Test::HasFailure();
    }

    static void sweep(disk_fault fault) {
        std::uint64_t steps = 0;
        for (fault.at = 1; run(fault); ++fault.at) ++steps;
        tell_sweep(fault, steps);
        EXPECT_GE(steps, 7u) << "a promise without such an operation?";
    }
};

TYPED_TEST_SUITE_P(reservation_faults);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(
    reservation_faults);  // the header may be there without an engine

TYPED_TEST_P(reservation_faults, S64_whatever_operation_fails_a_promise_is_as_it_was_answered) {
    this->sweep({.kind = disk_operation::sync});
    this->sweep({.kind = disk_operation::write, .error = disk_error::no_space});
    this->sweep({.kind = disk_operation::any});
    this->sweep({.kind = disk_operation::any, .for_ever = true});
}

TYPED_TEST_P(reservation_faults, S64_a_promise_that_was_not_durable_keeps_nobody_out) {
    store_world<TypeParam> w;
    ASSERT_TRUE(w.open());
    const auto made = this->promised(w.new_id(), 0);
    w.harness.plan({.kind = disk_operation::sync, .for_ever = true});
    const auto unknown = this->reserve(w, made);
    ASSERT_EQ(code_of(unknown), errc::unknown) << words_of(unknown);
    EXPECT_EQ(unknown.error().append, made.id());
    EXPECT_EQ(code_of(w.store().reservations()), errc::poisoned);
    EXPECT_EQ(code_of(w.store().confirm(made.id())), errc::poisoned);
    w.harness.clear_faults();
    ASSERT_TRUE(w.store().reopen());
    const bool there = this->found(w, made.id()).has_value();
    const auto beside = w.write("held-0").append_to(w.store());
    EXPECT_EQ(code_of(beside) == errc::reserved, there) << words_of(beside);
}

TYPED_TEST_P(reservation_faults, S37_S64_a_damaged_promise_is_never_served) {
    int damaged = 0, refused = 0;
    for (std::uint64_t seed = 1; seed <= 24; ++seed) {
        store_world<TypeParam> w{seed};
        ASSERT_TRUE(w.open());
        const auto made = this->promised(w.new_id(), 0);
        ASSERT_TRUE(this->reserve(w, made));
        w.close();
        if (!w.harness.flip_in(as_bytes(this->mark), seed)) continue;
        ++damaged;
        const auto opened = w.open();
        if (!opened) {
            ++refused;
            EXPECT_EQ(opened.error().code, errc::corrupt) << words_of(opened);
            continue;
        }
        EXPECT_EQ(this->found(w, made.id()), reservation_state::held)
            << "where the flipped bit is not read any more";
    }
    EXPECT_GE(damaged, 12);
    EXPECT_GE(refused, 6);
}

REGISTER_TYPED_TEST_SUITE_P(reservation_faults,
                            S64_whatever_operation_fails_a_promise_is_as_it_was_answered,
                            S64_a_promise_that_was_not_durable_keeps_nobody_out,
                            S37_S64_a_damaged_promise_is_never_served);

}  // namespace varve::inline v0::testkit::conformance
