// What a store must answer, worked out the slow way: one list of events, and loops over it.
//
//     testkit::oracle right{clock};
//     EXPECT_EQ(described(right.append(request)), described(store.append(request)));
//
// Obviously right rather than fast: no index, no encoding, no group, no disk. It shares nothing with a
// store but the types of the interface and the rule by which event ids are derived.
#pragma once

#include <varve/checkpoint.hpp>
#include <varve/eventstore/format/frame.hpp>
#include <varve/store.hpp>
#include <varve/testing/events.hpp>
#include <varve/testing/oracle_promises.hpp>
#include <varve/testing/oracle_rules.hpp>
#include <varve/testing/query_model.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve::inline v0::testkit {

/// Models `event_store`, apart from its being waited for. One thread at a time.
class oracle : private internal::oracle_rules {
public:
    /// Events are recorded by this clock, as the store's are.
    explicit oracle(clock_source& clock) : clock_(&clock) {}

    position head() const noexcept { return position{log_.size()}; }

    /// From now on, appends are forgotten by their id when something was recorded longer after them, as
    /// `store_options::append_id_expiry` says.
    void expire_append_ids_after(std::optional<std::chrono::nanoseconds> age) { expiry_ = age; }

    // ---- writing -------------------------------------------------------------------------------

    result<receipt> append(const append_request& request) {
        if (auto fine = check(request); !fine) return pass_on(std::move(fine));
        std::vector<owned_event> events;
        for (const auto& event : request.events)
            events.push_back(owned(event, request.id, events.size()));
        return store(request.id, std::move(events), request);
    }

    result<receipt> end_stream(const end_request& request) {
        const new_event marker{
            .stream = request.stream, .type = marker_of(request.how), .meta = request.meta};
        if (request.id.is_none()) return wrong();
        if (auto named = name(request.stream, limits::stream_name); !named)
            return pass_on(std::move(named));
        if (auto fine = check_content(marker); !fine) return pass_on(std::move(fine));
        const stream_check believed{request.stream, request.expected};
        return store(request.id, {owned(marker, request.id, 0)},
                     {.id = request.id, .events = {}, .checks = {&believed, 1}}, request.how);
    }

    // ---- promising -----------------------------------------------------------------------------

    result<reservation_state> reserve(const append_request& request, bytes_view memo) {
        if (memo.size() > limits::memo) return refuse(errc::too_large);
        if (auto fine = check(request); !fine) return pass_on(std::move(fine));
        const auto made = promise_of(request, memo);
        if (const auto* known = made.events.empty() ? nullptr : known_append(request.id)) {
            if (content_of(*known) == made.events) return reservation_state::confirmed;
            return refuse(errc::id_reused);
        }
        if (const auto* known = promises_.find(request.id)) {
            if (known->told.state == reservation_state::released) return refuse(errc::cancelled);
            if (known->told.state == reservation_state::confirmed)
                return reservation_state::confirmed;
            if (known->same(made)) return reservation_state::held;
            return refuse(errc::id_reused);
        }
        if (auto held = may_store(made.events, request); !held) return pass_on(std::move(held));
        if (promises_.breaking(made)) return refuse(errc::reserved);
        promises_.set(made);
        return reservation_state::held;
    }

    result<receipt> confirm(const append_id& id) {
        if (id.is_none()) return wrong();
        const auto* known = promises_.find(id);
        if (known == nullptr) {
            const auto* stored = known_append(id);
            if (stored == nullptr) return refuse(errc::not_found);
            return *stored;
        }
        if (known->told.state == reservation_state::released) return refuse(errc::cancelled);
        if (known->told.state == reservation_state::confirmed) return receipt{id, {}, {}, {}};
        auto events = known->events;
        if (events.empty())
            end_promise(id, reservation_state::confirmed);
        else
            promises_.forget(id);
        return add_all(id, std::move(events));
    }

