// The shared inside of a store: its engine, what was read from it, and the index.
#pragma once

#include <varve/eventstore/detail/durable_head.hpp>
#include <varve/eventstore/detail/log_index.hpp>
#include <varve/eventstore/format/log_reader.hpp>
#include <varve/eventstore/store_options.hpp>

#include <atomic>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// Opens, indexes, follows. The leader writes the index, anybody reads it under `index_guard`.
template <engine Engine>
struct store_state {
    store_state(Engine opened, const store_options& chosen)
        : engine(std::move(opened)), options(chosen) {}

    // ---- opening ----------------------------------------------------------------------------

    result<void> start() {
        if (options.tenant >= limits::tenants)
            return fail(errc::invalid_argument, "the tenant is " + std::to_string(options.tenant) +
                                                    ", the limit is " +
                                                    std::to_string(limits::tenants - 1));
        if (auto known = load_identity(); !known) return known;
        genesis = genesis_hash(stored.identity.id, options.tenant);
        index.reset(genesis);
        if (auto loaded = load_types(); !loaded) return loaded;
        if (auto loaded = load_tail(index); !loaded) return loaded;
        head.publish(index.head());
        return {};
    }

    result<void> load_identity() {
        result<stored_identity> read = fail(errc::not_found, "");
        {
            auto view = engine.view();
            if (!view) return pass_on(std::move(view));
            auto found = view->get(meta_space, as_bytes(identity_key),
                                   [&](bytes_view value) { read = decode_identity(value); });
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
        const auto value = encode_identity(stored);
        return engine.transact([&](typename Engine::transaction& transaction) {
            return transaction.put(meta_space, as_bytes(identity_key), value);
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
        put_big_endian(low, options.tenant);
        bytes high = low;
        high.resize(high.size() + limits::type_name + 5, std::byte{0xff});
        return view.scan(type_space, bytes_view{low}, bytes_view{high}, direction::forward, visit);
    }

    /// Proves every record beyond what an index knows, and takes it in.
    result<void> load_tail(log_index& into) {
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        batch_view batch;
        result<void> inner{};
        auto scanned = view->scan(
            tail_space, tail_key(into.head().next()), tail_key(position{limits::positions}),
            direction::forward, [&](const key& at, bytes_view data) {
                const std::unique_lock lock{index_guard};
                inner = index_record(into, position_of(at.number), data, batch);
                return inner.has_value();
            });
        if (!inner) return inner;
        return scanned;
    }

    static result<void> index_record(log_index& into, position first, bytes_view data,
                                     batch_view& batch) {
        if (first != into.head().next())
            return damage(into.head().next(),
                          "it is missing; the next one begins at " + to_string(first));
        into.begin_record(first);
        result<void> inner{};
        auto walked = each_batch(data, first, [&](bytes_view raw) {
            const char* fault = batch.parse(raw) ? into.add(batch) : batch.fault();
            if (fault != nullptr) inner = damage(into.head().next(), fault);
            return fault == nullptr;
        });
        if (!inner) return inner;
        return walked;
    }

    result<void> reopen() {
        const position before = head.get();
        if (auto opened = engine.reopen(); !opened) return opened;
        if (auto loaded = load_types(); !loaded) return loaded;
        log_index fresh;  // readers go on with the old one meanwhile, and if this fails
        fresh.reset(genesis);
        if (auto loaded = load_tail(fresh); !loaded) return loaded;
        if (fresh.head() < before)
            return fail(errc::corrupt, "the log ends at position " + to_string(fresh.head()) +
                                           ", but " + to_string(before) +
                                           " was durable before: events are lost");
        {
            const std::unique_lock lock{index_guard};
            index = std::move(fresh);
        }
        poisoned = false;
        head.publish(index.head());
        return {};
    }

    /// A reader beside a writer: takes in what has become durable since.
    result<void> refresh() {
        if (!engine.read_only()) return {};
        const std::lock_guard lock{refresh_guard};
        auto loaded = load_tail(index);
        if (loaded) head.publish(index.head());
        return loaded;
    }

    position current_head() {
        (void)refresh();  // what was known before is still true
        return head.get();
    }

    position wait_beyond(position where, std::chrono::nanoseconds wait) {
        if (const position now = current_head(); now > where) return now;
        if (!engine.read_only() || !options.wait_outside) return head.wait_beyond(where, wait);
        options.wait_outside(where, wait);
        return current_head();
    }

    // ---- places -----------------------------------------------------------------------------

    std::uint64_t tail_key(position at) const noexcept {
        return detail::tail_key(options.tenant, at);
    }

    static receipt receipt_of(const batch_view& batch) {
        receipt given{batch.append(), batch.first(), batch.last(), {}};
        std::vector<std::uint64_t> counts(batch.streams().size());
        batch.each_frame([&](std::uint32_t, const frame_view& frame) {
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
        result<receipt> outcome{};
        auto found = view->get(tail_space, tail_key(begin), [&](bytes_view data) {
            record_walker walker;
            auto batch = walker.find_batch(data, begin, first);
            if (batch)
                outcome = use(**batch);
            else
                outcome = pass_on(std::move(batch));
        });
        if (!found) return pass_on(std::move(found));
        if (!*found) return missing(begin);
        return outcome;
    }

    /// What an entry of a space of octets holds, or nothing. Errors: what the engine's view says.
    result<std::optional<bytes>> stored_value(const space& in, bytes_view at) {
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        std::optional<bytes> value;
        auto found = view->get(in, at, [&](bytes_view data) { value = to_bytes(data); });
        if (!found) return pass_on(std::move(found));
        return value;
    }

    position record_of(position where) {
        const std::shared_lock lock{index_guard};
        return index.record_of(where);
    }

    static std::unexpected<failure> missing(position where) {
        return damage(where, "it is missing");
    }

    Engine engine;
    store_options options;
    stored_identity stored{};
    hash256 genesis{};
    durable_head head;
    std::shared_mutex index_guard;
    log_index index;
    std::mutex refresh_guard;
    std::atomic<bool> poisoned = false;           ///< Set by the leader, cleared by `reopen`.
    std::unordered_set<std::string> known_types;  ///< The leader's own.
};

}  // namespace varve::inline v0::detail
