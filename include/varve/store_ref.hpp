// Any event store behind one type, so that what stands on it is compiled once.
//
// The reference does not own the store, which outlives it and all its copies. A call costs one virtual
// call more than the store's own.
#pragma once

#include <varve/store.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace varve::inline v0 {

/// Models `event_store` over a store of any type whose positions are dense.
class store_ref {
public:
    static constexpr store_traits traits{
        .engine = "any", .local_transaction = false, .durable = false};

    template <event_store Store>
        requires(!std::same_as<Store, store_ref>)
    store_ref(Store& store) : store_(std::make_shared<holder<Store>>(store)) {
        static_assert(
            Store::traits.dense_positions && Store::traits.read_your_write,
            "varve: store_ref stands for stores with dense positions that show a write at once");
    }

    /// What the store behind it can do.
    const store_traits& actual_traits() const noexcept { return store_->what(); }

    store_identity identity() const { return store_->identity(); }
    result<receipt> append(const append_request& request) { return store_->append(request); }
    result<receipt> end_stream(const end_request& request) { return store_->end_stream(request); }
    result<std::optional<receipt>> find(const append_id& id) { return store_->find(id); }
    position head() const { return store_->head(); }
    result<scan_end> scan_log(const log_range& range, const event_visitor& visit) {
        return store_->scan_log(range, visit);
    }
    result<stream_scan_end> scan_stream(std::string_view stream, const stream_range& range,
                                        const event_visitor& visit) {
        return store_->scan_stream(stream, range, visit);
    }
    result<scan_end> scan_query(const event_query& query, const log_range& range,
                                const event_visitor& visit) {
        return store_->scan_query(query, range, visit);
    }
    result<event_page> read_log(const log_range& range) { return store_->read_log(range); }
    result<stream_page> read_stream(std::string_view stream, const stream_range& range = {}) {
        return store_->read_stream(stream, range);
    }
    result<event_page> read_query(const event_query& query, const log_range& range = {}) {
        return store_->read_query(query, range);
    }
    result<position> position_at(timestamp when) { return store_->position_at(when); }
    position wait_beyond(position where, std::chrono::nanoseconds wait) {
        return store_->wait_beyond(where, wait);
    }
    registration on_durable(std::function<void()> wake) {
        return store_->on_durable(std::move(wake));
    }

private:
    struct any {
        virtual ~any() = default;
        virtual const store_traits& what() const noexcept = 0;
        virtual store_identity identity() const = 0;
        virtual result<receipt> append(const append_request&) = 0;
        virtual result<receipt> end_stream(const end_request&) = 0;
        virtual result<std::optional<receipt>> find(const append_id&) = 0;
        virtual position head() const = 0;
        virtual result<scan_end> scan_log(const log_range&, const event_visitor&) = 0;
        virtual result<stream_scan_end> scan_stream(std::string_view, const stream_range&,
                                                    const event_visitor&) = 0;
        virtual result<scan_end> scan_query(const event_query&, const log_range&,
                                            const event_visitor&) = 0;
        virtual result<event_page> read_log(const log_range&) = 0;
        virtual result<stream_page> read_stream(std::string_view, const stream_range&) = 0;
        virtual result<event_page> read_query(const event_query&, const log_range&) = 0;
        virtual result<position> position_at(timestamp) = 0;
        virtual position wait_beyond(position, std::chrono::nanoseconds) = 0;
        virtual registration on_durable(std::function<void()>) = 0;
    };

    template <class Store>
    struct holder final : any {
        explicit holder(Store& s) : store(&s) {}
        const store_traits& what() const noexcept override { return Store::traits; }
        store_identity identity() const override { return store->identity(); }
        result<receipt> append(const append_request& r) override { return store->append(r); }
        result<receipt> end_stream(const end_request& r) override { return store->end_stream(r); }
        result<std::optional<receipt>> find(const append_id& id) override {
            return store->find(id);
        }
        position head() const override { return store->head(); }
        result<scan_end> scan_log(const log_range& r, const event_visitor& v) override {
            return store->scan_log(r, v);
        }
        result<stream_scan_end> scan_stream(std::string_view s, const stream_range& r,
                                            const event_visitor& v) override {
            return store->scan_stream(s, r, v);
        }
        result<scan_end> scan_query(const event_query& q, const log_range& r,
                                    const event_visitor& v) override {
            return store->scan_query(q, r, v);
        }
        result<event_page> read_log(const log_range& r) override { return store->read_log(r); }
        result<stream_page> read_stream(std::string_view s, const stream_range& r) override {
            return store->read_stream(s, r);
        }
        result<event_page> read_query(const event_query& q, const log_range& r) override {
            return store->read_query(q, r);
        }
        result<position> position_at(timestamp when) override { return store->position_at(when); }
        position wait_beyond(position p, std::chrono::nanoseconds w) override {
            return store->wait_beyond(p, w);
        }
        registration on_durable(std::function<void()> w) override {
            return store->on_durable(std::move(w));
        }
        Store* store;
    };

    std::shared_ptr<any> store_;
};

static_assert(event_store<store_ref>);

}  // namespace varve::inline v0
