// What the writer tells whoever is going to kill it, through a pipe.
#pragma once

#include <varve/append.hpp>

#include <cstdint>
#include <type_traits>

namespace varve::tests {

/// One line of the pipe; smaller than PIPE_BUF, so it arrives whole or not at all, also from a
/// process that dies. An append that became durable, or, with the id of none, that the store is open
/// and its head is `last`.
struct acknowledgement {
    append_id id;
    std::uint64_t first;
    std::uint64_t last;
};
static_assert(sizeof(acknowledgement) == 32 && std::is_trivially_copyable_v<acknowledgement>);

}  // namespace varve::tests
