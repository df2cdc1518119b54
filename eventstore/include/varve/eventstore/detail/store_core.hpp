// The inside of a store: what the leader does with a group, and how reads find their events.
#pragma once

#include <varve/eventstore/basic_store.hpp>

#include <algorithm>
#include <limits>
#include <span>

namespace varve::inline v0 {

template <engine Engine>
struct basic_store<Engine>::core {
    using pending = detail::pending_append;
    using group = detail::sequencer::group;

    core(Engine opened, const store_options& chosen)
        : engine(std::move(opened)),
          options(chosen),
          queue([this](group appends) { store_group(appends); }, chosen.queue,
                chosen.environment->executor()) {}

    // ---- opening ----------------------------------------------------------------------------

    result<void> start() {
        if (options.tenant >= limits::tenants)
            return fail(errc::invalid_argument,
                        "the tenant is " + std::to_string(options.tenant) + ", the limit is " +
                            std::to_string(limits::tenants - 1));
        if (auto known = load_identity(); !known) return known;
        genesis = detail::genesis_hash(stored.identity.id, options.tenant);
        index.reset(genesis);
        if (auto loaded = load_types(); !loaded) return loaded;
        if (auto loaded = load_tail(); !loaded) return loaded;
        head.publish(index.head());
        if (options.channel && !engine.read_only()) options.channel->publish(index.head());
        return {};
    }

    result<void> load_identity() {
        result<detail::stored_identity> read = fail(errc::not_found, "");
        {
            auto view = engine.view();
            if (!view) return pass_on(std::move(view));
            auto found = view->get(detail::meta_space, as_bytes(detail::identity_key),
                                   [&](bytes_view value) { read = detail::decode_identity(value); });
            if (!found) return pass_on(std::move(found));
            if (!*found) read = fail(errc::not_found, "there is no store in " + engine.place());
        }
        if (!read && read.error().code == errc::not_found && !engine.read_only()) return create();
        if (!read) return pass_on(std::move(read));
        stored = *read;
        return {};
    }

    result<void> create() {
        auto& env = *options.environment;
        stored = {{env.ids().template next<store_id>(), epoch{1}}, env.now()};
        const auto value = detail::encode_identity(stored);
        return engine.transact([&](typename Engine::transaction& transaction) {
            return transaction.put(detail::meta_space, as_bytes(detail::identity_key), value);
        });
    }

    result<void> load_types() {
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        known_types.clear();
        return scan_types(*view, [&](const key& at, bytes_view) {
            known_types.emplace(as_text(at.octets));
            return true;
        });
    }

    result<void> scan_types(typename Engine::view_type& view, const entry_visitor& visit) {
        bytes low;
        detail::put_big_endian(low, options.tenant);
        bytes high = low;
        high.resize(high.size() + limits::type_name + 5, std::byte{0xff});
        return view.scan(detail::type_space, bytes_view{low}, bytes_view{high}, direction::forward, visit);
    }

    /// Proves and indexes every record beyond the index's head.
    result<void> load_tail() {
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        detail::batch_view batch;
        result<void> inner{};
        auto scanned = view->scan(
            detail::tail_space, tail_key(index.head().next()), tail_key(position{limits::positions}),
            direction::forward, [&](const key& at, bytes_view data) {
                const std::unique_lock lock{index_guard};
                inner = index_record(detail::position_of(at.number), data, batch);
                return inner.has_value();
            });
        if (!inner) return inner;
        return scanned;
    }

    result<void> index_record(position first, bytes_view data, detail::batch_view& batch) {
        if (first != index.head().next())
            return detail::damage(index.head().next(),
                                  "it is missing; the next one begins at " + to_string(first));
        index.begin_record(first);
        result<void> inner{};
        auto walked = detail::each_batch(data, first, [&](bytes_view raw) {
            const char* fault = batch.parse(raw) ? index.add(batch) : batch.fault();
            if (fault != nullptr) inner = detail::damage(index.head().next(), fault);
            return fault == nullptr;
        });
        if (!inner) return inner;
        return walked;
    }

