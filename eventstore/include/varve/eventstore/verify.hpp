// Proves a log from its bytes alone, without the index and without trusting a writer.
#pragma once

#include <varve/append.hpp>
#include <varve/engine.hpp>
#include <varve/eventstore/detail/append_ids.hpp>
#include <varve/eventstore/format/expiry.hpp>
#include <varve/eventstore/format/spaces.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

namespace varve::inline v0 {

/// One thing that is wrong, and where.
struct verify_fault {
    position where;
    std::string what;
};

struct verify_report {
    position head;  ///< The last position that was reached.
    std::uint64_t events = 0;
    std::uint64_t batches = 0;
    std::uint64_t records = 0;
    hash256 chain_head{};
    std::vector<verify_fault> faults;  ///< At most the first hundred.

    bool good() const noexcept { return faults.empty(); }
};

namespace detail {

/// Walks records in order and compares everything that can be compared.
class log_prover {
public:
    /// `shortest`: for how long ids were known at the least; they may be used again after that.
    explicit log_prover(const hash256& genesis,
                        std::chrono::nanoseconds shortest = id_lifetime::for_ever)
        : shortest_(shortest) {
        report_.chain_head = genesis;
    }

    void take(position key, bytes_view data) {
        ++report_.records;
        if (key != report_.head.next())
            blame(key, "the record before it ends at " + to_string(report_.head));
        auto walked = each_batch(data, key, [&](bytes_view raw) {
            take_batch(raw);
            return true;
        });
        if (!walked) blame(key, walked.error().message);
    }

    verify_report finish() && { return std::move(report_); }

private:
    void blame(position where, std::string what) {
        if (report_.faults.size() < 100) report_.faults.push_back({where, std::move(what)});
    }

    void take_batch(bytes_view raw) {
        if (!batch_.parse(raw)) return blame(report_.head.next(), batch_.fault());
        const position first = batch_.first();
        if (first != report_.head.next()) blame(first, "its position does not follow");
        if (batch_.recorded_at() < last_recorded_)
            blame(first, "its time lies before the one before");
        prove_id(first);
        if (batch_.algorithm() == chain::blake2b) prove_chain(first);
        prove_events(first);
        ++report_.batches;
        last_recorded_ = batch_.recorded_at();
        report_.head = batch_.last();
    }

    void prove_id(position first) {
        const auto [known, fresh] = ids_.try_emplace(batch_.append(), batch_.recorded_at());
        if (!fresh && !is_expired(known->second, last_recorded_, shortest_))
            blame(first, "its append id " + to_string(batch_.append()) +
                             " is there already, and had not expired");
        known->second = batch_.recorded_at();
    }

    void prove_chain(position first) {
        if (batch_.previous() != report_.chain_head)
            blame(first, "it does not follow in the chain");
        if (batch_hash(batch_.hashed_header()) != batch_.hash())
            blame(first, "the batch's hash does not hold");
        report_.chain_head = batch_.hash();
    }

    void prove_events(position first) {
        blake2b leaves;
        leaves.add_number(std::uint8_t{3});
        std::vector<std::uint64_t> counts(batch_.streams().size());
        std::uint32_t reached = 0;
        const bool chained = batch_.algorithm() == chain::blake2b;
        const char* fault = batch_.each_frame([&](std::uint32_t i, const frame_view& frame) {
            ++reached;
            ++report_.events;
            ++counts[frame.stream()];
            if (!chained) return true;
            const auto leaf = leaf_of(frame, batch_.streams()[frame.stream()],
                                      batch_.types()[frame.type()], batch_.append(), i);
            if (leaf != load<hash256>(frame.leaf().data()))
                blame(position{first.value + i}, "the event's leaf does not hold");
            leaves.add(frame.leaf());
            return true;
        });
        if (fault != nullptr) return blame(position{first.value + reached}, fault);
        if (chained && leaves.finish() != batch_.digest())
            blame(first, "the digest of its content does not hold");
        const bool ends = std::ranges::any_of(batch_.types(), [](const batch_type& type) {
            return type.name == marker_of(ending::tombstone);
        });
        for (std::size_t i = 0; i < counts.size(); ++i)
            count_stream(first, batch_.streams()[i], counts[i], ends);
    }

    /// An append that ends a stream has that one event, so all its streams have ended.
    void count_stream(position first, const batch_stream& stream, std::uint64_t events, bool ends) {
        auto& [newest, ended] = streams_[std::string{stream.name}];
        if (ended)
            blame(first,
                  "stream '" + std::string{stream.name} + "' goes on after it was ended for ever");
        ended = ended || ends;
        if (stream.first.value != newest + 1)
            blame(first, "stream '" + std::string{stream.name} + "' continues at revision " +
                             to_string(stream.first) + " after " + std::to_string(newest));
        newest = stream.first.value + events - 1;
    }

    verify_report report_;
    batch_view batch_;
    timestamp last_recorded_ = timestamp::min();
    std::chrono::nanoseconds shortest_;
    std::unordered_map<append_id, timestamp> ids_;  ///< When each was recorded last.
    struct stream_end {
        std::uint64_t newest = 0;
        bool ended = false;  ///< For ever.
    };
    std::unordered_map<std::string, stream_end> streams_;
};

}  // namespace detail

/// Reads the whole log of a tenant from an engine and proves it. Errors: `io`, `foreign`,
/// `not_found`; damage is in the report, not an error.
template <engine Engine>
result<verify_report> verify_log(Engine& engine, std::uint32_t tenant = 0) {
    auto view = engine.view();
    if (!view) return pass_on(std::move(view));
    result<detail::stored_identity> stored = fail(errc::not_found,
                                                  "there is no store in " + engine.place());
    auto found = view->get(detail::meta_space, as_bytes(detail::identity_key),
                           [&](bytes_view value) { stored = detail::decode_identity(value); });
    if (!found) return pass_on(std::move(found));
    if (!stored) return pass_on(std::move(stored));
    const auto shortest = detail::stored_expiry(*view, tenant);
    if (!shortest) return std::unexpected(shortest.error());
    detail::log_prover prover{detail::genesis_hash(stored->identity.id, tenant), *shortest};
    const auto low = detail::tail_key(tenant, position{});
    auto scanned = view->scan(detail::tail_space, low, low | limits::positions, direction::forward,
                              [&](const key& at, bytes_view value) {
                                  prover.take(detail::position_of(at.number), value);
                                  return true;
                              });
    if (!scanned) return pass_on(std::move(scanned));
    return std::move(prover).finish();
}

}  // namespace varve::inline v0
