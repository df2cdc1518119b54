// What many threads asked a store at once, when, and what they were answered.
//
//     testkit::history seen;
//     at_once(8, [&](std::size_t) { seen.append(store, drawn); seen.read_log(store, {}); });
//     seen.take_log(store);
//     EXPECT_EQ(testkit::check_history(seen).text(), "");          // history_check.hpp
//
// Each call is noted with the moment before it and the moment after, both from one counter, so that
// "this ended before that began" is known and not guessed.
#pragma once

#include <varve/store.hpp>
#include <varve/testing/events.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit {

/// An event as somebody saw it.
struct seen_event {
    varve::position position;
    varve::revision revision;
    event_id id;
    append_id append;
    std::string stream, type, payload;
    std::vector<std::string> tags{};

    friend bool operator==(const seen_event&, const seen_event&) = default;

    static seen_event of(const recorded_event& e) {
        return {.position = e.position,
                .revision = e.revision,
                .id = e.id,
                .append = e.append,
                .stream = std::string{e.stream},
                .type = std::string{e.type},
                .payload = std::string{as_text(e.payload)},
                .tags = {e.tags.begin(), e.tags.end()}};
    }
};

/// From when to when a call lasted.
struct call_time {
    std::uint64_t began = 0, ended = 0;
};

struct append_call {
    call_time when;
    draft asked;
    result<receipt> answer;
};

/// A read of the log, of a stream or of a query; which one, says `what`.
struct read_call {
    enum class kind : std::uint8_t { log, stream, query };

    call_time when;
    kind what = kind::log;
    std::string stream{};
    event_query query = event_query::everything();
    direction way = direction::forward;
    std::uint64_t after = 0;  ///< A position, of a stream a revision.
    std::uint32_t limit = ~0u;
    // the answer
    position head{};
    stream_state state = stream_state::unknown;  ///< Of a stream, like `newest`.
    revision newest{};
    bool more = false;
    std::vector<seen_event> events{};
};

/// Takes calls down. The functions that call a store may be called from any thread.
class history {
public:
    template <class Store>
    result<receipt> append(Store& store, const draft& asked) {
        const auto began = now();
        auto answer = asked.append_to(store);
        note(append_call{{began, now()}, asked, answer});
        return answer;
    }

    /// The end of a stream is noted as the append of its marker.
    template <class Store>
    result<receipt> end_stream(Store& store, const end_request& asked) {
        draft marker{asked.id};
        marker.event(owned_event{.stream = std::string{asked.stream},
                                 .type = std::string{marker_of(asked.how)}});
        marker.check(asked.stream, asked.expected);
        const auto began = now();
        auto answer = store.end_stream(asked);
        note(append_call{{began, now()}, std::move(marker), answer});
        return answer;
    }

    /// Gives the head that the read used. Errors are given back and not noted.
    template <class Store>
    result<read_call> read_log(Store& store, const log_range& range) {
        return read_query(store, event_query::everything(), range);
    }
    template <class Store>
    result<read_call> read_query(Store& store, const event_query& query, const log_range& range) {
        read_call call{
            .when = {now(), 0},
            .what = query.is_everything() ? read_call::kind::log : read_call::kind::query,
            .query = query,
            .way = range.way,
            .after = range.after.value,
            .limit = range.limit};
        return finish(call, store.scan_query(query, range, taking(call)));
    }
    template <class Store>
    result<read_call> read_stream(Store& store, std::string_view stream,
                                  const stream_range& range) {
        read_call call{.when = {now(), 0},
                       .what = read_call::kind::stream,
                       .stream = std::string{stream},
                       .way = range.way,
                       .after = range.after.value,
                       .limit = range.limit};
        const auto end = store.scan_stream(stream, range, taking(call));
        if (end) {
            call.state = end->state;
            call.newest = end->newest;
        }
        return finish(call, end);
    }

    /// Takes the whole log down, once all calls have ended. Empty, or what went wrong.
    template <class Store>
    std::string take_log(Store& store) {
        log.clear();
        const auto end = store.scan_log({.limit = ~0u, .max_bytes = ~std::size_t{0}},
                                        [this](const recorded_event& e) {
                                            log.push_back(seen_event::of(e));
                                            return true;
                                        });
        return end ? "" : to_string(end.error());
    }

    void note(append_call call) {
        const std::lock_guard lock{guard_};
        appends.push_back(std::move(call));
    }
    void note(read_call call) {
        const std::lock_guard lock{guard_};
        reads.push_back(std::move(call));
    }

    /// A moment that is later than all before.
    std::uint64_t now() noexcept { return ++clock_; }

    // What was taken down, for whoever checks it when all is quiet.
    std::vector<append_call> appends;
    std::vector<read_call> reads;
    std::vector<seen_event> log;  ///< As it is in the end.

private:
    static event_visitor taking(read_call& into) {
        return [&into](const recorded_event& e) {
            into.events.push_back(seen_event::of(e));
            return true;
        };
    }

    template <class End>
    result<read_call> finish(read_call& call, const result<End>& end) {
        if (!end) return std::unexpected(end.error());
        call.when.ended = now();
        call.head = end->head;
        call.more = end->more;
        note(call);
        return std::move(call);
    }

    std::atomic<std::uint64_t> clock_ = 0;
    std::mutex guard_;
};

}  // namespace varve::inline v0::testkit
