// Snapshots of streams, kept beside the log and held against it whenever one is asked for.
#pragma once

#include <varve/eventstore/detail/side_transaction.hpp>
#include <varve/eventstore/detail/snapshot_judge.hpp>
#include <varve/eventstore/detail/store_state.hpp>
#include <varve/eventstore/format/snapshots.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// A snapshot on its way to the leader, encoded and checked as far as its caller could.
struct prepared_snapshot {
    bytes key;
    bytes value;
    /// Checksum of the one that is there, if the caller found that nobody can use it.
    std::optional<std::uint64_t> useless{};
};

/// The decisions about snapshots. `admit` is called by the leader, all else from any thread.
template <engine Engine>
class snapshots {
public:
    explicit snapshots(store_state<Engine>& state) : state_(state), judge_(state) {}

    result<bool> load(std::string_view stream, const snapshot_form& form,
                      const snapshot_user& use) {
        if (auto named = check(stream, form.aggregate); !named) return pass_on(std::move(named));
        const auto stored = stored_value(stream, form.aggregate);
        if (!stored) return std::unexpected(stored.error());
        // after the snapshot was read: the log can only be longer by then
        if (auto fresh = state_.refresh(); !fresh) return pass_on(std::move(fresh));
        if (!*stored) return ++missing_, false;
        const auto found = decode_snapshot(**stored);
        auto fate = judge_.judge(found, stream, form);
        if (fate == snapshot_fate::usable && !use(shown(*found))) fate = snapshot_fate::undecodable;
        ++fates_[static_cast<std::size_t>(fate)];
        return fate == snapshot_fate::usable;
    }

    /// Everything about saving that need not be done by the leader. Nothing if there is nothing to do.
    result<std::optional<prepared_snapshot>> prepare(const new_snapshot& made) {
        if (auto fine = check(made); !fine) return pass_on(std::move(fine));
        const auto where = position_of(made);
        if (!where) return std::unexpected(where.error());
        if (*where == position{}) return std::nullopt;
        prepared_snapshot next{snapshot_key(tenant(), made.stream, made.form.aggregate), {}, {}};
        const auto stored = stored_value(made.stream, made.form.aggregate);
        if (!stored) return std::unexpected(stored.error());
        if (*stored) {
            const auto found = decode_snapshot(**stored);
            if (judge_.judge(found, made.stream, made.form) != snapshot_fate::usable)
                next.useless = checksum_of(**stored);
            else if (found->at >= made.at)
                return std::nullopt;
        }
        const auto link = judge_.link_at(*where);
        if (!link) return std::unexpected(link.error());
        next.value = encode_snapshot({identity(), made.at, *where, *link, made.form.fold_version,
                                      made.form.schema_version, schema_digest(made.form),
                                      state_.options.environment->now(), made.stream,
                                      made.form.aggregate, made.state});
        return next;
    }

    /// Stages a prepared snapshot, if it is still the newest.
    result<snapshot_saving> admit(side_transaction& to, prepared_snapshot& next) {
        const auto stored = to.get(snapshot_space, next.key);
        if (!stored) return std::unexpected(stored.error());
        const auto mine = decode_snapshot(next.value);
        if (judge_.place(*mine) != snapshot_fate::usable) return snapshot_saving::kept;
        if (*stored && holds_against(**stored, *mine, next.useless)) return snapshot_saving::kept;
        to.put(snapshot_space, next.key, std::move(next.value));
        return snapshot_saving::stored;
    }

    void count(snapshot_saving how) noexcept {
        ++(how == snapshot_saving::stored ? stored_ : kept_);
    }

    /// Keys of the snapshots of one stream, or of all.
    result<std::vector<bytes>> keys(std::optional<std::string_view> stream) {
        std::vector<bytes> all;
        auto scanned = scan(stream,
                            [&](bytes_view key, bytes_view) { all.push_back(to_bytes(key)); });
        if (!scanned) return pass_on(std::move(scanned));
        return all;
    }

    /// Those of the streams whose name begins with `prefix`, by name.
    result<std::vector<snapshot_entry>> list(std::string_view prefix) {
        std::vector<listed> all;
        auto scanned = scan(std::nullopt, [&](bytes_view key, bytes_view value) {
            const auto named = parse_snapshot_key(key);
            if (!named || !named->first.starts_with(prefix)) return;
            all.push_back(listed_as(named->first, named->second, decode_snapshot(value)));
        });
        if (!scanned) return pass_on(std::move(scanned));
        if (auto fresh = state_.refresh(); !fresh) return pass_on(std::move(fresh));
        std::vector<snapshot_entry> entries;
        for (auto& [entry, record] : all) {
            if (record) {
                record->stream = entry.stream;
                entry.fate = judge_.prove(*record);
            }
            entries.push_back(std::move(entry));
        }
        std::ranges::sort(entries, [](const auto& a, const auto& b) {
            return std::tie(a.stream, a.aggregate) < std::tie(b.stream, b.aggregate);
        });
        return entries;
    }