    result<void> reopen() {
        const position before = head.get();
        if (auto opened = engine.reopen(); !opened) return opened;
        {
            const std::unique_lock lock{index_guard};
            index.reset(genesis);
        }
        if (auto loaded = load_types(); !loaded) return loaded;
        if (auto loaded = load_tail(); !loaded) return loaded;
        if (index.head() < before)
            return fail(errc::corrupt, "the log ends at position " + to_string(index.head()) +
                                           ", but " + to_string(before) +
                                           " was durable before: events are lost");
        poisoned = false;
        head.publish(index.head());
        return {};
    }

    /// A reader beside a writer: takes in what has become durable since.
    void refresh() {
        if (!engine.read_only()) return;
        const std::lock_guard lock{refresh_guard};
        refreshed = load_tail();
        if (refreshed) head.publish(index.head());
    }

    position current_head() {
        refresh();
        return head.get();
    }

    position wait_beyond(position where, std::chrono::nanoseconds wait) {
        refresh();
        if (!engine.read_only() || !options.channel || head.get() > where)
            return head.wait_beyond(where, wait);
        options.channel->wait_beyond(where, wait);
        return current_head();
    }

    // ---- appending --------------------------------------------------------------------------

    result<detail::batch_builder> encode(const append_request& request) {
        if (engine.read_only())
            return fail(errc::unsupported, "the store in " + engine.place() + " is open for reading only");
        if (request.events.empty() && request.checks.empty())
            return fail(errc::invalid_argument, "the append has neither events nor checks");
        for (const auto& type : request.types)
            if (type.descriptor.size() > limits::descriptor)
                return fail(errc::too_large, "the descriptor of type '" + std::string{type.type} +
                                                 "' has " + std::to_string(type.descriptor.size()) +
                                                 " bytes, the limit is " +
                                                 std::to_string(limits::descriptor));
        return detail::batch_builder::encode(request, options.chain);
    }

    static failure poisoned_failure() {
        return {errc::poisoned, "an earlier write failed; nothing was tried; call reopen() first"};
    }
    static std::unexpected<failure> refuse_poisoned() { return std::unexpected(poisoned_failure()); }

    /// What a group adds to the log, before it is durable.
    struct staging {
        explicit staging(const detail::log_index& durable)
            : head(durable.head()),
              first(head.next()),
              recorded(durable.last_recorded()),
              chain(durable.chain_head()) {}

        position head;
        position first;
        timestamp recorded;
        hash256 chain;
        std::unordered_map<std::string_view, std::uint64_t> newest;
        std::unordered_map<append_id, pending*> ids;
        std::vector<pending*> stored;   ///< Answers that hold only if the group becomes durable.
        std::vector<pending*> refused;  ///< Refused, perhaps because of what the group staged.
        std::vector<std::pair<bytes, bytes>> types;
    };

    void store_group(group appends) {
        if (poisoned) {
            for (auto* append : appends) append->answer = refuse_poisoned();
            return;
        }
        record.clear();
        staging staged{index};
        for (auto* append : appends) stage(*append, staged);
        if (record.empty()) return;
        if (auto stored_now = write(staged); !stored_now) return poison(staged, stored_now.error());
        apply(staged.first);
    }

    void stage(pending& append, staging& staged) {
        if (auto known = known_append(append, staged)) {
            append.answer = std::move(*known);
            return;
        }
        if (auto failed = failed_checks(append, staged); !failed.empty()) {
            append.answer = conflict(std::move(failed));
            staged.refused.push_back(&append);
        } else if (append.batch.empty()) {
            append.answer = receipt{.id = append.batch.id(), .first = {}, .last = {}, .streams = {}};
            staged.stored.push_back(&append);
        } else if (limits::positions - staged.head.value < append.batch.event_count()) {
            append.answer = fail(errc::full, "the log has reached its last position, " +
                                                 std::to_string(limits::positions));
        } else {
            append.answer = place(append, staged);
            staged.stored.push_back(&append);
        }
    }