    result<void> release(const append_id& id) {
        if (id.is_none()) return wrong();
        const auto* known = promises_.find(id);
        if (known == nullptr ? known_append(id) != nullptr
                             : known->told.state == reservation_state::confirmed)
            return refuse(errc::exists);
        if (known == nullptr || known->told.state == reservation_state::held)
            end_promise(id, reservation_state::released);
        return {};
    }

    result<void> forget(const append_id& id) {
        if (id.is_none()) return wrong();
        if (const auto* known = promises_.find(id);
            known != nullptr && known->told.state == reservation_state::held)
            return refuse(errc::reserved);
        promises_.forget(id);
        return {};
    }

    result<std::vector<reservation>> reservations() const { return promises_.list(); }

    // ---- reading -------------------------------------------------------------------------------

    result<std::optional<receipt>> find(const append_id& id) const {
        const auto* known = known_append(id);
        return known == nullptr ? std::optional<receipt>{} : std::optional{*known};
    }

    /// As `event_store` says. Without a stop, `last` is the end of the range.
    result<scan_end> scan_log(const log_range& range, const event_visitor& visit) const {
        return scan_query(event_query::everything(), range, visit);
    }

    result<scan_end> scan_query(const event_query& query, const log_range& range,
                                const event_visitor& visit) const {
        if (auto fine = check_query(query); !fine) return pass_on(std::move(fine));
        scan_end end{.head = head(), .last = range.after};
        const auto top = std::min(head().value, range.up_to.value);
        std::vector<std::uint64_t> wanted;
        if (range.way == direction::forward) {
            if (range.after.value >= top) return end;
            wanted = model_.matches(query, range.after.value, top);
        } else {
            const auto from = range.after == position{} ? top
                                                        : std::min(top, range.after.value - 1);
            if (from == 0) return end;
            wanted = model_.matches(query, 0, from);
            std::ranges::reverse(wanted);
        }
        const auto given = give(wanted, range.limit, range.max_bytes, visit);
        if (given != 0) end.last = position{wanted[given - 1]};
        end.more = given < wanted.size();
        if (!end.more) end.last = range.way == direction::forward ? position{top} : position{1};
        return end;
    }

    result<stream_scan_end> scan_stream(std::string_view stream, const stream_range& range,
                                        const event_visitor& visit) const {
        const auto top = std::min(head().value, range.up_to.value);
        const auto now = look_at(stream, top);
        stream_scan_end end{
            .head = head(), .state = now.state, .newest = now.newest, .last = range.after};
        std::vector<std::uint64_t> wanted;
        for (const auto at : now.visible) {
            const auto r = log_[at - 1].revision;
            if (range.way == direction::forward ? r > range.after
                                                : range.after == revision{} || r < range.after)
                wanted.push_back(at);
        }
        if (range.way == direction::backward) std::ranges::reverse(wanted);
        const auto given = give(wanted, range.limit, range.max_bytes, visit);
        if (given != 0) end.last = log_[wanted[given - 1] - 1].revision;
        end.more = given < wanted.size();
        return end;
    }

    result<event_page> read_log(const log_range& range) const {
        return page_of<event_page>([&](const auto& add) { return scan_log(range, add); });
    }
    result<stream_page> read_stream(std::string_view stream, const stream_range& range = {}) const {
        return page_of<stream_page>(
            [&](const auto& add) { return scan_stream(stream, range, add); });
    }
    result<event_page> read_query(const event_query& query, const log_range& range = {}) const {
        return page_of<event_page>([&](const auto& add) { return scan_query(query, range, add); });
    }

    result<position> position_at(timestamp when) const {
        position last;
        for (const auto& event : log_)
            if (event.recorded_at <= when) last = event.position;
        return last;
    }

    // ---- named readers -------------------------------------------------------------------------

