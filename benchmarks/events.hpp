// What the benchmarks append: events of 256 bytes with a tag, over a thousand streams.
#pragma once

#include "paired.hpp"

#include <varve/append.hpp>
#include <varve/environment.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// Appends of a fixed number of events, all of one stream, a new stream each time.
class appends {
public:
    static constexpr std::size_t payload_size = 256;

    explicit appends(std::size_t events_per_append, std::size_t streams = 1000)
        : payload_(payload_size, std::byte{0x5a}), events_(events_per_append) {
        for (std::size_t i = 0; i < streams; ++i) {
            names_.push_back(fmt::format("account-{:04}", i));
            tags_.push_back(fmt::format("branch:{:02}", i % 100));
        }
        tag_views_.assign(tags_.begin(), tags_.end());
    }
    appends(const appends&) = delete;  // its views are of its own strings
    appends& operator=(const appends&) = delete;

    /// The next request. Its views hold until the next call.
    varve::append_request next() {
        const std::size_t at = ++count_ % names_.size();
        for (auto& event : events_)
            event = {.stream = names_[at],
                     .type = "deposited",
                     .payload = payload_,
                     .tags = std::span{tag_views_}.subspan(at, 1)};
        return {.id = varve::environment::system().ids().next<varve::append_id>(),
                .events = events_};
    }

    std::size_t events_per_append() const { return events_.size(); }
    varve::bytes_view payload() const { return payload_; }

private:
    varve::bytes payload_;
    std::vector<std::string> names_, tags_;
    std::vector<std::string_view> tag_views_;
    std::vector<varve::new_event> events_;
    std::size_t count_ = 0;
};

}  // namespace bench