    /// The answer of an append whose id is stored or staged already, or nothing.
    std::optional<result<receipt>> known_append(pending& append, staging& staged) {
        if (append.batch.empty()) return std::nullopt;
        if (const auto twin = staged.ids.find(append.batch.id()); twin != staged.ids.end()) {
            if (twin->second->batch.digest() != append.batch.digest())
                return std::optional<result<receipt>>{reused(append.batch.id())};
            staged.stored.push_back(&append);
            return twin->second->answer;
        }
        const position first = index.find(append.batch.id());
        if (first == position{}) return std::nullopt;
        return with_batch(first, [&](const detail::batch_view& batch) -> result<receipt> {
            if (append.batch.digest_under(batch.algorithm()) != batch.digest())
                return reused(append.batch.id());
            return receipt_of(batch);
        });
    }

    static std::unexpected<failure> reused(const append_id& id) {
        return fail(errc::id_reused,
                    "the append id " + to_string(id) + " was used for other events; nothing was written");
    }

    std::uint64_t newest(std::string_view stream, const staging& staged) const {
        const auto found = staged.newest.find(stream);
        return found != staged.newest.end() ? found->second : index.newest(stream).value;
    }

    std::vector<failed_check> failed_checks(const pending& append, const staging& staged) const {
        std::vector<failed_check> failed;
        for (const auto& check : append.checks) {
            const revision actual{newest(check.stream, staged)};
            if (!check.expected.met_by(actual))
                failed.push_back({std::string{check.stream}, check.expected, actual});
        }
        return failed;
    }

    static std::unexpected<failure> conflict(std::vector<failed_check> failed) {
        std::string message;
        for (const auto& check : failed) {
            if (!message.empty()) message += "; ";
            message += check.stream + " is at revision " + to_string(check.actual) + ", expected " +
                       to_string(check.expected);
        }
        return std::unexpected(failure{errc::conflict, std::move(message), std::move(failed)});
    }

    /// Gives positions and revisions, and lays the batch into the record.
    receipt place(pending& append, staging& staged) {
        auto& batch = append.batch;
        receipt given{batch.id(), staged.head.next(), {}, {}};
        given.streams.reserve(batch.streams().size());
        for (std::size_t i = 0; i < batch.streams().size(); ++i) {
            const auto& part = batch.streams()[i];
            const std::uint64_t before = newest(part.name, staged);
            batch.set_first_revision(i, revision{before + 1});
            staged.newest[part.name] = before + part.events;
            given.streams.push_back({std::string{part.name}, revision{before + part.events}});
        }
        staged.recorded = std::max(staged.recorded, options.environment->now());
        const auto hash = batch.seal(given.first, staged.recorded, staged.chain);
        if (options.chain != chain::none) staged.chain = hash;
        staged.head = given.last = position{staged.head.value + batch.event_count()};
        staged.ids.emplace(batch.id(), &append);
        for (const auto& type : append.types) stage_type(type, staged);
        record.add(batch.raw());
        return given;
    }

    void stage_type(const type_description& type, staging& staged) {
        auto at = detail::type_key(options.tenant, type.type, type.schema_version);
        if (known_types.contains(std::string{as_text(at)})) return;
        known_types.emplace(as_text(at));
        staged.types.emplace_back(std::move(at), detail::encode_type(type));
    }

    result<void> write(const staging& staged) {
        return engine.transact([&](typename Engine::transaction& transaction) -> result<void> {
            for (const auto& [at, value] : staged.types)
                if (auto put = transaction.put(detail::type_space, bytes_view{at}, value); !put) return put;
            return transaction.put(detail::tail_space, tail_key(staged.first), record.raw());
        });
    }

