// Requests and questions that a seed decides, made to meet each other and to be wrong now and then.
//
// Names come from small universes (those of `query_model`), beliefs are right about as often as wrong,
// old appends are sent again as they were or changed, and some arguments break a stated rule.
#pragma once

#include <varve/store.hpp>
#include <varve/testing/answers.hpp>
#include <varve/testing/drawn_moves.hpp>
#include <varve/testing/log_write.hpp>
#include <varve/testing/oracle.hpp>
#include <varve/testing/query_model.hpp>
#include <varve/testing/random.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit {

/// Draws what is asked next, knowing what the oracle knows.
class drawn_requests {
public:
    drawn_requests(seeded_random& chance, const oracle& right) : chance_(&chance), right_(&right) {}

    bool percent(std::uint64_t p) { return chance_->chance(p); }
    std::uint64_t below(std::uint64_t n) { return chance_->below(n); }

    /// An append: mostly new, at times an old one again, at times one that breaks a rule.
    draft append() {
        if (!sent_.empty() && percent(12)) return again();
        draft drawn = fresh();
        if (percent(6))
            spoil(drawn);
        else
            sent_.push_back(drawn);
        return drawn;
    }

    end_draft end() {
        if (!ended_.empty() && percent(15)) {
            auto old = ended_[below(ended_.size())];
            if (percent(10)) old.how = old.how == ending::soft ? ending::tombstone : ending::soft;
            if (percent(20)) old.expected = belief(old.stream);
            return old;
        }
        end_draft drawn{.id = new_id(), .stream = stream()};
        if (percent(15)) {
            drawn.how = ending::tombstone;  // of few streams that others need
            if (percent(90)) drawn.stream = "ended-" + std::to_string(below(25));
        }
        if (percent(50)) drawn.expected = belief(drawn.stream);
        if (percent(3)) drawn.stream = percent(50) ? "" : "$a";
        ended_.push_back(drawn);
        return drawn;
    }

    log_range log() {
        return {.after = where(),
                .way = way(),
                .limit = limit(),
                .max_bytes = max_bytes(),
                .up_to = up_to()};
    }
    stream_range part() {
        return {.after = revision{percent(50) ? 0 : below(40)},
                .way = way(),
                .limit = limit(),
                .max_bytes = max_bytes(),
                .up_to = up_to()};
    }
    stop_at stop() { return {percent(20) ? 1 + below(6) : 0}; }

    event_query query() {
        if (percent(3)) return bad_query();
        if (percent(5))
            return event_query::any_of(
                {query_item{.types = {percent(50) ? "$soft-deleted" : "$tombstone"}}});
        return query_model::draw_query(*chance_);
    }

    std::string stream() {
        if (percent(10)) return "ended-" + std::to_string(below(25));
        return query_model::draw_append({}, *chance_, 1).events().front().stream;
    }

    reader_move move_of_reader() {
        reader_move move{
            .what = below(100),
            .reader = percent(3) ? std::string{} : "reader-" + std::to_string(below(3)),
            .reached = where(),
            .holder = {}};
        const auto now = right_->load_checkpoint(move.reader);
        const auto newest = now ? now->holder.value : 0;
        move.holder.value = percent(80) ? newest : below(newest + 2);
        return move;
    }

    /// Something about a promise. Few are held at a time: they are in everybody's way.
    promise_move move_of_promise() {
        promise_move move{.what = promise_move::kind::list, .append = draft{new_id()}, .memo = {}};
        const auto dice = below(100);
        if (dice < 8) return move;
        if (!promised_.empty() && (dice < 70 || promised_.size() >= 3)) {
            const auto at = below(promised_.size());
            move = promised_[at];
            move.what = dice < 40   ? promise_move::kind::confirm
                        : dice < 60 ? promise_move::kind::release
                        : dice < 64 ? promise_move::kind::forget
                                    : promise_move::kind::reserve;
            if (dice < 60) {
                ended_promises_.push_back(move);
                promised_.erase(promised_.begin() + static_cast<std::ptrdiff_t>(at));
            }
            if (dice >= 68) move.memo += "!";
            return move;
        }
        if (!ended_promises_.empty() && dice < 85) {
            move = ended_promises_[below(ended_promises_.size())];
            move.what = static_cast<promise_move::kind>(below(4));
            if (percent(10)) move.append = with_id(new_id(), move.append);
            return move;
        }
        move.what = promise_move::kind::reserve;
        move.append = percent(10) ? append() : fresh();
        move.memo = std::string("m\0n", below(4));
        promised_.push_back(move);
        return move;
    }

    /// A position: mostly within the log, at times its end, its beginning or beyond it.
    position where() {
        const auto head = right_->head().value;
        const auto dice = below(10);
        if (dice < 3) return position{};
        if (dice < 4) return position{head};
        if (dice < 5) return position{head + 1 + below(3)};
        if (dice < 7) return position{head - std::min(head, below(8))};
        return position{below(head + 1)};
    }

    /// A time: mostly that of an event or close to it, at times before or after all.
    timestamp when(timestamp now) {
        const std::chrono::nanoseconds aside{static_cast<std::int64_t>(below(3)) - 1};
        if (right_->head() != position{} && percent(70))
            return right_->recorded_at(position{1 + below(right_->head().value)}) + aside;
        return now + std::chrono::minutes{below(240)} - std::chrono::hours{2};
    }

