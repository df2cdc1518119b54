// A store that lies, in one of many ways, to see whether the checkers find it out.
#pragma once

#include "stores/owned.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::tests {

enum class lie {
    other_byte,           ///< Of an event in a stream.
    forgotten_id,         ///< `find` does not know an append that is there.
    wrong_receipt,        ///< The last position is one too far.
    wrong_observation,    ///< A failed check says another revision.
    no_conditions,        ///< They are not looked at.
    no_checks,            ///< Nor these, when there are several.
    no_fail_if_exists,    ///< Nor these.
    reused_id_accepted,   ///< Other bytes under an old id get the first receipt.
    lost_tags,            ///< Events are stored without them.
    match_left_out,       ///< The third of a query.
    no_more,              ///< A page that was cut short says that it is the last.
    wrong_time,           ///< `position_at` is off by one.
    deleted_still_there,  ///< A stream that was deleted is said to exist.
    nobody_fenced,        ///< A stale holder may move a checkpoint.
    backward_checkpoint,  ///< What was reached is forgotten at the next claim.
    acknowledged_early,   ///< What is unknown is acknowledged.
    nothing_held,         ///< A promise keeps nobody out.
    promise_forgotten,    ///< One that was released can be made again.
    ids_for_ever,         ///< No id ever expires.
};
inline constexpr auto lies = static_cast<int>(lie::ids_for_ever) + 1;

/// A store of the memory engine that lies in one way.
class lying_store : public any_store {
public:
    lying_store(any_store honest, lie how) : any_store(std::move(honest)), how_(how) {}

    result<receipt> append(const append_request& request) {
        return twisted(request, any_store::append(stripped(request)));
    }
    void append_async(const append_request& request,
                      std::move_only_function<void(result<receipt>)> done) {
        any_store::append_async(stripped(request), std::move(done));
    }
    result<std::optional<receipt>> find(const append_id& id) {
        auto found = any_store::find(id);
        if (how_ == lie::forgotten_id && found && *found && (*found)->first.value % 5 == 0)
            return std::optional<receipt>{};
        return found;
    }
    result<scan_end> scan_log(const log_range& range, const event_visitor& visit) {
        auto end = any_store::scan_log(range, visit);
        if (how_ == lie::no_more && end) end->more = false;
        return end;
    }
    result<scan_end> scan_query(const event_query& query, const log_range& range,
                                const event_visitor& visit) {
        int nth = 0;
        return any_store::scan_query(query, range, [&](const recorded_event& e) {
            return (++nth == 3 && how_ == lie::match_left_out) || visit(e);
        });
    }
    result<stream_scan_end> scan_stream(std::string_view stream, const stream_range& range,
                                        const event_visitor& visit) {
        auto end = any_store::scan_stream(stream, range, [&](recorded_event e) {
            if (how_ == lie::other_byte && !e.payload.empty() && e.revision == revision{5})
                e.payload = e.payload.subspan(1);
            return visit(e);
        });
        if (how_ == lie::deleted_still_there && end && end->state == stream_state::deleted)
            end->state = stream_state::exists;
        return end;
    }
    result<position> position_at(timestamp when) {
        auto at = any_store::position_at(when);
        if (how_ == lie::wrong_time && at && *at != position{}) --at->value;
        return at;
    }
    result<checkpoint> claim_reader(std::string_view reader) {
        auto claimed = any_store::claim_reader(reader);
        if (how_ == lie::backward_checkpoint && claimed)
            (void)any_store::reset_checkpoint(reader, claimed->holder);
        return claimed;
    }
    result<void> save_checkpoint(std::string_view reader, position reached, fencing_token token) {
        if (const auto now = load_checkpoint(reader); how_ == lie::nobody_fenced && now)
            token = now->holder;
        return any_store::save_checkpoint(reader, reached, token);
    }
    result<reservation_state> reserve(const append_request& request, bytes_view memo) {
        if (how_ != lie::nothing_held) return any_store::reserve(request, memo);
        auto only = request;
        only.checks = {};  // of these nothing is held
        return any_store::reserve(only, memo);
    }
    result<void> release(const append_id& id) {
        auto released = any_store::release(id);
        if (released && how_ == lie::promise_forgotten) return any_store::forget(id);
        return released;
    }

private:
    append_request stripped(append_request request) {
        if (how_ == lie::no_conditions) request.conditions = {};
        if (how_ == lie::no_checks && request.checks.size() > 1) request.checks = {};
        if (how_ == lie::no_fail_if_exists) request.fail_if_exists = {};
        if (how_ == lie::lost_tags) {
            untagged_.assign(request.events.begin(), request.events.end());
            for (auto& event : untagged_) event.tags = {};
            request.events = untagged_;
        }
        return request;
    }
    result<receipt> twisted(const append_request& request, result<receipt> answer) {
        if (how_ == lie::wrong_receipt && answer && request.events.size() == 4)
            ++answer->last.value;
        if (answer) return answer;
        auto& failed = answer.error();
        if (how_ == lie::wrong_observation && !failed.checks.empty())
            ++failed.checks.back().actual.value;
        if (how_ == lie::reused_id_accepted && failed.code == errc::id_reused)
            return *any_store::find(request.id).value();
        if (how_ == lie::acknowledged_early && failed.code == errc::unknown)
            return receipt{
                request.id, head().next(), position{head().value + request.events.size()}, {}};
        return answer;
    }

    lie how_;
    std::vector<new_event> untagged_{};
};

struct lying_place final : store_place {
    explicit lying_place(lie what) : how(what) { disk = honest->disk; }
    result<any_store> open(environment& env) override {
        if (how != lie::ids_for_ever) honest->append_id_expiry = append_id_expiry;
        auto opened = honest->open(env);
        if (!opened) return opened;
        return owned(result<lying_store>{lying_store{std::move(*opened), how}});
    }
    result<any_store> open_to_read(environment& env) override { return open(env); }
    std::unique_ptr<store_place> honest = memory_place();
    lie how;
};

}  // namespace varve::tests
