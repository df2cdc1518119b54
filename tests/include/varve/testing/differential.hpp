// Asks several stores and the oracle the same random questions, and compares every answer.
//
//     testkit::differential<my_harness> run{testkit::chosen_seed(1)};
//     run.add("mine", my_harness{});
//     EXPECT_EQ(run.go(2000), "") << run.counts().text();
//
// One thread, virtual time: the same seed gives the same run. Between the questions stores are closed
// and opened, reopened in place and, if their harness can (`faulty_harness`), meet a failed operation
// or a power cut. Then what was answered `unknown` is looked up by its id; a part of it is asked again,
// the rest stays as it was found, the oracle is told which, and from there on all must agree again.
#pragma once

#include <varve/checkpoint.hpp>
#include <varve/testing/answers.hpp>
#include <varve/testing/audit.hpp>
#include <varve/testing/differential_counts.hpp>
#include <varve/testing/differential_text.hpp>
#include <varve/testing/drawn_requests.hpp>
#include <varve/testing/harness.hpp>
#include <varve/testing/oracle.hpp>
#include <varve/testing/simulation.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit {

/// A harness that can open its store with an expiry of append ids (`store_options`).
template <class H>
concept expiring_harness = requires(H& harness, std::optional<std::chrono::nanoseconds> age) {
    harness.expire_append_ids_after(age);
};

/// One run. The harnesses' stores must take checkpoints, promises and asynchronous appends.
template <conformance_harness H>
class differential : private internal::differential_text {
public:
    using store_type = typename H::store_type;

    explicit differential(std::uint64_t seed) : world_(seed) {}

    /// One more store to ask, at a place that is empty.
    void add(std::string name, H harness) {
        asked_.push_back({std::move(name), std::move(harness), std::nullopt});
    }

    /// Append ids expire, after a time that is drawn for every life of the stores.
    void expire_append_ids()
        requires expiring_harness<H>
    {
        expiring_ = true;
        draw_expiry();
    }

    /// Draws this many operations; gives the first difference, or nothing.
    std::string go(std::uint64_t operations) {
        for (auto& one : asked_) open(one);
        for (std::uint64_t i = 0; i < operations && wrong_.empty(); ++i) {
            ++counts_.operations;
            step();
        }
        if (wrong_.empty()) compare_all();
        for (auto& one : asked_) {
            if (!wrong_.empty()) break;
            const auto found = audit(*one.store, expiring_);
            if (!found.sound()) differs(one, "audit", "a sound store", found.text());
        }
        return wrong_;
    }

    const differential_counts& counts() const noexcept { return counts_; }

private:
    static constexpr bool can_fail = faulty_harness<H>;

    /// None at times: what was forgotten is then known again, unless it was used again.
    void draw_expiry() {
        if constexpr (expiring_harness<H>) {
            if (!expiring_) return;
            std::optional<std::chrono::nanoseconds> age;
            if (draw_.percent(80)) age = std::chrono::seconds{1 + draw_.below(120)};
            right_.expire_append_ids_after(age);
            for (auto& one : asked_) one.harness.expire_append_ids_after(age);
        }
    }

    struct subject {
        std::string name;
        H harness;
        std::optional<store_type> store;
    };
    using answers = std::vector<result<receipt>>;

    void step() {
        if (draw_.percent(9)) return make(draw_.move_of_promise());
        const auto dice = draw_.below(100);
        if (dice < 34)
            write({log_write{draw_.append()}});
        else if (dice < 39)
            write({log_write{draw_.end()}});
        else if (dice < 46)
            write_together();
        else if (dice < 60)
            read_log();
        else if (dice < 72)
            read_stream();
        else if (dice < 82)
            read_query();
        else if (dice < 85)
            read_in_pages();
        else if (dice < 89)
            find();
        else if (dice < 92)
            ask_time();
        else if (dice < 96)
            make(draw_.move_of_reader());
        else if (dice < 97 || (expiring_ && draw_.percent(50)))
            pass_time();
        else if (dice < 98)
            recover_all();
        else
            write_under_faults();
    }

    // ---- comparing -----------------------------------------------------------------------------

    void differs(const subject& one, const std::string& operation, const std::string& expected,
                 const std::string& got) {
        if (!wrong_.empty()) return;
        wrong_ = "seed " + std::to_string(world_.seed()) +
                 " (VARVE_SEED=" + std::to_string(world_.seed()) + " repeats it), operation " +
                 std::to_string(counts_.operations) + ": " + operation +
                 "\nthe oracle says: " + from_difference(expected, got) + "\n" + one.name +
                 " says:  " + from_difference(got, expected);
    }

