#include "event_printer.hpp"

#include "text.hpp"

#include <fmt/format.h>

#include <utility>

namespace varve::tool {
namespace {

constexpr std::size_t shown_bytes = 48;

std::string key_of_type(std::string_view type, std::uint32_t version) {
    std::string key{type};
    key += '\0';
    key += std::to_string(version);
    return key;
}

/// Bytes as their reader can look at them: `0001ff |..�|`, cut after some.
std::string preview(bytes_view payload) {
    const auto shown = payload.first(std::min(payload.size(), shown_bytes));
    std::string text = "0x" + hex(shown) + " |";
    for (const std::byte each : shown) {
        const auto c = std::to_integer<char>(each);
        text += c >= ' ' && c <= '~' ? c : '.';
    }
    text += '|';
    if (shown.size() < payload.size()) text += fmt::format(" of {} bytes", payload.size());
    return text;
}

/// Tags that are not UTF-8 are given once more, all of them, as `tags_hex`.
void print_tags(const tag_range& tags, record& to) {
    std::string texts;
    std::string octets;
    bool exact = true;
    for (const auto tag : tags) {
        if (!texts.empty()) (texts += ',', octets += ',');
        put_json_string(texts, tag);
        octets += '"' + hex(as_bytes(tag)) + '"';
        exact = exact && is_utf8(tag);
    }
    to.raw("tags", "[" + texts + "]", {});
    if (!exact) to.raw("tags_hex", "[" + octets + "]", {});
}

/// A list, not an object: a key may come twice, and need not be UTF-8.
std::string headers_json(const header_range& headers) {
    std::string json = "[";
    for (const auto each : headers) {
        record one{output_format::json};
        one.text("key", each.key);
        one.text("value", each.value);
        if (json.size() > 1) json += ',';
        json += '{' + one.members() + '}';
    }
    return json + "]";
}

}  // namespace

void event_printer::load() {
    auto types = types_();
    if (!types) return;  // the store itself will say so; payloads are bytes until then
    for (auto& type : *types) {
        auto key = key_of_type(type.type, type.schema_version);
        known_.insert_or_assign(std::move(key), known_type{.described = std::move(type)});
    }
}

/// At the first event of a type: most types of a store are not asked for.
void event_printer::build(known_type& type) {
    type.built = true;
    if (type.described.encoding == encoding::opaque) return;
    auto codec = make_payload_codec(type.described);
    if (codec)
        type.codec = std::move(*codec);
    else
        type.fault = codec.error().message;
}

event_printer::known_type& event_printer::find(const recorded_event& event) {
    key_.assign(event.type);
    key_ += '\0';
    key_ += std::to_string(event.schema_version);
    auto found = known_.find(key_);
    if (found == known_.end()) {
        load();
        found = known_.try_emplace(key_).first;  // without a description: bytes, from now on
    }
    if (!found->second.built) build(found->second);
    return found->second;
}

record event_printer::print(const recorded_event& event) {
    record to{format_};
    to.number("position", event.position.value);
    to.text("stream", event.stream);
    to.number("revision", event.revision.value);
    to.text("type", event.type);
    if (to.machine()) {
        to.small("schema_version", event.schema_version);
        to.id("id", event.id);
        to.id("append_id", event.append);
        if (!event.correlation.is_none()) to.id("correlation", event.correlation);
        if (!event.causation.is_none()) to.id("causation", event.causation);
    }
    to.time("recorded_at", event.recorded_at);
    if (to.machine()) {
        if (event.occurred_at) to.time("occurred_at", *event.occurred_at);
        print_tags(event.tags, to);
        to.raw("headers", headers_json(event.headers), {});
    }
    print_payload(event, to);
    return to;
}

void event_printer::print_payload(const recorded_event& event, record& to) {
    auto& type = find(event);
    if (to.machine()) to.text("encoding", to_string(type.described.encoding));
    if (!type.codec) return print_bytes(event.payload, type.fault, to);
    auto json = type.codec->to_json(event.payload);
    if (!json) return print_bytes(event.payload, json.error().message, to);
    auto safe = printable_json(*json);
    to.raw("payload", safe, safe);
}

void event_printer::print_bytes(bytes_view payload, const std::string& fault, record& to) {
    if (!to.machine())
        return to.raw("payload", {},
                      fault.empty()
                          ? preview(payload)
                          : "(undecodable: " + printable(fault) + ") " + preview(payload));
    to.text("payload_hex", hex(payload));
    if (!fault.empty()) to.text("payload_error", fault);
}

}  // namespace varve::tool
