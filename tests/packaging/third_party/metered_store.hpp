// A store that counts what passes through it: an `event_store` that is no `basic_store`.
#pragma once

#include <varve/store.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace third_party {

/// What was asked so far.
struct meter {
    std::atomic<std::uint64_t> appends = 0;
    std::atomic<std::uint64_t> refused = 0;
    std::atomic<std::uint64_t> events_read = 0;
};

/// Gives everything on to a store that it owns, and offers nothing beside `varve::event_store`.
template <varve::event_store Inner>
class metered_store {
public:
    static constexpr varve::store_traits traits = Inner::traits;

    metered_store(Inner inner, std::shared_ptr<meter> counts)
        : inner_(std::move(inner)), counts_(std::move(counts)) {}

    varve::store_identity identity() const { return inner_.identity(); }
    varve::position head() const { return inner_.head(); }
    varve::result<varve::receipt> append(const varve::append_request& request) {
        return counted(inner_.append(request));
    }
    varve::result<varve::receipt> end_stream(const varve::end_request& request) {
        return counted(inner_.end_stream(request));
    }
    varve::result<std::optional<varve::receipt>> find(const varve::append_id& id) {
        return inner_.find(id);
    }
    varve::result<varve::scan_end> scan_log(const varve::log_range& range,
                                            const varve::event_visitor& visit) {
        return inner_.scan_log(range, counting(visit));
    }
    varve::result<varve::stream_scan_end> scan_stream(std::string_view stream,
                                                      const varve::stream_range& range,
                                                      const varve::event_visitor& visit) {
        return inner_.scan_stream(stream, range, counting(visit));
    }
    varve::result<varve::scan_end> scan_query(const varve::event_query& query,
                                              const varve::log_range& range,
                                              const varve::event_visitor& visit) {
        return inner_.scan_query(query, range, counting(visit));
    }
    varve::result<varve::event_page> read_log(const varve::log_range& range) {
        return counted_page(inner_.read_log(range));
    }
    varve::result<varve::stream_page> read_stream(std::string_view stream,
                                                  const varve::stream_range& range = {}) {
        return counted_page(inner_.read_stream(stream, range));
    }
    varve::result<varve::event_page> read_query(const varve::event_query& query,
                                                const varve::log_range& range = {}) {
        return counted_page(inner_.read_query(query, range));
    }
    varve::result<varve::position> position_at(varve::timestamp when) {
        return inner_.position_at(when);
    }
    varve::position wait_beyond(varve::position where, std::chrono::nanoseconds wait) {
        return inner_.wait_beyond(where, wait);
    }
    varve::registration on_durable(std::function<void()> wake) {
        return inner_.on_durable(std::move(wake));
    }

private:
    varve::result<varve::receipt> counted(varve::result<varve::receipt> answer) {
        ++(answer ? counts_->appends : counts_->refused);
        return answer;
    }
    template <class Page>
    varve::result<Page> counted_page(varve::result<Page> read) {
        if (read) counts_->events_read += read->size();
        return read;
    }
    varve::event_visitor counting(const varve::event_visitor& visit) {
        return [this, &visit](const varve::recorded_event& event) {
            ++counts_->events_read;
            return visit(event);
        };
    }

    Inner inner_;
    std::shared_ptr<meter> counts_;
};

}  // namespace third_party
