// The event store: every guarantee, written once over any engine.
//
// All functions may be called from any thread. The store starts no thread of its own; asynchronous
// appends run on the environment's executor. Destroying a store refuses new appends, waits until
// those in flight are answered, and closes the engine; nobody may be blocked in it or use a page's
// scan by then (pages themselves own their bytes and live on).
#pragma once

#include <varve/environment.hpp>
#include <varve/eventstore/durable_head.hpp>
#include <varve/eventstore/log_index.hpp>
#include <varve/eventstore/log_reader.hpp>
#include <varve/eventstore/sequencer.hpp>
#include <varve/eventstore/verify.hpp>
#include <varve/store.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// How a store learns of and tells other processes where the log ends.
class head_channel {
public:
    virtual ~head_channel() = default;
    /// The writer: everything up to `head` is durable.
    virtual void publish(position head) = 0;
    /// A reader: returns when the log may have grown beyond `where`, or after `wait`.
    virtual void wait_beyond(position where, std::chrono::nanoseconds wait) = 0;
};

struct store_options {
    varve::environment* environment = &varve::environment::system();  ///< Clock, chance, executor.
    varve::chain chain = varve::chain::blake2b;      ///< Hashes of new batches.
    std::uint32_t tenant = 0;                        ///< Whose log; below `limits::tenants`.
    std::size_t queue = limits::queue;               ///< Appends waiting, before `overloaded`.
    std::shared_ptr<head_channel> channel = nullptr;  ///< To and from other processes, if any.
};

/// One stream in a listing.
struct stream_entry {
    std::string name;
    revision newest;
    position last;  ///< Of its newest event.
};

/// What a store is, for people.
struct store_summary {
    store_identity identity;
    timestamp created_at;
    position head;
    std::uint64_t streams;
    std::uint64_t appends;
    std::uint64_t records;
    timestamp last_recorded;  ///< Meaningless while head is 0.
    hash256 chain_head;
};

template <engine Engine>
class basic_store {
public:
    static constexpr store_traits traits{.engine = Engine::traits.name,
                                         .durable = Engine::traits.durable};

    /// Takes an open engine; creates the store in it if it is empty and may be written. Reads and
    /// proves the whole log to build the index. Errors: `corrupt` with the place, `foreign`,
    /// `not_found` (empty and read-only), `io`, `unknown` (creating it failed).
    static result<basic_store> open(Engine opened, store_options options = {}) {
        basic_store store{std::make_unique<core>(std::move(opened), options)};
        if (auto ready = store.core_->start(); !ready) return pass_on(std::move(ready));
        return store;
    }

    store_identity identity() const { return core_->stored.identity; }
    position head() const { return core_->current_head(); }
    Engine& engine() noexcept { return core_->engine; }
    const Engine& engine() const noexcept { return core_->engine; }
    varve::environment& environment() const noexcept { return *core_->options.environment; }
    bool read_only() const { return core_->engine.read_only(); }

    /// Blocks until the append is durable or refused. Refused with `conflict` (all failed checks
    /// inside), `id_reused`, `too_large`, `invalid_argument`, `overloaded`, `poisoned`, `closed`,
    /// `unsupported` (opened read-only). `unknown`: ask again with the same id after `reopen()`.
    result<receipt> append(const append_request& request) {
        auto batch = core_->encode(request);
        if (!batch) return pass_on(std::move(batch));
        detail::pending_append append{std::move(*batch), request.checks, request.types};
        if (auto taken = core_->queue.submit(append); !taken) return pass_on(std::move(taken));
        return std::move(append.answer);
    }

