// Loads and saves the state of an aggregate through snapshots, for whoever asks for it.
//
//     struct Account {
//         static constexpr std::string_view category = "account";
//         static constexpr std::uint32_t fold_version = 1;   // raise it whenever `evolve` changes
//         ...
//     };
//     auto saved = varve::save_snapshot_of<Account>(store, "account-7");      // off the command path
//     auto now = varve::load_with_snapshot<Account>(store, "account-7");      // as `load`, but shorter
//
// The state is written by its codec. A change of its layout or `schema_version` is noticed, a change of
// what `evolve` does is not: that is what the fold version is for.
#pragma once

#include <varve/codec.hpp>
#include <varve/executor.hpp>
#include <varve/load.hpp>
#include <varve/snapshot.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace varve::inline v0 {

namespace detail {

template <class State>
concept names_its_fold = requires {
    { State::fold_version } -> std::convertible_to<std::uint32_t>;
};

/// The name that a state's snapshots are kept under: its wire name, or its category if it has none.
template <class State>
consteval std::string_view snapshot_name() {
    if constexpr (has_wire_name<State>)
        return wire_name<State>;
    else
        return State::category;
}

template <class State>
struct checked_snapshot : checked_aggregate<State> {
    static_assert(names_its_fold<State>,
                  "varve: this aggregate has no fold version; give it `static constexpr "
                  "std::uint32_t fold_version = 1` and raise it whenever `evolve` changes");
};

}  // namespace detail

/// An aggregate that may have snapshots: it says how it folds.
template <class State>
concept snapshotted = aggregate<State> && detail::names_its_fold<State>;

/// How the state of an aggregate is folded and written today.
template <class State>
const snapshot_form& snapshot_form_of() {
    static_assert(sizeof(detail::checked_snapshot<State>) != 0);
    static const bytes descriptor = codec<State>::descriptor();
    static const snapshot_form form{.aggregate = detail::snapshot_name<State>(),
                                    .fold_version = State::fold_version,
                                    .schema_version = schema_version<State>,
                                    .encoding = codec<State>::kind,
                                    .descriptor = descriptor};
    return form;
}

/// As `load`, from the newest snapshot that may be used; whatever is wrong with the one there is, the
/// answer is that of `load`.
template <class State, event_store Store>
    requires snapshot_store<Store>
result<loaded<State>> load_with_snapshot(Store& store, std::string_view stream) {
    loaded<State> now;
    revision from;
    const auto used = store.load_snapshot(
        stream, snapshot_form_of<State>(), [&](const stored_snapshot& found) {
            auto state = decode<State>(found.state, found.schema_version);
            if (!state) return false;
            now.state = *std::move(state);
            from = found.at;
            return true;
        });
    if (used && *used) {
        const auto folded = detail::fold_beyond(store, stream, from, now);
        if (!folded) return std::unexpected(folded.error());
        if (*folded) return now;
    }
    return load<State>(store, stream);
}

/// Keeps a state that was loaded, unless there is a snapshot as new. Errors: those of
/// `snapshot_store::save_snapshot`; `invalid_argument` for a state that its codec cannot read back.
template <class State, snapshot_store Store>
result<snapshot_saving> save_snapshot_of(Store& store, std::string_view stream,
                                         const loaded<State>& now) {
    if (now.revision == revision{}) return snapshot_saving::kept;
    bytes state;
    if (auto written = try_encode(now.state, state); !written) return pass_on(std::move(written));
    return store.save_snapshot(
        {.stream = stream, .form = snapshot_form_of<State>(), .at = now.revision, .state = state});
}

/// Loads a stream and keeps its state.
template <class State, event_store Store>
    requires snapshot_store<Store>
result<snapshot_saving> save_snapshot_of(Store& store, std::string_view stream) {
    const auto now = load_with_snapshot<State>(store, stream);
    if (!now) return std::unexpected(now.error());
    return save_snapshot_of(store, stream, *now);
}

/// The same on an executor's thread; `done` is told once how it went. The store outlives that.
template <class State, event_store Store>
    requires snapshot_store<Store>
void save_snapshot_later(
    Store& store, std::string_view stream, executor& on,
    std::move_only_function<void(result<snapshot_saving>)> done = [](const auto&) {}) {
    on.post([&store, name = std::string{stream}, done = std::move(done)]() mutable {
        done(save_snapshot_of<State>(store, name));
    });
}

}  // namespace varve::inline v0
