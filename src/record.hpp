// One thing to print: named values, each written for people or for programs.
#pragma once

#include "settings.hpp"

#include <varve/ids.hpp>
#include <varve/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::tool {

/// Named values in order. For programs a value is JSON, 64-bit numbers are strings; for people it is
/// one printable line.
class record {
public:
    struct entry {
        std::string name;
        std::string value;
    };

    explicit record(output_format format) noexcept
        : machine_(format == output_format::json || format == output_format::ndjson),
          table_(format == output_format::table) {}

    /// True if this is for programs.
    bool machine() const noexcept { return machine_; }

    /// Any bytes. For programs, bytes that are not UTF-8 are also given as `<name>_hex`.
    void text(std::string_view name, std::string_view raw);
    void number(std::string_view name, std::uint64_t value);
    void small(std::string_view name, std::uint32_t value);
    void real(std::string_view name, double value, int digits);
    void flag(std::string_view name, bool value);
    /// RFC 3339; in a table cut to milliseconds.
    void time(std::string_view name, timestamp when);
    /// A value that is JSON already, and what people see of it.
    void raw(std::string_view name, std::string json, std::string for_people);

    template <class Tag>
    void id(std::string_view name, const identifier<Tag>& value) {
        text(name, to_string(value));
    }

    const std::vector<entry>& entries() const noexcept { return entries_; }
    /// The value of that name, or an empty text.
    std::string_view find(std::string_view name) const noexcept;
    /// `"a":1,"b":"2"`: for programs, without the braces.
    std::string members() const;

private:
    void add(std::string_view name, std::string value) {
        entries_.push_back({std::string{name}, std::move(value)});
    }

    bool machine_;
    bool table_;
    std::vector<entry> entries_{};
};

}  // namespace varve::tool