    /// The same without blocking. The request is copied before the call returns; `done` is called
    /// exactly once, on an executor thread or an appender's, or here if the request is refused at
    /// once. It must not block.
    void append_async(const append_request& request, std::move_only_function<void(result<receipt>)> done) {
        auto batch = core_->encode(request);
        if (!batch) return done(pass_on(std::move(batch)));
        auto append = std::make_unique<async_append>(std::move(*batch), request);
        auto* waiting = append.get();
        auto user = std::make_shared<std::move_only_function<void(result<receipt>)>>(std::move(done));
        waiting->done = [owner = std::move(append), user](result<receipt> answer) {
            (*user)(std::move(answer));
        };
        if (auto taken = core_->queue.submit_later(*waiting); !taken) {
            auto dropped = std::move(waiting->done);
            (*user)(pass_on(std::move(taken)));
        }
    }

    /// The receipt of an earlier append, at any later time, or nothing.
    result<std::optional<receipt>> find(const append_id& id) {
        if (core_->poisoned) return core_->refuse_poisoned();
        return core_->find(id);
    }

    result<scan_end> scan_log(const log_range& range, const event_visitor& visit) {
        return core_->scan_log(range, visit);
    }
    result<stream_scan_end> scan_stream(std::string_view stream, const stream_range& range,
                                        const event_visitor& visit) {
        return core_->scan_stream(stream, range, visit);
    }
    result<event_page> read_log(const log_range& range) {
        event_page page;
        auto end = scan_log(range, [&](const recorded_event& event) { return page.add(event), true; });
        if (!end) return pass_on(std::move(end));
        page.finish(*end);
        return page;
    }
    result<stream_page> read_stream(std::string_view stream, const stream_range& range = {}) {
        stream_page page;
        auto end = scan_stream(stream, range,
                               [&](const recorded_event& event) { return page.add(event), true; });
        if (!end) return pass_on(std::move(end));
        page.finish(*end);
        return page;
    }

    position wait_beyond(position where, std::chrono::nanoseconds wait) {
        return core_->wait_beyond(where, wait);
    }
    registration on_durable(std::function<void()> wake) { return core_->head.listen(std::move(wake)); }

    /// After `unknown`: opens the engine again and reads the log, so that `find` tells the truth.
    /// Readers, waiters and listeners survive. Errors: as `open`, and `corrupt` if the log ends
    /// before what was already durable.
    result<void> reopen() {
        return core_->queue.exclusively([&] { return core_->reopen(); });
    }

    /// Proves every byte of the log: checksums, leaves, chain, density. Errors: `io`.
    result<verify_report> verify() { return verify_log(core_->engine, core_->options.tenant); }

    /// Streams whose name begins with `prefix`, sorted by name.
    std::vector<stream_entry> streams(std::string_view prefix = {}) { return core_->list(prefix); }
    store_summary summary() { return core_->summary(); }

    /// The stored description of a type, or nothing; the descriptor's bytes are in `owned`.
    struct owned_type {
        std::string type;
        std::uint32_t schema_version;
        varve::encoding encoding;
        bytes descriptor;
    };
    result<std::vector<owned_type>> types() { return core_->types(); }

private:
    struct async_append : detail::pending_append {
        async_append(detail::batch_builder built, const append_request& request)
            : detail::pending_append{std::move(built), {}, {}},
              names(request.checks.size()), descriptors(request.types.size()) {
            for (std::size_t i = 0; i < names.size(); ++i) {
                names[i] = request.checks[i].stream;
                own_checks.push_back({names[i], request.checks[i].expected});
            }
            for (std::size_t i = 0; i < descriptors.size(); ++i) {
                auto type = request.types[i];
                descriptors[i] = {std::string{type.type}, to_bytes(type.descriptor)};
                type.type = descriptors[i].first;
                type.descriptor = descriptors[i].second;
                own_types.push_back(type);
            }
            checks = own_checks;
            types = own_types;
        }
        std::vector<std::string> names;
        std::vector<std::pair<std::string, bytes>> descriptors;
        std::vector<stream_check> own_checks;
        std::vector<type_description> own_types;
    };

    struct core;
    explicit basic_store(std::unique_ptr<core> built) : core_(std::move(built)) {}

    std::unique_ptr<core> core_;
};

}  // namespace varve::inline v0

#include <varve/eventstore/detail/store_core.hpp>