    /// `question(store)` gives text; of all stores it must be the oracle's.
    template <class Question>
    void ask(const std::string& operation, Question&& question) {
        const std::string expected = question(right_);
        world_.note(operation);
        for (auto& one : asked_) {
            ++counts_.compared;
            const std::string got = question(*one.store);
            if (got != expected) return differs(one, operation, expected, got);
        }
    }

    void compare_all() {
        ask("head", [](auto& store) { return to_string(store.head()); });
        ask("the whole log", [](auto& store) {
            return described_scan([&](const auto& visit) {
                return store.scan_log({.limit = ~0u, .max_bytes = ~std::size_t{0}}, visit);
            });
        });
    }

    template <class T>
    void count(const result<T>& expected) {
        if (!expected) ++counts_.refused[expected.error().code];
    }
    void count(const result<receipt>& expected, bool known_before) {
        if (!expected)
            ++counts_.refused[expected.error().code];
        else if (known_before)
            ++counts_.retried;
    }

    // ---- reading -------------------------------------------------------------------------------

    void read_log() {
        const auto range = draw_.log();
        const auto stop = draw_.stop();
        if (draw_.percent(25))
            return ask("read the log " + text(range),
                       [&](auto& store) { return described_page(store.read_log(range)); });
        ask("scan the log " + text(range) + ", stop at " + std::to_string(stop.event),
            [&](auto& store) {
                return described_scan(
                    [&](const auto& visit) { return store.scan_log(range, visit); }, stop);
            });
    }

    void read_stream() {
        const auto stream = draw_.stream();
        const auto range = draw_.part();
        const auto stop = draw_.stop();
        if (draw_.percent(25))
            return ask("read " + stream + " " + text(range), [&](auto& store) {
                return described_page(store.read_stream(stream, range));
            });
        ask("scan " + stream + " " + text(range) + ", stop at " + std::to_string(stop.event),
            [&](auto& store) {
                return described_scan(
                    [&](const auto& visit) { return store.scan_stream(stream, range, visit); },
                    stop);
            });
    }

    void read_query() {
        const auto query = draw_.query();
        const auto range = draw_.log();
        const auto stop = draw_.stop();
        if (draw_.percent(25))
            return ask("read a query " + text(range),
                       [&](auto& store) { return described_page(store.read_query(query, range)); });
        ask("scan a query " + text(range) + ", stop at " + std::to_string(stop.event),
            [&](auto& store) {
                return described_scan(
                    [&](const auto& visit) { return store.scan_query(query, range, visit); }, stop);
            });
    }

    /// The same set through pages, each beginning where the one before said that it ended.
    void read_in_pages() {
        const auto query = draw_.percent(50) ? event_query::everything() : draw_.query();
        auto range = draw_.log();
        range.limit = static_cast<std::uint32_t>(1 + draw_.below(20));
        ask("pages of a query " + text(range), [&](auto& store) {
            std::string all;
            auto next = range;
            for (bool more = true; more;) {
                const auto page = store.read_query(query, next);
                all += described_page(page) + "\n";
                more = page.has_value() && page->info().more;
                if (more) next.after = page->info().last;
            }
            return all;
        });
    }

    void find() {
        const auto id = draw_.any_id();
        ask("find " + to_string(id), [&](auto& store) { return described(store.find(id)); });
    }

    void ask_time() {
        const auto when = draw_.when(world_.clock().now());
        ask("position at " + std::to_string(when.time_since_epoch().count()),
            [&](auto& store) { return described(store.position_at(when)); });
    }