    /// The id of an append that was sent, or of none.
    append_id any_id() {
        if (sent_.empty() || percent(10)) return new_id();
        if (!ended_.empty() && percent(10)) return ended_[below(ended_.size())].id;
        return sent_[below(sent_.size())].id();
    }
    append_id new_id() { return number_id<append_id>(chance_->next()); }

private:
    template <class Id>
    Id number_id(std::uint64_t n) {
        Id id;
        detail::store(id.raw.data(), n | 1);
        detail::store(id.raw.data() + 8, scramble(n));
        return id;
    }

    direction way() { return percent(60) ? direction::forward : direction::backward; }
    std::uint32_t limit() {
        if (percent(3)) return 0;
        return percent(25) ? 1024 : static_cast<std::uint32_t>(1 + below(8));
    }
    std::size_t max_bytes() { return percent(85) ? 16u << 20 : below(60); }
    position up_to() { return percent(70) ? position{~std::uint64_t{0}} : where(); }

    /// Right about as often as wrong.
    expectation belief(std::string_view about) {
        const auto now = right_->look_at(about);
        switch (below(8)) {
            case 0: return expect::any;
            case 1: return expect::none;
            case 2: return expect::exists;
            case 3: return expect::soft_deleted;
            case 4: return expect::at(revision{now.newest.value + below(3)});
            default: return expect::at(now.newest);
        }
    }

    draft fresh() {
        draft drawn = query_model::draw_append(new_id(), *chance_);
        for (auto& event : drawn.events()) dress(event);
        if (percent(6)) drawn.events().front().stream = "ended-" + std::to_string(below(25));
        if (percent(8)) drawn.events().clear();  // a pure check
        const bool must_believe = drawn.events().empty();
        if (must_believe || percent(35)) {
            for (auto left = 1 + below(2); left != 0; --left) {
                const auto about = drawn.events().empty() || percent(30)
                                       ? stream()
                                       : drawn.events()[below(drawn.events().size())].stream;
                drawn.check(about, belief(about));
            }
        }
        if (percent(25))
            for (auto left = 1 + below(2); left != 0; --left)
                drawn.condition(sound_query(), reader());
        if (percent(6)) drawn.fail_if_exists(sound_query());
        return drawn;
    }

    /// Where somebody stopped to read who then wrote: near the end, mostly.
    position reader() {
        const auto head = right_->head().value;
        return position{head - std::min(head, percent(60) ? below(4) : below(head + 1))};
    }

    event_query sound_query() { return query_model::draw_query(*chance_); }

    void dress(owned_event& event) {
        if (percent(30)) {
            event.payload.resize(below(40));
            for (auto& c : event.payload) c = static_cast<char>(chance_->next());
        }
        if (percent(15)) event.schema_version = static_cast<std::uint32_t>(1 + below(3));
        if (percent(15)) event.correlation = number_id<message_id>(below(5));
        if (percent(15)) event.causation = number_id<message_id>(below(5));
        if (percent(15))
            event.occurred_at = timestamp{std::chrono::nanoseconds{chance_->next() >> 2}};
        if (percent(15)) event.headers.emplace_back("key", std::string("a\0b", below(4)));
        if (percent(5)) event.headers.emplace_back("key", "");
        if (percent(4)) event.id = number_id<event_id>(chance_->next());
    }

    draft again() {
        draft old = sent_[below(sent_.size())];
        switch (below(6)) {
            case 0:
                if (!old.events().empty()) old.events().back().payload += "!";
                break;
            case 1:
                if (!old.events().empty()) old.events().push_back(old.events().front());
                if (!old.events().empty()) old.events().back().id = {};
                break;
            case 2: old.check(stream(), expect::at(revision{1000})); break;
            default: break;
        }
        return old;
    }

    event_query bad_query() {
        switch (below(4)) {
            case 0: return {};
            case 1: return event_query::any_of({query_item{}});
            case 2: return event_query::any_of({query_item{.categories = {"a-b"}}});
            default: return event_query::tagged({"x:1", std::string(256, 't')});
        }
    }

    /// Breaks one rule.
    void spoil(draft& drawn) {
        if (drawn.events().empty()) drawn.event("a-1");
        auto& event = drawn.events()[below(drawn.events().size())];
        switch (below(14)) {
            case 0: drawn = with_id({}, drawn); break;
            case 1: event.stream.clear(); break;
            case 2: event.stream = "$a"; break;
            case 3: event.stream = std::string(256, 's'); break;
            case 4: event.type = "$tombstone"; break;
            case 5: event.schema_version = 0; break;
            case 6: event.tags.push_back(""); break;
            case 7: event.tags.assign(65, "t"); break;
            case 8: event.headers.emplace_back("", "v"); break;
            case 9: drawn.condition(bad_query()); break;
            case 10: drawn.condition(sound_query(), position{right_->head().value + 1000}); break;
            case 11: drawn.fail_if_exists(bad_query()); break;
            case 12: drawn.check("", expect::any); break;
            default:
                event.id = number_id<event_id>(7);
                drawn.event(event);
                break;
        }
    }

    static draft with_id(const append_id& id, const draft& from) {
        draft other{id};
        for (const auto& event : from.events()) other.event(event);
        return other;
    }

    seeded_random* chance_;
    const oracle* right_;
    std::vector<draft> sent_;
    std::vector<end_draft> ended_;
    std::vector<promise_move> promised_;        // some of them were refused
    std::vector<promise_move> ended_promises_;  // and some of these
};

}  // namespace varve::inline v0::testkit