    /// The engine failed: what was staged may or may not be there.
    void poison(staging& staged, const failure& cause) {
        poisoned = true;
        for (auto* append : staged.stored) {
            failure unknown{errc::unknown,
                            "the engine failed while storing (" + cause.message +
                                "); reopen, then ask again with the append id " +
                                to_string(append->batch.id())};
            unknown.append = append->batch.id();
            append->answer = std::unexpected(std::move(unknown));
        }
        for (auto* append : staged.refused) append->answer = refuse_poisoned();
        head.wake();
    }

    /// The group is durable: the index takes it in, and readers may see it.
    void apply(position first) {
        {
            const std::unique_lock lock{index_guard};
            const auto indexed = index_record(first, record.raw(), written);
            detail::ensure(indexed.has_value(), "what was just written can be read");
        }
        if (options.channel) options.channel->publish(index.head());
        head.publish(index.head());
    }

    // ---- reading ----------------------------------------------------------------------------

    std::uint64_t tail_key(position at) const noexcept { return detail::tail_key(options.tenant, at); }

    static receipt receipt_of(const detail::batch_view& batch) {
        receipt given{batch.append(), batch.first(), batch.last(), {}};
        std::vector<std::uint64_t> counts(batch.streams().size());
        batch.each_frame([&](std::uint32_t, const detail::frame_view& frame) {
            ++counts[frame.stream()];
            return true;
        });
        for (std::size_t i = 0; i < counts.size(); ++i)
            given.streams.push_back({std::string{batch.streams()[i].name},
                                     revision{batch.streams()[i].first.value + counts[i] - 1}});
        return given;
    }

    /// Calls `use(batch)` with the proved batch that begins at `first`.
    template <class Use>
    result<receipt> with_batch(position first, Use&& use) {
        const position begin = record_of(first);
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        result<receipt> outcome = detail::damage(begin, "it is missing");
        auto found = view->get(detail::tail_space, tail_key(begin), [&](bytes_view data) {
            detail::record_walker walker;
            auto batch = walker.find_batch(data, begin, first);
            if (batch)
                outcome = use(**batch);
            else
                outcome = pass_on(std::move(batch));
        });
        if (!found) return pass_on(std::move(found));
        return outcome;
    }

    position record_of(position where) {
        const std::shared_lock lock{index_guard};
        return index.record_of(where);
    }

    result<std::optional<receipt>> find(const append_id& id) {
        refresh();
        position first;
        {
            const std::shared_lock lock{index_guard};
            first = index.find(id);
        }
        if (first == position{}) return std::optional<receipt>{};
        auto found = with_batch(first, [](const detail::batch_view& batch) -> result<receipt> {
            return receipt_of(batch);
        });
        if (!found) return pass_on(std::move(found));
        return std::optional<receipt>{std::move(*found)};
    }

    result<scan_end> scan_log(const log_range& range, const event_visitor& visit) {
        refresh();
        if (!refreshed) return pass_on(result<void>{refreshed});
        scan_end end{.head = head.get(), .last = range.after, .more = false};
        const position cap = std::min(end.head, range.up_to);
        detail::read_budget budget{range.limit, range.max_bytes};
        if (range.way == direction::forward) return scan_forward(range, cap, budget, visit, end);
        return scan_backward(range, cap, budget, visit, end);
    }

    result<scan_end> scan_forward(const log_range& range, position cap, detail::read_budget budget,
                                  const event_visitor& visit, scan_end end) {
        if (range.after >= cap) return end;
        const position begin = record_of(range.after.next());
        position expected = begin;
        detail::record_walker walker;
        const auto give = [&](const recorded_event& event) {
            if (event.position <= range.after) return true;
            if (event.position > cap) return false;
            if (!budget.take(event.payload.size())) {
                end.more = true;
                return false;
            }
            end.last = event.position;
            end.more = !visit(event);
            return !end.more;
        };
        auto walked = walk_records(begin, cap, direction::forward, [&](position at, bytes_view data) {
            if (at != expected) return result<bool>{missing(expected)};
            auto going = walker.walk(data, at, give);
            expected = walker.last().next();
            return going;
        });
        if (!walked) return pass_on(std::move(walked));
        if (*walked && expected <= cap) return missing(expected);
        end.more = end.more && end.last < cap;
        return end;
    }