    snapshot_stats counts() const noexcept {
        const auto of = [this](snapshot_fate fate) {
            return fates_[static_cast<std::size_t>(fate)].load();
        };
        return {.served = of(snapshot_fate::usable),
                .missing = missing_,
                .damaged = of(snapshot_fate::damaged),
                .other_life = of(snapshot_fate::other_life),
                .other_fold = of(snapshot_fate::other_fold),
                .other_schema = of(snapshot_fate::other_schema),
                .ahead = of(snapshot_fate::ahead),
                .ended = of(snapshot_fate::ended),
                .other_history = of(snapshot_fate::other_history),
                .undecodable = of(snapshot_fate::undecodable),
                .stored = stored_,
                .kept = kept_};
    }

    static result<void> check_stream(std::string_view stream) {
        return check_name("the stream of the snapshot", stream, limits::stream_name);
    }

private:
    /// An entry, and what is needed to judge it after the scan.
    struct listed {
        snapshot_entry entry{};
        std::optional<snapshot_record> record{};  ///< Its views have ended.
    };

    static listed listed_as(std::string_view stream, std::string_view aggregate,
                            const std::optional<snapshot_record>& found) {
        listed made;
        made.entry.stream = stream;
        made.entry.aggregate = aggregate;
        made.entry.fate = snapshot_fate::damaged;
        if (!found || found->stream != stream || found->aggregate != aggregate) return made;
        made.entry.fold_version = found->fold_version;
        made.entry.schema_version = found->schema_version;
        made.entry.at = found->at;
        made.entry.where = found->where;
        made.entry.saved_at = found->saved_at;
        made.entry.size = found->state.size();
        made.record = found;
        return made;
    }

    static stored_snapshot shown(const snapshot_record& found) noexcept {
        return {found.stream, found.aggregate, found.fold_version, found.schema_version,
                found.at,     found.where,     found.saved_at,     found.state};
    }

    /// Whether the one that is there, or was staged before, keeps its place. The chain is not asked:
    /// that was done when `useless` was found.
    bool holds_against(bytes_view stored, const snapshot_record& next,
                       const std::optional<std::uint64_t>& useless) {
        if (useless && checksum_of(stored) == *useless) return false;
        const auto found = decode_snapshot(stored);
        return found && found->store == next.store && found->stream == next.stream &&
               found->aggregate == next.aggregate && found->fold_version == next.fold_version &&
               found->schema == next.schema && judge_.place(*found) == snapshot_fate::usable &&
               found->at >= next.at;
    }

    static std::uint64_t checksum_of(bytes_view stored) noexcept {
        return stored.size() < 8 ? 0 : detail::load<std::uint64_t>(stored.data());
    }

    // ---- checks ------------------------------------------------------------------------------

    static result<void> check(std::string_view stream, std::string_view aggregate) {
        if (auto named = check_stream(stream); !named) return named;
        return check_name("the aggregate of the snapshot", aggregate, limits::type_name);
    }

    static result<void> check(const new_snapshot& made) {
        if (made.state.size() > limits::payload)
            return fail(errc::too_large, "the snapshot has " + std::to_string(made.state.size()) +
                                             " bytes, the limit is " +
                                             std::to_string(limits::payload));
        return check(made.stream, made.form.aggregate);
    }

    /// Where the event at its revision lies; 0 if it is hidden by now. Errors: `invalid_argument`.
    result<position> position_of(const new_snapshot& made) {
        const std::shared_lock lock{state_.index_guard};
        const auto* history = state_.index.find(made.stream);
        const auto now = history == nullptr ? stream_now{} : history->now();
        if (made.at == revision{} || made.at.value > now.newest)
            return fail(errc::invalid_argument,
                        "a snapshot of stream '" + std::string{made.stream} +
                            "' cannot be at revision " + to_string(made.at) +
                            ", its newest durable one is " + to_string(now.at()));
        if (now.tombstoned || made.at.value <= now.hidden) return position{};
        return position{history->at[made.at.value - 1]};
    }

    // ---- the engine --------------------------------------------------------------------------

    /// What is stored; an engine that knows its bytes to be damaged has none of use.
    result<std::optional<bytes>> stored_value(std::string_view stream, std::string_view aggregate) {
        const auto key = snapshot_key(tenant(), stream, aggregate);
        auto found = state_.stored_value(snapshot_space, bytes_view{key});
        if (!found && found.error().code == errc::corrupt) return std::optional{bytes{}};
        return found;
    }

    template <class Visit>
    result<void> scan(std::optional<std::string_view> stream, Visit&& visit) {
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        bytes low;
        if (stream)
            low = snapshot_prefix(tenant(), *stream);
        else
            put_big_endian(low, tenant());
        bytes high = low;
        high.resize(high.size() + limits::type_name + 1, std::byte{0xff});
        return view->scan(snapshot_space, bytes_view{low}, bytes_view{high}, direction::forward,
                          [&](const key& at, bytes_view value) {
                              visit(at.octets, value);
                              return true;
                          });
    }

    std::uint32_t tenant() const noexcept { return state_.options.tenant; }
    const store_identity& identity() const noexcept { return state_.stored.identity; }

    store_state<Engine>& state_;
    snapshot_judge<Engine> judge_;
    std::array<std::atomic<std::uint64_t>, snapshot_fates> fates_{};
    std::atomic<std::uint64_t> missing_ = 0, stored_ = 0, kept_ = 0;
};

}  // namespace varve::inline v0::detail
