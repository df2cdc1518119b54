// Read your own write: a query that waits until a projection has come far enough.
#pragma once

#include <varve/ids.hpp>

#include <chrono>

namespace varve::inline v0 {

/// `app.ask(query, varve::at_least(receipt.last))`: the answer holds every event up to that position,
/// or the query fails with `timeout` and says how far the projection came.
struct at_least {
    position reached;
    std::chrono::nanoseconds timeout;

    constexpr explicit at_least(position wanted,
                                std::chrono::nanoseconds within = std::chrono::seconds{5}) noexcept
        : reached(wanted), timeout(within) {}
};

}  // namespace varve::inline v0