    result<scan_end> scan_backward(const log_range& range, position cap, detail::read_budget budget,
                                   const event_visitor& visit, scan_end end) {
        if (range.after != position{}) cap = std::min(cap, position{range.after.value - 1});
        if (cap == position{}) return end;
        position expected = cap;
        std::vector<recorded_event> events;
        detail::record_walker walker;
        const auto collect = [&](const recorded_event& event) {
            if (event.position <= cap) events.push_back(event);
            return event.position < cap;
        };
        auto walked = walk_records(position{1}, cap, direction::backward, [&](position at, bytes_view data) {
            events.clear();
            auto read = walker.walk(data, at, collect);
            if (!read) return read;
            if (events.empty() || events.back().position != expected) return result<bool>{missing(expected)};
            for (std::size_t i = events.size(); i-- > 0 && !end.more;) {
                end.more = !budget.take(events[i].payload.size());
                if (end.more) break;
                end.last = events[i].position;
                end.more = !visit(events[i]);
            }
            expected = position{at.value - 1};
            return result<bool>{!end.more};
        });
        if (!walked) return pass_on(std::move(walked));
        if (*walked && expected != position{}) return missing(expected);
        end.more = end.more && end.last > position{1};
        return end;
    }

    static std::unexpected<failure> missing(position where) {
        return detail::damage(where, "it is missing");
    }

    /// Visits the records that hold positions `low` to `high`; `visit` says whether to go on.
    /// True if all were visited.
    template <class Visit>
    result<bool> walk_records(position low, position high, direction way, Visit&& visit) {
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        result<bool> going = true;
        auto scanned = view->scan(detail::tail_space, tail_key(low), tail_key(high), way,
                                  [&](const key& at, bytes_view data) {
                                      going = visit(detail::position_of(at.number), data);
                                      return going.has_value() && *going;
                                  });
        if (!scanned) return pass_on(std::move(scanned));
        return going;
    }

    /// Where the events of a stream lie that one read may give.
    struct stream_plan {
        stream_scan_end end;
        std::vector<std::uint64_t> wanted;   ///< Positions, in the order of the read.
        std::vector<position> records;       ///< The record of each.
        std::uint64_t first_revision = 0;    ///< Of wanted[0].
    };

    result<stream_scan_end> scan_stream(std::string_view stream, const stream_range& range,
                                        const event_visitor& visit) {
        refresh();
        if (!refreshed) return pass_on(result<void>{refreshed});
        auto plan = plan_stream(stream, range);
        if (plan.wanted.empty()) return plan.end;
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        detail::read_budget budget{range.limit, range.max_bytes};
        for (std::size_t begin = 0; begin < plan.wanted.size();) {
            std::size_t after = begin + 1;
            while (after < plan.wanted.size() && plan.records[after] == plan.records[begin]) ++after;
            auto going = read_run(*view, stream, range, plan, {begin, after}, budget, visit);
            if (!going) return pass_on(std::move(going));
            if (!*going) break;
            begin = after;
        }
        const bool at_end = range.way == direction::forward ? plan.end.last == plan.end.newest
                                                            : plan.end.last == revision{1};
        plan.end.more = !at_end;
        return plan.end;
    }