    result<checkpoint> load_checkpoint(std::string_view reader) const {
        if (auto named = name(reader, limits::stream_name); !named)
            return pass_on(std::move(named));
        const auto known = readers_.find(std::string{reader});
        return known == readers_.end() ? checkpoint{} : known->second;
    }
    result<checkpoint> claim_reader(std::string_view reader) {
        if (auto named = name(reader, limits::stream_name); !named)
            return pass_on(std::move(named));
        auto& at = readers_[std::string{reader}];
        ++at.holder.value;
        return at;
    }
    result<void> save_checkpoint(std::string_view reader, position reached, fencing_token holder) {
        const auto at = load_checkpoint(reader);
        if (!at) return std::unexpected(at.error());
        if (at->holder != holder) return refuse(errc::fenced);
        if (reached < at->reached || reached > head()) return wrong();
        if (reached != at->reached) readers_[std::string{reader}].reached = reached;
        return {};
    }
    result<void> reset_checkpoint(std::string_view reader, fencing_token holder) {
        const auto at = load_checkpoint(reader);
        if (!at) return std::unexpected(at.error());
        if (at->holder != holder) return refuse(errc::fenced);
        readers_[std::string{reader}].reached = {};
        return {};
    }

    // ---- for whoever draws the next question ---------------------------------------------------

    /// Whether an append with this id is in the log, forgotten or not.
    bool has_stored(const append_id& id) const { return appends_.contains(id); }
    /// When an event was recorded that is there.
    timestamp recorded_at(position where) const { return log_[where.value - 1].recorded_at; }

    /// A stream up to a position.
    struct seen_stream {
        stream_state state = stream_state::unknown;
        revision newest;
        std::vector<std::uint64_t> visible{};  ///< Positions of the events that can be read.
    };
    seen_stream look_at(std::string_view stream, std::uint64_t top = ~std::uint64_t{0}) const {
        seen_stream seen;
        for (const auto& event : log_) {
            if (event.position.value > top) break;
            if (event.content.stream != stream) continue;
            seen.newest = event.revision;
            seen.visible.push_back(event.position.value);
            seen.state = stream_state::exists;
            if (event.content.type != "$soft-deleted" && event.content.type != "$tombstone")
                continue;
            seen.visible.clear();
            seen.state = event.content.type == "$tombstone" ? stream_state::tombstoned
                                                            : stream_state::deleted;
        }
        return seen;
    }

private:
    struct kept_event {
        varve::position position;
        varve::revision revision;
        owned_event content;
        append_id append;
        timestamp recorded_at;
        bytes headers{}, tags{};  // as `packed.hpp` says
    };

    // ---- arguments -----------------------------------------------------------------------------

    result<void> check(const append_request& request) const {
        if (request.events.empty() && request.checks.empty() && request.conditions.empty() &&
            request.fail_if_exists.empty())
            return wrong();
        for (const auto& each : request.checks)
            if (auto named = name(each.stream, limits::stream_name); !named) return named;
        if (request.conditions.size() + request.fail_if_exists.size() > limits::conditions)
            return refuse(errc::too_large);
        for (const auto& each : request.conditions) {
            if (auto fine = check_query(each.query); !fine) return fine;
            if (each.after > head()) return wrong();
        }
        for (const auto& each : request.fail_if_exists)
            if (auto fine = check_query(each); !fine) return fine;
        if (request.id.is_none()) return wrong();
        std::vector<event_id> own;
        for (const auto& event : request.events) {
            if (auto named = name(event.stream, limits::stream_name); !named) return named;
            if (auto named = name(event.type, limits::type_name); !named) return named;
            if (auto fine = check_content(event); !fine) return fine;
            if (event.id.is_none()) continue;
            if (std::ranges::find(own, event.id) != own.end()) return wrong();
            own.push_back(event.id);
        }
        return {};
    }

    // ---- storing -------------------------------------------------------------------------------

    std::vector<owned_event> content_of(const receipt& stored) const {
        std::vector<owned_event> events;
        for (auto at = stored.first; at <= stored.last; at = at.next())
            events.push_back(log_[at.value - 1].content);
        return events;
    }

