// Reads and writes beside the log, staged in memory until their group is written.
#pragma once

#include <varve/bytes.hpp>
#include <varve/engine.hpp>
#include <varve/failure.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// What the side writes of one group see and leave: stored values below, staged ones on top. One
/// thread at a time, the leader. Spaces of octets only.
class side_transaction {
public:
    /// Reads a stored value, or nothing.
    using lookup = std::function<result<std::optional<bytes>>(const space&, bytes_view)>;

    explicit side_transaction(lookup stored) : stored_(std::move(stored)) {}

    /// The newest value, staged or stored. Errors: what the engine's view says.
    result<std::optional<bytes>> get(const space& in, bytes_view key) {
        const auto found = staged_.find({in.index, to_bytes(key)});
        if (found != staged_.end()) return found->second.value;
        return stored_(in, key);
    }

    void put(const space& in, bytes_view key, bytes value) { set(in, key, std::move(value)); }
    void remove(const space& in, bytes_view key) { set(in, key, std::nullopt); }

    bool empty() const noexcept { return staged_.empty(); }

    /// Forgets everything that was staged after `mark` was taken.
    std::size_t mark() const noexcept { return undo_.size(); }
    void roll_back_to(std::size_t mark) {
        for (; undo_.size() > mark; undo_.pop_back()) {
            auto& [where, before] = undo_.back();
            if (before)
                staged_.insert_or_assign(where, std::move(*before));
            else
                staged_.erase(where);
        }
    }

    /// Calls `visit(space, key, value)` with each entry that changes; no value: it is removed.
    template <class Visit>
    void each(Visit&& visit) const {
        for (const auto& [where, what] : staged_)
            visit(*what.in, bytes_view{where.second}, what.value);
    }

    /// Writes what is staged. Errors: what the engine says.
    template <engine_transaction Transaction>
    result<void> write(Transaction& to) const {
        for (const auto& [where, what] : staged_) {
            const bytes_view at{where.second};
            auto done = what.value ? to.put(*what.in, at, *what.value) : to.remove(*what.in, at);
            if (!done) return done;
        }
        return {};
    }

private:
    using place = std::pair<std::uint8_t, bytes>;
    struct entry {
        const space* in;
        std::optional<bytes> value;  // nothing: removed
    };

    void set(const space& in, bytes_view key, std::optional<bytes> value) {
        place at{in.index, to_bytes(key)};
        const auto found = staged_.find(at);
        undo_.emplace_back(at, found == staged_.end() ? std::optional<entry>{}
                                                      : std::optional<entry>{found->second});
        staged_.insert_or_assign(std::move(at), entry{&in, std::move(value)});
    }

    lookup stored_;
    std::map<place, entry> staged_;
    std::vector<std::pair<place, std::optional<entry>>> undo_;
};

}  // namespace varve::inline v0::detail
