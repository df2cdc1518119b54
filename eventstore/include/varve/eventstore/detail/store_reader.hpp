// What can be asked of a store, all of it from any thread.
#pragma once

#include <varve/eventstore/detail/log_scan.hpp>
#include <varve/eventstore/detail/query_scan.hpp>
#include <varve/eventstore/detail/store_state.hpp>
#include <varve/eventstore/detail/stream_scan.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// Called from any thread.
template <engine Engine>
class store_reader {
public:
    explicit store_reader(store_state<Engine>& state) : state_(state) {}

    result<std::optional<receipt>> find(const append_id& id) {
        if (auto fresh = state_.refresh(); !fresh) return pass_on(std::move(fresh));
        position first;
        {
            const std::shared_lock lock{state_.index_guard};
            first = state_.index.find(id);
        }
        if (first == position{}) return std::optional<receipt>{};
        auto found = state_.with_batch(first, [](const batch_view& batch) -> result<receipt> {
            return store_state<Engine>::receipt_of(batch);
        });
        if (!found) return pass_on(std::move(found));
        return std::optional<receipt>{std::move(*found)};
    }

    result<scan_end> scan_log(const log_range& range, const event_visitor& visit) {
        if (auto fresh = state_.refresh(); !fresh) return pass_on(std::move(fresh));
        return log_scan{state_}.run(range, visit);
    }

    result<stream_scan_end> scan_stream(std::string_view stream, const stream_range& range,
                                        const event_visitor& visit) {
        if (auto fresh = state_.refresh(); !fresh) return pass_on(std::move(fresh));
        return stream_scan{state_}.run(stream, range, visit);
    }

    result<scan_end> scan_query(const event_query& query, const log_range& range,
                                const event_visitor& visit) {
        if (auto fresh = state_.refresh(); !fresh) return pass_on(std::move(fresh));
        return query_scan{state_}.run(query, range, visit);
    }

    /// The index knows when records begin; the batches of the one at hand say the rest.
    result<position> position_at(timestamp when) {
        if (auto fresh = state_.refresh(); !fresh) return pass_on(std::move(fresh));
        position record;
        {
            const std::shared_lock lock{state_.index_guard};
            record = state_.index.record_before(when);
        }
        if (record == position{}) return position{};
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        result<position> last{};
        auto found = view->get(tail_space, state_.tail_key(record), [&](bytes_view data) {
            last = last_batch_before(data, record, when);
        });
        if (!found) return pass_on(std::move(found));
        if (!*found) return state_.missing(record);
        return last;
    }

    std::vector<stream_entry> list(std::string_view prefix) {
        (void)state_.refresh();  // what was known before is still true
        std::vector<stream_entry> entries;
        {
            const std::shared_lock lock{state_.index_guard};
            for (const auto& [name, history] : state_.index.streams())
                if (name.starts_with(prefix) && !history.at.empty())
                    entries.push_back({name, history.now().at(), position{history.at.back()},
                                       history.now().state()});
        }
        std::sort(entries.begin(), entries.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        return entries;
    }

    store_summary summary() {
        (void)state_.refresh();  // what was known before is still true
        const std::shared_lock lock{state_.index_guard};
        return {state_.stored.identity,       state_.stored.created_at,
                state_.index.head(),          state_.index.streams().size(),
                state_.index.append_count(),  state_.index.record_count(),
                state_.index.last_recorded(), state_.index.chain_head()};
    }

    result<std::vector<stored_type>> types() {
        if (auto fine = state_.check_beside(); !fine) return pass_on(std::move(fine));
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        std::vector<stored_type> all;
        result<void> inner{};
        auto scanned = state_.scan_types(*view, [&](const key& at, bytes_view value) {
            auto type = decode_type(at.octets, value);
            if (!type) {
                inner = state_.damage_beside(type.error());
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

private:
    static result<position> last_batch_before(bytes_view data, position record, timestamp when) {
        position last;
        batch_view batch;
        result<void> inner{};
        auto walked = each_batch(data, record, [&](bytes_view raw) {
            if (!batch.parse(raw)) {
                inner = damage(last == position{} ? record : last.next(), batch.fault());
                return false;
            }
            if (batch.recorded_at() > when) return false;
            last = batch.last();
            return true;
        });
        if (!inner) return pass_on(std::move(inner));
        if (!walked) return pass_on(std::move(walked));
        return last;
    }

    store_state<Engine>& state_;
};

}  // namespace varve::inline v0::detail
