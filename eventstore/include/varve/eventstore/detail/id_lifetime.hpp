// For how long a store knows its append ids: what it is opened with, and what its log was written under.
#pragma once

#include <varve/eventstore/detail/append_ids.hpp>
#include <varve/eventstore/format/expiry.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace varve::inline v0::detail {

/// What a writer is opened with is stored before it can matter. A reader does not know what a writer
/// beside it may be opened with, and leaves it to `verify` to say whether an id was used again too
/// early. Errors: `invalid_argument`, `corrupt`, those of the engine.
template <engine Engine>
result<id_lifetime> lifetime_of(Engine& engine, std::uint32_t tenant,
                                std::optional<std::chrono::nanoseconds> expiry) {
    id_lifetime lifetime{expiry.value_or(id_lifetime::for_ever), {}};
    if (lifetime.kept.count() <= 0)
        return fail(errc::invalid_argument, "append_id_expiry is " +
                                                std::to_string(lifetime.kept.count()) +
                                                " ns; give a positive one, or none");
    if (engine.read_only()) return lifetime;
    {
        auto view = engine.view();
        if (!view) return pass_on(std::move(view));
        const auto stored = stored_expiry(*view, tenant);
        if (!stored) return std::unexpected(stored.error());
        lifetime.shortest = *stored;
    }
    if (lifetime.kept >= lifetime.shortest) return lifetime;
    lifetime.shortest = lifetime.kept;
    const auto at = expiry_key(tenant);
    const auto value = encode_expiry(lifetime.shortest);
    auto done = engine.transact([&](typename Engine::transaction& transaction) {
        return transaction.put(meta_space, bytes_view{at}, value);
    });
    if (!done) return pass_on(std::move(done));
    return lifetime;
}

}  // namespace varve::inline v0::detail