    stream_plan plan_stream(std::string_view stream, const stream_range& range) {
        stream_plan plan;
        const std::shared_lock lock{index_guard};
        plan.end.head = head.get();
        plan.end.last = range.after;
        const auto* all = index.find(stream);
        if (all == nullptr) return plan;
        const auto cap = std::min(plan.end.head, range.up_to).value;
        const auto visible = static_cast<std::uint64_t>(
            std::upper_bound(all->begin(), all->end(), cap) - all->begin());
        if (visible == 0) return plan;
        plan.end.state = stream_state::exists;
        plan.end.newest = revision{visible};
        const bool forward = range.way == direction::forward;
        std::uint64_t from = range.after.value + 1;
        if (!forward) from = range.after == revision{} ? visible : std::min(visible, range.after.value - 1);
        plan.first_revision = from;
        for (std::uint64_t r = from; r >= 1 && r <= visible && plan.wanted.size() < range.limit;
             forward ? ++r : --r) {
            plan.wanted.push_back((*all)[r - 1]);
            plan.records.push_back(index.record_of(position{plan.wanted.back()}));
        }
        return plan;
    }

    struct run {
        std::size_t begin, end;
    };

    /// Gives the events of one record. False if the read is over.
    result<bool> read_run(typename Engine::view_type& view, std::string_view stream,
                          const stream_range& range, stream_plan& plan, run part,
                          detail::read_budget& budget, const event_visitor& visit) {
        const position at = plan.records[part.begin];
        const bool forward = range.way == direction::forward;
        result<bool> going = missing(at);
        auto found = view.get(detail::tail_space, tail_key(at), [&](bytes_view data) {
            detail::record_walker walker;
            const std::span<const std::uint64_t> wanted{plan.wanted};
            result<void> inner{};
            going = walker.pick(data, at, wanted.subspan(part.begin, part.end - part.begin),
                                [&](recorded_event& event, std::size_t nth) {
                                    const std::uint64_t step = part.begin + nth;
                                    event.revision = revision{forward ? plan.first_revision + step
                                                                      : plan.first_revision - step};
                                    if (event.stream != stream) {
                                        inner = detail::damage(event.position, "it is of another stream");
                                        return false;
                                    }
                                    if (!budget.take(event.payload.size())) return false;
                                    plan.end.last = event.revision;
                                    return visit(event);
                                });
            if (!inner) going = pass_on(std::move(inner));
        });
        if (!found) return pass_on(std::move(found));
        return going;
    }

    // ---- looking ----------------------------------------------------------------------------

    std::vector<stream_entry> list(std::string_view prefix) {
        refresh();
        std::vector<stream_entry> entries;
        {
            const std::shared_lock lock{index_guard};
            for (const auto& [name, all] : index.streams())
                if (name.starts_with(prefix) && !all.empty())
                    entries.push_back({name, revision{all.size()}, position{all.back()}});
        }
        std::sort(entries.begin(), entries.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        return entries;
    }

    store_summary summary() {
        refresh();
        const std::shared_lock lock{index_guard};
        return {stored.identity,
                stored.created_at,
                index.head(),
                index.streams().size(),
                index.append_count(),
                index.record_count(),
                index.last_recorded(),
                index.chain_head()};
    }

    result<std::vector<owned_type>> types() {
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        std::vector<owned_type> all;
        result<void> inner{};
        auto scanned = scan_types(*view, [&](const key& at, bytes_view value) {
            auto type = detail::decode_type(at.octets, value);
            if (!type) {
                inner = pass_on(std::move(type));
                return false;
            }
            all.push_back({std::string{type->type}, type->schema_version, type->encoding,
                           to_bytes(type->descriptor)});
            return true;
        });
        if (!inner) return pass_on(std::move(inner));
        if (!scanned) return pass_on(std::move(scanned));
        return all;
    }

    Engine engine;
    store_options options;
    detail::stored_identity stored{};
    hash256 genesis{};
    detail::durable_head head;
    std::shared_mutex index_guard;  ///< The leader writes the index, anybody reads it.
    detail::log_index index;
    std::mutex refresh_guard;
    result<void> refreshed{};
    // The leader's own:
    std::atomic<bool> poisoned = false;
    detail::record_builder record;
    detail::batch_view written;
    std::unordered_set<std::string> known_types;
    detail::sequencer queue;  ///< Last: closes before anything else is destroyed.
};

}  // namespace varve::inline v0
