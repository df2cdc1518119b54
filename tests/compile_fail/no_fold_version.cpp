// Whoever wants snapshots says how the aggregate folds.
// expect: varve: this aggregate has no fold version
#include "account.hpp"

struct Snapshotted : Account {
#ifndef BAD
    static constexpr std::uint32_t fold_version = 1;
#endif
};

const auto& form = varve::snapshot_form_of<Snapshotted>();
