// Where bytes go out: a file descriptor behind a buffer.
//
// A reader that goes away (a closed pipe) is no failure: the sink says `closed`, takes whatever comes
// and drops it. Every other failure of a write is kept and said at the end.
#pragma once

#include <varve/failure.hpp>

#include <string>
#include <string_view>

namespace varve::tool {

/// One thread at a time.
class byte_sink {
public:
    /// Writes to `descriptor`, which stays the caller's.
    explicit byte_sink(int descriptor) noexcept : descriptor_(descriptor) {}

    void write(std::string_view text) {
        buffer_ += text;
        if (buffer_.size() >= 64 * 1024) flush();
    }

    /// Hands everything to the system.
    void flush();

    /// True once nothing that is written can arrive any more.
    bool closed() const noexcept { return error_ != 0; }

    /// Fails if something was lost for another reason than that the reader went away. `name`: of what
    /// was written, for the message. Errors: `full`, `io`.
    result<void> outcome(std::string_view name) const;

    int descriptor() const noexcept { return descriptor_; }

private:
    int descriptor_;
    int error_ = 0;
    std::string buffer_{};
};

}  // namespace varve::tool
