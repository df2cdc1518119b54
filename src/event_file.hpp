// A file of events, one JSON object a line, that can be gone on with after a crash.
#pragma once

#include "byte_sink.hpp"
#include "diagnostic.hpp"

#include <varve/ids.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace varve::tool {

/// One thread at a time.
class event_file {
public:
    event_file(const event_file&) = delete;
    event_file& operator=(const event_file&) = delete;
    ~event_file();

    /// Creates the file, readable by its owner alone. Refuses one that is there (also a link).
    static answer<std::unique_ptr<event_file>> create(const std::string& path);
    /// Opens a file that `create` began, cuts off what follows its last whole line, and goes on there.
    static answer<std::unique_ptr<event_file>> go_on(const std::string& path);

    /// The position in the last whole line; 0 if there is none.
    position last() const noexcept { return last_; }

    void add(std::string_view line) { sink_.write(line); }
    /// True once a write has failed.
    bool failed() const noexcept { return sink_.closed(); }
    /// Makes everything durable. Errors: `full`, `io`.
    result<void> close();

private:
    event_file(int descriptor, std::string path)
        : descriptor_(descriptor), path_(std::move(path)), sink_(descriptor) {}
    answer<void> find_end();

    int descriptor_;
    std::string path_;
    byte_sink sink_;
    position last_;
};

}  // namespace varve::tool
