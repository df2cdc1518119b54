// Where an anchor is kept: a file of its own, beside the store and not of its engine.
#pragma once

#include <varve/bytes.hpp>
#include <varve/failure.hpp>

#include <cstddef>
#include <cstdint>

namespace varve::inline v0 {

/// A small file. One thread at a time, the one that leads.
class anchor_storage {
public:
    anchor_storage() = default;
    anchor_storage(const anchor_storage&) = delete;
    anchor_storage& operator=(const anchor_storage&) = delete;
    virtual ~anchor_storage() = default;

    /// At most `size` bytes; fewer at the end, none without a file. Errors: `denied`, `io`.
    virtual result<bytes> read(std::uint64_t offset, std::size_t size) = 0;
    /// Creates the file if it is missing. Errors: `denied`, `full`, `io`.
    virtual result<void> write(std::uint64_t offset, bytes_view data) = 0;
    /// What was written survives a power cut, and so does the file's name. Errors: `io`.
    virtual result<void> sync() = 0;
};

}  // namespace varve::inline v0
