// The stored form of reservations; the layout is in eventstore/README.md.
#pragma once

#include <varve/eventstore/format/side_census.hpp>
#include <varve/eventstore/format/spaces.hpp>
#include <varve/eventstore/format/stored_beliefs.hpp>
#include <varve/reservation.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

/// A promised append: what is kept of it, whole.
struct promise {
    reservation_state state = reservation_state::held;
    varve::epoch epoch;
    timestamp since{};
    bytes memo{};  ///< This and what follows: of a held one only.
    owned_beliefs beliefs{};
    batch_builder batch{};   ///< Not sealed; empty if the append has no events.
    std::uint64_t hash = 0;  ///< Of its entry, for the census.

    /// Bytes that it takes.
    std::size_t size() const noexcept { return memo.size() + batch.raw().size(); }
};

inline bytes reservation_key(std::uint32_t tenant, const append_id& id) {
    bytes key;
    put_big_endian(key, tenant);
    put_bytes(key, id.view());
    return key;
}

/// Where the census of a tenant's reservations lies, in the space `meta`.
inline bytes promises_key(std::uint32_t tenant) {
    bytes key = to_bytes(as_bytes("promises"));
    put_big_endian(key, tenant);
    return key;
}

/// What is counted of a tenant's reservations: `writes` are all changes so far. Nothing is counted while
/// there never was one. Errors: `corrupt`, what the view says.
template <class View>
result<side_census> stored_promises(View& view, std::uint32_t tenant) {
    result<side_census> count{};
    const auto at = promises_key(tenant);
    auto found = view.get(meta_space, bytes_view{at}, [&](bytes_view value) {
        const auto read = decode_side_census(value);
        if (read)
            count = *read;
        else
            count = fail(errc::corrupt, "the count of reservations is damaged");
    });
    if (!found) return pass_on(std::move(found));
    return count;
}

/// The id that a key names. Errors: `corrupt`.
inline result<append_id> reservation_id(bytes_view key) {
    if (key.size() != 20) return fail(errc::corrupt, "the key of a reservation is damaged");
    return append_id::read(key.data() + 4);
}

/// Whether two promises are of the same thing, whenever they were made.
inline bool same_promise(const promise& a, const promise& b) {
    const auto beliefs_of = [](const promise& made) {
        bytes out;
        put_beliefs(out, made.beliefs);
        return out;
    };
    return a.memo == b.memo && a.batch.empty() == b.batch.empty() &&
           (a.batch.empty() || b.batch.digest_under(a.batch.algorithm()) == a.batch.digest()) &&
           beliefs_of(a) == beliefs_of(b);
}

inline bytes encode_promise(bytes_view key, const promise& made) {
    bytes body(8);
    body[0] = static_cast<std::byte>(made.state);
    put(body, made.epoch.value);
    put(body, static_cast<std::int64_t>(made.since.time_since_epoch().count()));
    if (made.state == reservation_state::held) {
        put(body, static_cast<std::uint32_t>(made.memo.size()));
        put_bytes(body, made.memo);
        put_beliefs(body, made.beliefs);
        put_bytes(body, made.batch.raw());
    }
    return with_checksum(body, key);
}

/// Errors: `corrupt`; `foreign` for a state that this version does not know.
inline result<promise> decode_promise(bytes_view key, const append_id& id, bytes_view data) {
    const auto damaged = [&id](const char* why) {
        return fail(errc::corrupt, "the reservation " + to_string(id) + " is damaged: " + why);
    };
    const auto body = checked_body(data, key);
    if (!body) return damaged("its checksum does not hold");
    taker from{*body};
    promise found;
    const auto state = from.number<std::uint8_t>();
    const auto flags = from.take(7);
    found.epoch.value = from.number<std::uint64_t>();
    found.since = timestamp{std::chrono::nanoseconds{from.number<std::int64_t>()}};
    if (!from.good()) return damaged("it is too short");
    if (state == 0 || state > static_cast<std::uint8_t>(reservation_state::confirmed) ||
        std::ranges::any_of(flags, [](std::byte b) { return b != std::byte{}; }))
        return fail(errc::foreign, "the reservation " + to_string(id) + " is in state " +
                                       std::to_string(state) +
                                       ", which this version does not know");
    found.state = static_cast<reservation_state>(state);
    if (found.state != reservation_state::held)
        return from.rest().empty() ? result<promise>{std::move(found)}
                                   : damaged("there are bytes behind its end");
    found.memo = to_bytes(from.take(from.number<std::uint32_t>()));
    found.beliefs = take_beliefs(from);
    if (!from.good()) return damaged("its beliefs cannot be read");
    if (from.rest().empty()) return found;
    auto batch = batch_builder::adopt(from.rest());
    if (!batch) return damaged(batch.error().message.c_str());
    if (batch->id() != id) return damaged("its append has another id");
    found.batch = std::move(*batch);
    return found;
}

/// Calls `use(key, id, result<promise>)` for each reservation of a tenant, by id, until it fails. The
/// promise is a failure if it is damaged. Gives what is counted of those that are there. Errors: what
/// `use` says, `io`.
template <class View, class Use>
result<side_census> scan_reservations(View& view, std::uint32_t tenant, Use&& use) {
    bytes low;
    put_big_endian(low, tenant);
    bytes high = low;
    high.resize(low.size() + 17, std::byte{0xff});
    side_census there;
    result<void> inner{};
    auto scanned = view.scan(reservation_space, bytes_view{low}, bytes_view{high},
                             direction::forward, [&](const key& at, bytes_view value) {
                                 auto id = reservation_id(at.octets);
                                 auto made = id ? decode_promise(at.octets, *id, value)
                                                : result<promise>{pass_on(result<append_id>{id})};
                                 const auto hash = side_entry_hash(reservation_space, at.octets,
                                                                   value);
                                 if (made) made->hash = hash;
                                 ++there.entries;
                                 there.digest += hash;
                                 inner = use(at.octets, id.value_or(append_id{}), std::move(made));
                                 return inner.has_value();
                             });
    if (!inner) return pass_on(std::move(inner));
    if (!scanned) return pass_on(std::move(scanned));
    return there;
}

/// Whether the reservations that are there are those that were counted. Errors: `corrupt`.
inline result<void> compare_promises(const side_census& counted, const side_census& there) {
    if (counted.entries == there.entries && counted.digest == there.digest) return {};
    return fail(errc::corrupt, "there are " + std::to_string(there.entries) +
                                   " reservations where " + std::to_string(counted.entries) +
                                   " were written, or others: some are lost or changed");
}

/// What people are told of it.
inline reservation describe_promise(const append_id& id, const promise& made) {
    reservation told{.id = id, .state = made.state, .epoch = made.epoch, .since = made.since};
    told.events = made.batch.event_count();
    told.memo = made.memo;
    for (const auto& stream : made.batch.streams()) told.writes.emplace_back(stream.name);
    for (const auto& check : made.beliefs.checks()) told.believes.emplace_back(check.stream);
    for (const auto& each : made.beliefs.conditions()) told.queries.push_back(each.query);
    for (const auto& query : made.beliefs.fail_if_exists()) told.queries.push_back(query);
    return told;
}

}  // namespace varve::inline v0::detail