    /// Nullptr if there is none, or if it is forgotten.
    const receipt* known_append(const append_id& id) const {
        const auto known = appends_.find(id);
        if (known == appends_.end()) return nullptr;
        const auto age = recorded_ - recorded_at(known->second.first);
        return expiry_ && age > *expiry_ ? nullptr : &known->second;
    }

    /// An append whose arguments are fine; `request` says what it believes.
    result<receipt> store(const append_id& id, std::vector<owned_event> events,
                          const append_request& request, std::optional<ending> end = {}) {
        if (const auto* known = events.empty() ? nullptr : known_append(id)) {
            if (content_of(*known) == events) return *known;
            return refuse(errc::id_reused);
        }
        if (const auto* made = events.empty() ? nullptr : promises_.find(id))
            return refuse(made->told.state == reservation_state::held       ? errc::reserved
                          : made->told.state == reservation_state::released ? errc::cancelled
                                                                            : errc::id_reused);
        if (auto held = may_store(events, request); !held) return pass_on(std::move(held));
        if (end == ending::soft && look_at(events[0].stream).state != stream_state::exists)
            return refuse(errc::not_found);
        return add_all(id, std::move(events));
    }

    receipt add_all(const append_id& id, std::vector<owned_event> events) {
        receipt given{.id = id, .first = {}, .last = {}, .streams = {}};
        if (events.empty()) return given;
        given.first = head().next();
        recorded_ = std::max(recorded_, clock_->now());
        for (auto& event : events) add(std::move(event), given);
        given.last = head();
        appends_.insert_or_assign(id, given);
        return given;
    }

    /// Errors: `tombstoned`, `reserved`, those of `believe`.
    result<void> may_store(const std::vector<owned_event>& events,
                           const append_request& request) const {
        for (const auto& event : events)
            if (look_at(event.stream).state == stream_state::tombstoned)
                return refuse(errc::tombstoned);
        if (promises_.met_by(events)) return refuse(errc::reserved);
        return believe(request);
    }

    internal::oracle_promise promise_of(const append_request& request, bytes_view memo) const {
        internal::oracle_promise made;
        made.told = {.id = request.id, .epoch = epoch{1}, .since = clock_->now()};
        made.told.memo = to_bytes(memo);
        for (const auto& event : request.events) {
            made.events.push_back(owned(event, request.id, made.events.size()));
            if (std::ranges::find(made.told.writes, event.stream) == made.told.writes.end())
                made.told.writes.emplace_back(event.stream);
        }
        made.told.events = static_cast<std::uint32_t>(made.events.size());
        for (const auto& each : request.checks)
            if (each.expected != expect::any) {
                made.checks.emplace_back(each.stream, each.expected);
                made.told.believes.emplace_back(each.stream);
            }
        for (const auto& each : request.conditions) {
            made.conditions.emplace_back(each.query, each.after);
            made.told.queries.push_back(each.query);
        }
        for (const auto& each : request.fail_if_exists) {
            made.fail_if_exists.push_back(each);
            made.told.queries.push_back(each);
        }
        return made;
    }

    void end_promise(const append_id& id, reservation_state how) {
        internal::oracle_promise ended;
        ended.told = {.id = id, .state = how, .epoch = epoch{1}, .since = clock_->now()};
        promises_.set(std::move(ended));
    }