    void pass_time() {
        if (draw_.percent(70))
            world_.clock().advance(std::chrono::milliseconds{draw_.below(100'000)});
        else
            world_.clock().jump(std::chrono::minutes{draw_.below(120)} - std::chrono::hours{1});
    }

    // ---- writing -------------------------------------------------------------------------------

    void write(const std::vector<log_write>& all) {
        std::vector<std::string> expected;
        for (const auto& one : all) {
            const bool known = right_.find(one.id())->has_value();
            if (!known && right_.has_stored(one.id())) ++counts_.forgotten;
            const auto answer = one.send_to(right_);
            count(answer, known);
            expected.push_back(described(answer));
            world_.note(one.text());
        }
        for (auto& one : asked_) {
            const auto got = send(one, all);
            for (std::size_t i = 0; i < all.size(); ++i) {
                ++counts_.compared;
                if (described(got[i]) != expected[i])
                    return differs(one, all[i].text() + place_in(i, all), expected[i],
                                   described(got[i]));
            }
        }
    }

    std::vector<log_write> draw_group() {
        std::vector<log_write> all;
        for (auto left = 2 + draw_.below(5); left != 0; --left) {
            if (!all.empty() && draw_.percent(6))
                all.push_back(all[draw_.below(all.size())]);  // the same twice in one group
            else
                all.push_back(draw_.append());
        }
        return all;
    }

    void write_together() {
        ++counts_.groups;
        write(draw_group());
    }

    /// One is sent and waited for; several are handed over before the first is tried.
    answers send(subject& to, const std::vector<log_write>& all) {
        if (all.size() == 1) return {all.front().send_to(*to.store)};
        std::deque<std::optional<result<receipt>>> got(all.size());
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i].append()->send([&](const append_request& request) {
                to.store->append_async(request, [&into = got[i]](result<receipt> answer) {
                    into = std::move(answer);
                });
            });
        world_.executor().run();
        answers done;
        for (auto& answer : got)
            done.push_back(answer ? std::move(*answer)
                                  : result<receipt>{fail(errc::closed, "it was never answered")});
        return done;
    }

    // ---- faults --------------------------------------------------------------------------------

    void plan_faults() {
        if constexpr (can_fail) {
            constexpr disk_operation kinds[]{disk_operation::write, disk_operation::sync,
                                             disk_operation::any};
            constexpr disk_error errors[]{disk_error::io, disk_error::no_space,
                                          disk_error::short_write};
            for (auto& one : asked_) {
                ++counts_.faults;
                one.harness.plan({.kind = kinds[draw_.below(3)],
                                  .at = 1 + draw_.below(draw_.percent(70) ? 3 : 10),
                                  .for_ever = draw_.percent(40),
                                  .error = errors[draw_.below(3)]});
            }
        }
    }
    void clear_faults() {
        if constexpr (can_fail)
            for (auto& one : asked_) one.harness.clear_faults();
    }

    void write_under_faults() {
        if constexpr (!can_fail) return recover_all();
        const auto all = draw_.percent(70) ? std::vector{log_write{draw_.append()}} : draw_group();
        for (const auto& one : all) world_.note("under faults: " + one.text());
        plan_faults();
        std::vector<answers> got;
        for (auto& one : asked_) got.push_back(send(one, all));
        clear_faults();
        for (const auto& of_one : got)
            for (const auto& answer : of_one) counts_.unknown += is_unknown(answer) ? 1u : 0u;
        for (std::size_t s = 0; s < asked_.size(); ++s)
            if (std::ranges::any_of(got[s], is_unknown)) expect_poisoned(asked_[s]);
        recover();  // also if all went well: what failed may have been work in the background
        if (wrong_.empty()) settle(all, got);
        if (wrong_.empty()) compare_all();
    }

    /// After `unknown` nothing is taken and nothing is known, until the store is opened again.
    void expect_poisoned(subject& one) {
        const auto poisoned = described(failure{.code = errc::poisoned, .message = ""});
        const auto found = described(one.store->find(draw_.any_id()));
        if (found != poisoned) differs(one, "find after `unknown`", poisoned, found);
        draft another{draw_.new_id()};
        another.event("a-1");
        const auto answer = described(another.append_to(*one.store));
        if (answer != poisoned) differs(one, "append after `unknown`", poisoned, answer);
    }

    /// The oracle stores all of it, and stores that have not are asked again; or, if it is nowhere,
    /// chance may leave it so.
    void settle(const std::vector<log_write>& all, const std::vector<answers>& got) {
        oracle stored = right_;
        answers expected;
        std::vector<std::size_t> fresh;  // those that add to the log, in order
        for (std::size_t i = 0; i < all.size(); ++i) {
            const bool known = stored.find(all[i].id())->has_value();
            expected.push_back(all[i].send_to(stored));
            if (expected[i] && !known && all[i].has_events()) fresh.push_back(i);
        }
        std::size_t most_found = 0;
        for (std::size_t s = 0; s < asked_.size(); ++s)
            most_found = std::max(most_found, look_up(asked_[s], all, got[s], expected, fresh));
        if (!wrong_.empty()) return;
        if (most_found == 0 && !fresh.empty() && draw_.percent(50)) return;
        for (std::size_t i = 0; i < all.size(); ++i) count(expected[i], false);
        for (std::size_t s = 0; s < asked_.size() && wrong_.empty(); ++s)
            for (std::size_t i = 0; i < all.size(); ++i) {
                ++counts_.compared;
                const bool again = in_trouble(got[s][i]);
                if (again && !expected[i]) continue;  // it was not told how it would have ended
                if (again && all.size() > 1 && !all[i].has_events()) continue;  // decided anew
                const auto answer = again ? all[i].send_to(*asked_[s].store) : got[s][i];
                if (described(answer) != described(expected[i]))
                    return differs(asked_[s],
                                   all[i].text() + place_in(i, all) + " under faults" +
                                       (again ? ", asked again after " + described(got[s][i]) : ""),
                                   described(expected[i]), described(answer));
            }
        right_ = std::move(stored);
    }

    /// How many of what would add to the log are there: the first so many, or it is wrong.
    std::size_t look_up(subject& one, const std::vector<log_write>& all, const answers& got,
                        const answers& expected, const std::vector<std::size_t>& fresh) {
        std::size_t there = 0;
        bool gap = false;
        for (const auto i : fresh) {
            auto found = one.store->find(all[i].id());
            // an append of before, whose id this one would have made expire
            if (const auto before = right_.find(all[i].id());
                found && *found && *before && **found == **before)
                found->reset();
            if (!found || (*found && **found != *expected[i]) || (*found && gap)) {
                differs(one, "look up " + all[i].text(), described(expected[i]), described(found));
                return there;
            }
            if (got[i] && !*found) differs(one, "look up " + all[i].text(), "it is there", "lost");
            if (*found)
                ++there;
            else
                gap = true;
            if (!got[i] && got[i].error().code == errc::unknown)
                ++(*found ? counts_.found_stored : counts_.found_absent);
        }
        return there;
    }

    // ---- lives ---------------------------------------------------------------------------------

    void open(subject& one) {
        one.store.reset();
        auto opened = one.harness.open(world_.env());
        if (!opened) return differs(one, "open", "it opens", to_string(opened.error()));
        one.store.emplace(std::move(*opened));
    }

    void recover_all() {
        recover(true);
        if (wrong_.empty()) compare_all();
    }

    /// All stores begin a new life, in one of three ways; where they are opened, with another expiry if
    /// nothing is left to be asked again.
    void recover(bool settled = false) {
        const auto dice = draw_.below(can_fail ? 3 : 2);
        if (dice != 0 && settled) draw_expiry();
        for (auto& one : asked_) {
            if (!wrong_.empty()) return;
            if (dice == 0) {
                const auto reopened = one.store->reopen();
                if (!reopened) differs(one, "reopen", "it opens", to_string(reopened.error()));
                continue;
            }
            if constexpr (can_fail)
                if (dice == 2) one.harness.power_cut(world_.chance().next());
            open(one);
        }
        ++(dice == 0 ? counts_.reopens : dice == 1 ? counts_.restarts : counts_.power_cuts);
    }

    // ---- beside the log ------------------------------------------------------------------------

    /// Something that is not an append; under faults, what is not known is looked at or said again.
    template <class Move>
    void make(const Move& move) {
        const bool under_faults = can_fail && draw_.percent(15);
        const auto operation = move.text();
        if (!under_faults)
            return ask(operation, [&](auto& store) {
                const auto answer = move.take(store);
                if constexpr (std::is_same_v<decltype(store), oracle&>) count(answer);
                return described(answer);
            });
        world_.note("under faults: " + operation);
        const auto before = move.look(right_);
        plan_faults();
        std::vector<decltype(move.take(right_))> got;
        for (auto& one : asked_) got.push_back(move.take(*one.store));
        clear_faults();
        recover();
        const auto expected = move.take(right_);
        for (std::size_t s = 0; s < asked_.size() && wrong_.empty(); ++s) {
            auto& one = asked_[s];
            ++counts_.compared;
            if (in_trouble(got[s])) got[s] = move.take_again(*one.store, expected, before);
            if (described(got[s]) != described(expected))
                differs(one, operation + " under faults", described(expected), described(got[s]));
        }
    }

    simulation world_;
    oracle right_{world_.clock()};
    drawn_requests draw_{world_.chance(), right_};
    std::deque<subject> asked_;
    differential_counts counts_;
    bool expiring_ = false;
    std::string wrong_;
};

}  // namespace varve::inline v0::testkit
