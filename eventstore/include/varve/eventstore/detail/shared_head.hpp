// The durable head told to readers in other processes, and waited for there.
#pragma once

#include <varve/adapters/watermark_file.hpp>
#include <varve/eventstore/detail/durable_head.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

/// How a reader waits for what a writer in another process tells in the file at `path`; empty without
/// one. Each wait maps the file anew, so that any number of threads may wait.
inline std::function<void(position, std::chrono::nanoseconds)> waiting_on(const std::string& path) {
    if (path.empty()) return {};
    return [path](position where, std::chrono::nanoseconds wait) {
        watermark_reader::open(path).wait_beyond(where, wait);
    };
}

/// What a writer does after each group to tell in the file at `path`; empty if it cannot. The file is
/// a hint: without it (a full disk, say) readers look into the store now and then. `head` outlives it.
inline std::function<void()> telling(const std::string& path, const store_identity& identity,
                                     const durable_head& head) {
    if (path.empty()) return {};
    auto opened = watermark_writer::open(path, identity, head.get());
    if (!opened) return {};
    auto writer = std::make_shared<watermark_writer>(std::move(*opened));
    return [writer = std::move(writer), &head] { writer->publish(head.get()); };
}

}  // namespace varve::inline v0::detail
