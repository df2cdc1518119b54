// The parts of an open store, and how a request becomes work for its leader.
#pragma once

#include <varve/eventstore/detail/checkpoints.hpp>
#include <varve/eventstore/detail/group_writer.hpp>
#include <varve/eventstore/detail/parking.hpp>
#include <varve/eventstore/detail/sequencer.hpp>
#include <varve/eventstore/detail/snapshots.hpp>
#include <varve/eventstore/detail/store_reader.hpp>
#include <varve/eventstore/detail/store_state.hpp>
#include <varve/eventstore/format/check_request.hpp>

#include <memory>
#include <utility>

namespace varve::inline v0::detail {

/// Lives behind a pointer, so that a store can be moved while its leader works.
template <engine Engine>
struct store_core {
    store_core(Engine opened, const store_options& chosen)
        : state(std::move(opened), chosen),
          queue([this](sequencer::group group) { writer.store_group(group); }, chosen.queue,
                chosen.environment->executor()) {}

    result<batch_builder> encode(const append_request& request) const {
        if (state.engine.read_only()) return refuse_read_only();
        if (auto checked = check_request(request, state.head.get()); !checked)
            return pass_on(std::move(checked));
        return batch_builder::encode(request, state.options.chain);
    }
    result<batch_builder> encode(const end_request& request) const {
        if (state.engine.read_only()) return refuse_read_only();
        return batch_builder::encode(request, state.options.chain);
    }

    /// The work that reserves what a request says.
    pending_append promise_of(const append_request& request, bytes_view memo,
                              batch_builder batch) const {
        promise made{.epoch = state.stored.identity.epoch,
                     .since = state.options.environment->now(),
                     .memo = to_bytes(memo),
                     .beliefs = owned_beliefs{request}};
        if (!batch.empty()) {
            batch.seal(position{1}, timestamp{}, hash256{});  // so that it can be read alone
            made.batch = batch.copy();
        }
        const auto key = reservation_key(state.options.tenant, request.id);
        auto stored = encode_promise(key, made);
        made.hash = side_entry_hash(reservation_space, key, stored);
        return {std::make_shared<const promise>(std::move(made)), std::move(stored),
                std::move(batch), request.types};
    }

    std::unexpected<failure> refuse_read_only() const {
        return fail(errc::unsupported,
                    "the store in " + state.engine.place() + " is open for reading only");
    }

    store_state<Engine> state;
    group_writer<Engine> writer{state};
    store_reader<Engine> reader{state};
    checkpoints<Engine> readers{state};
    parking<Engine> parked{state};
    detail::snapshots<Engine> snapshots{state};
    sequencer queue;  // last: closes before anything else is destroyed
};

}  // namespace varve::inline v0::detail