    /// Errors: `conflict`, `exists`, with everything that does not hold.
    result<void> believe(const append_request& request) const {
        failure failed{.code = errc::conflict, .message = "says the oracle"};
        for (const auto& each : request.checks) {
            const auto now = look_at(each.stream);
            if (!holds(each.expected, now))
                failed.checks.push_back(
                    {std::string{each.stream}, each.expected, now.newest, now.state});
        }
        using kind = failed_condition::kind;
        for (std::size_t i = 0; i < request.conditions.size(); ++i)
            if (const auto found = model_.first_match(request.conditions[i].query,
                                                      request.conditions[i].after);
                found != position{})
                failed.conditions.push_back({kind::condition, i, found});
        for (std::size_t i = 0; i < request.fail_if_exists.size(); ++i)
            if (const auto found = model_.first_match(request.fail_if_exists[i]);
                found != position{}) {
                failed.conditions.push_back({kind::fail_if_exists, i, found});
                failed.code = errc::exists;
            }
        if (failed.checks.empty() && failed.conditions.empty()) return {};
        return std::unexpected(std::move(failed));
    }

    static bool holds(const expectation& expected, const seen_stream& now) {
        switch (expected.what()) {
            case expectation::kind::any: return true;
            case expectation::kind::none: return now.state == stream_state::unknown;
            case expectation::kind::exists: return now.state == stream_state::exists;
            case expectation::kind::at: return now.newest == expected.at();
            case expectation::kind::soft_deleted: return now.state == stream_state::deleted;
        }
        return false;
    }

    void add(owned_event event, receipt& given) {
        kept_event kept{head().next(), look_at(event.stream).newest.next(), std::move(event),
                        given.id, recorded_};
        for (const auto& [key, value] : kept.content.headers) {
            put_number<std::uint16_t>(kept.headers, key.size());
            put_number<std::uint32_t>(kept.headers, value.size());
            detail::put_bytes(kept.headers, as_bytes(key));
            detail::put_bytes(kept.headers, as_bytes(value));
        }
        for (const auto& tag : kept.content.tags) {
            put_number<std::uint16_t>(kept.tags, tag.size());
            detail::put_bytes(kept.tags, as_bytes(tag));
        }
        model_.note(kept.content.stream, kept.content.type, kept.content.tags);
        const auto mine = std::ranges::find(given.streams, kept.content.stream,
                                            &stream_revision::stream);
        if (mine == given.streams.end())
            given.streams.push_back({kept.content.stream, kept.revision});
        else
            mine->revision = kept.revision;
        log_.push_back(std::move(kept));
    }

    template <class Number>
    static void put_number(bytes& to, std::size_t size) {
        detail::put(to, static_cast<Number>(size));
    }

    // ---- giving --------------------------------------------------------------------------------

    recorded_event view(const kept_event& e) const {
        return {.position = e.position,
                .revision = e.revision,
                .stream = e.content.stream,
                .type = e.content.type,
                .schema_version = e.content.schema_version,
                .id = e.content.id,
                .append = e.append,
                .correlation = e.content.correlation,
                .causation = e.content.causation,
                .recorded_at = e.recorded_at,
                .occurred_at = e.content.occurred_at,
                .headers = {e.headers, e.content.headers.size()},
                .tags = {e.tags, e.content.tags.size()},
                .payload = as_bytes(e.content.payload)};
    }

    /// Gives the events at these positions until a limit or the visitor ends it; how many it gave.
    std::size_t give(const std::vector<std::uint64_t>& wanted, std::uint32_t limit,
                     std::size_t max_bytes, const event_visitor& visit) const {
        std::size_t given = 0, size = 0;
        for (const auto at : wanted) {
            const auto& event = log_[at - 1];
            const auto more = event.content.payload.size();
            if (given == limit || (given != 0 && more != 0 && size + more > max_bytes)) break;
            size += more;
            ++given;
            if (!visit(view(event))) break;
        }
        return given;
    }

    clock_source* clock_;
    std::deque<kept_event> log_;
    query_model model_;
    std::map<append_id, receipt> appends_;  // of an id that is there twice, the newer
    std::optional<std::chrono::nanoseconds> expiry_;
    internal::oracle_promises promises_;
    std::map<std::string, checkpoint> readers_;
    timestamp recorded_ = timestamp::min();
};

}  // namespace varve::inline v0::testkit
