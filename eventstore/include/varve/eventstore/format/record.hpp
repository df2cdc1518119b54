// A record: the batches that one engine write made durable, and its key.
#pragma once

#include <varve/assert.hpp>
#include <varve/eventstore/format/batch.hpp>
#include <varve/failure.hpp>

#include <string>

namespace varve::inline v0::detail {

/// Offsets and kinds of a record.
namespace record {
inline constexpr std::size_t kind = 0, batch_count = 4, fixed = 8;
inline constexpr std::uint8_t kind_batches = 1;
}  // namespace record

/// The key of a record: the tenant, then the position of its first event.
inline std::uint64_t tail_key(std::uint32_t tenant, position first) noexcept {
    ensure(tenant < limits::tenants && first.value <= limits::positions, "a key is in range");
    return (std::uint64_t{tenant} << 43) | first.value;
}
inline position position_of(std::uint64_t key) noexcept {
    return position{key & limits::positions};
}

/// Damage at a place, as every reader words it.
inline std::unexpected<failure> damage(position where, const std::string& what) {
    return fail(errc::corrupt,
                "the record at position " + to_string(where) + " is damaged: " + what +
                    "; nothing of it is served; `varve verify` looks at the whole log");
}

/// Calls `visit(batch bytes)` for each batch of a record without looking inside, until it returns
/// false. Errors: `corrupt`, naming `where`.
template <class Visit>
result<void> each_batch(bytes_view data, position where, Visit&& visit) {
    if (data.size() < record::fixed) return damage(where, "it is too short");
    if (const auto kind = load<std::uint8_t>(data.data()); kind != record::kind_batches)
        return fail(errc::foreign, "the record at position " + to_string(where) + " is of kind " +
                                       std::to_string(kind) +
                                       ", which this version does not know; use a newer one");
    if ((load<std::uint32_t>(data.data()) >> 8) != 0)
        return damage(where, "its header is not zero");
    auto left = load<std::uint32_t>(data.data() + record::batch_count);
    bytes_view rest = data.subspan(record::fixed);
    for (; left != 0; --left) {
        const std::size_t size = batch_view::claimed_length(rest);
        if (size == 0) return damage(where, "a batch's length cannot be");
        if (!visit(rest.first(size))) return {};
        rest = rest.subspan(size);
    }
    if (!rest.empty()) return damage(where, "there are bytes behind its last batch");
    return {};
}

/// A record in the making: the batches of one group.
class record_builder {
public:
    void clear() noexcept { data_.clear(); }
    bool empty() const noexcept { return data_.empty(); }
    std::size_t size() const noexcept { return data_.size(); }
    bytes_view raw() const noexcept { return data_; }

    void add(bytes_view sealed_batch) {
        if (data_.empty()) {
            data_.resize(record::fixed);
            store(data_.data() + record::kind, record::kind_batches);
        }
        put_bytes(data_, sealed_batch);
        std::byte* count = data_.data() + record::batch_count;
        store(count, load<std::uint32_t>(count) + 1);
    }

private:
    bytes data_;
};

}  // namespace varve::inline v0::detail
