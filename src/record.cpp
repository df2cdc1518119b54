#include "record.hpp"

#include "text.hpp"
#include "time_text.hpp"

#include <fmt/format.h>

namespace varve::tool {

void record::text(std::string_view name, std::string_view raw) {
    if (!machine_) return add(name, printable(raw));
    std::string json;
    put_json_string(json, raw);
    add(name, std::move(json));
    if (!is_utf8(raw)) add(std::string{name} + "_hex", '"' + hex(as_bytes(raw)) + '"');
}

void record::number(std::string_view name, std::uint64_t value) {
    add(name, machine_ ? fmt::format("\"{}\"", value) : fmt::format("{}", value));
}

void record::small(std::string_view name, std::uint32_t value) {
    add(name, fmt::format("{}", value));
}

void record::real(std::string_view name, double value, int digits) {
    add(name, fmt::format("{:.{}f}", value, digits));
}

void record::flag(std::string_view name, bool value) {
    if (machine_) return add(name, value ? "true" : "false");
    add(name, value ? "yes" : "no");
}

void record::time(std::string_view name, timestamp when) {
    text(name, rfc3339(table_ ? std::chrono::floor<std::chrono::milliseconds>(when) : when));
}

void record::raw(std::string_view name, std::string json, std::string for_people) {
    add(name, machine_ ? std::move(json) : std::move(for_people));
}

std::string_view record::find(std::string_view name) const noexcept {
    for (const auto& each : entries_)
        if (each.name == name) return each.value;
    return {};
}

std::string record::members() const {
    std::string text;
    for (const auto& each : entries_) {
        if (!text.empty()) text += ',';
        put_json_string(text, each.name);
        text += ':';
        text += each.value;
    }
    return text;
}

}  // namespace varve::tool
