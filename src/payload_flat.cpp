// Payloads that are structs of numbers: read by the offsets in their description.
#include "payload_codec.hpp"
#include "text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace varve::tool {
namespace {

enum class kind { i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, boolean, octets };

constexpr std::array<std::pair<std::string_view, std::size_t>, 12> kinds{{{"i8", 1},
                                                                          {"i16", 2},
                                                                          {"i32", 4},
                                                                          {"i64", 8},
                                                                          {"u8", 1},
                                                                          {"u16", 2},
                                                                          {"u32", 4},
                                                                          {"u64", 8},
                                                                          {"f32", 4},
                                                                          {"f64", 8},
                                                                          {"bool", 1},
                                                                          {"bytes", 0}}};

constexpr std::size_t most_members = 65'536;

struct member {
    std::string name;
    kind what;
    std::size_t offset;
    std::size_t size;
};

/// Takes the word behind the last blank off the end of `line`.
std::string_view take_last(std::string_view& line) {
    const auto blank = line.rfind(' ');
    if (blank == std::string_view::npos) return std::exchange(line, {});
    const auto word = line.substr(blank + 1);
    line = line.substr(0, blank);
    return word;
}

result<member> parse_member(std::string_view line) {
    const std::string whole{line};
    const auto bad = [&](const char* why) {
        return fail(errc::undecodable,
                    "the stored layout has a line '" + whole + "', whose " + why);
    };
    const auto size = parse_number(take_last(line));
    const auto offset = parse_number(take_last(line));
    const auto word = take_last(line);
    if (!size || !offset) return bad("numbers cannot be read");
    if (*size > limits::payload || *offset > limits::payload) return bad("numbers are too large");
    const auto known = std::find_if(kinds.begin(), kinds.end(),
                                    [&](const auto& each) { return each.first == word; });
    if (known == kinds.end()) return bad("kind is not known to this version");
    if (known->second != 0 && known->second != *size) return bad("size does not fit its kind");
    return member{std::string{line}, kind{static_cast<int>(known - kinds.begin())}, *offset, *size};
}

/// Calls `f` with a value of the C++ type of a kind of number.
template <class F>
auto with_number(kind what, F&& f) {
    switch (what) {
        case kind::i8: return f(std::int8_t{});
        case kind::i16: return f(std::int16_t{});
        case kind::i32: return f(std::int32_t{});
        case kind::i64: return f(std::int64_t{});
        case kind::u8: return f(std::uint8_t{});
        case kind::u16: return f(std::uint16_t{});
        case kind::u32: return f(std::uint32_t{});
        case kind::u64: return f(std::uint64_t{});
        case kind::f32: return f(float{});
        default: return f(double{});
    }
}

template <class T>
std::string number_json(T value) {
    if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(value)) return "\"NaN\"";
        if (std::isinf(value)) return value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
        return fmt::format("{}", value);
    } else if constexpr (sizeof(T) == 8) {
        return fmt::format("\"{}\"", value);
    } else {
        return fmt::format("{}", static_cast<std::int64_t>(value));
    }
}

/// A number, or a text that reads as one, if `T` can hold it.
template <class T>
std::optional<T> number_from(simdjson::dom::element value) {
    std::string_view text;
    simdjson::dom::parser inner;
    if (value.get(text) == simdjson::SUCCESS) {
        if constexpr (std::is_floating_point_v<T>) {
            if (text == "NaN") return std::numeric_limits<T>::quiet_NaN();
            if (text == "Infinity") return std::numeric_limits<T>::infinity();
            if (text == "-Infinity") return -std::numeric_limits<T>::infinity();
        }
        if (inner.parse(std::string{text}).get(value) != simdjson::SUCCESS) return std::nullopt;
    }
    if constexpr (std::is_floating_point_v<T>) {
        double number = 0;
        if (value.get(number) != simdjson::SUCCESS) return std::nullopt;
        return static_cast<T>(number);
    } else {
        using wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
        wide number = 0;
        if (value.get(number) != simdjson::SUCCESS || !std::in_range<T>(number))
            return std::nullopt;
        return static_cast<T>(number);
    }
}

std::optional<bytes> from_hex(std::string_view text) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    if (text.size() % 2 != 0) return std::nullopt;
    bytes out;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return out;
}

class flat_payload final : public payload_codec {
public:
    explicit flat_payload(std::vector<member> members) : members_(std::move(members)) {
        for (const auto& each : members_) size_ = std::max(size_, each.offset + each.size);
    }

    result<std::string> to_json(bytes_view payload) override {
        if (payload.size() != size_)
            return fail(errc::undecodable,
                        fmt::format("it has {} bytes, its layout has {}", payload.size(), size_));
        std::string json = "{";
        for (const auto& each : members_) {
            if (json.size() > 1) json += ',';
            put_json_string(json, each.name);
            json += ':';
            const auto from = payload.subspan(each.offset, each.size);
            auto value = value_json(each, from);
            if (!value) return value;
            json += *value;
        }
        return json + "}";
    }

    result<bytes> from_json(std::string_view json) override {
        simdjson::dom::parser parser;
        simdjson::dom::object object;
        if (const auto error = parser.parse(json.data(), json.size()).get(object))
            return fail(errc::invalid_argument,
                        std::string{"not a JSON object: "} + simdjson::error_message(error));
        if (object.size() > members_.size())
            return fail(errc::invalid_argument, fmt::format("it has {} members, the layout has {}",
                                                            object.size(), members_.size()));
        bytes out(size_);
        for (const auto& each : members_) {
            simdjson::dom::element value;
            if (object.at_key(each.name).get(value) != simdjson::SUCCESS)
                return fail(errc::invalid_argument, "it lacks '" + each.name + "'");
            if (!put_value(each, value, out.data() + each.offset))
                return fail(
                    errc::invalid_argument,
                    fmt::format("'{}' does not fit {} of {} bytes", each.name,
                                kinds[static_cast<std::size_t>(each.what)].first, each.size));
        }
        return out;
    }

private:
    static result<std::string> value_json(const member& each, bytes_view from) {
        if (each.what == kind::octets) return '"' + hex(from) + '"';
        if (each.what == kind::boolean) {
            const auto value = std::to_integer<unsigned>(from[0]);
            if (value > 1)
                return fail(errc::undecodable, "the bool '" + each.name + "' is neither 0 nor 1");
            return std::string{value == 1 ? "true" : "false"};
        }
        return with_number(each.what,
                           [&]<class T>(T) { return number_json(detail::load<T>(from.data())); });
    }

    static bool put_value(const member& each, simdjson::dom::element value, std::byte* to) {
        if (each.what == kind::octets) {
            std::string_view text;
            if (value.get(text) != simdjson::SUCCESS) return false;
            const auto octets = from_hex(text);
            if (!octets || octets->size() != each.size) return false;
            std::copy(octets->begin(), octets->end(), to);
            return true;
        }
        if (each.what == kind::boolean) {
            bool yes = false;
            if (value.get(yes) != simdjson::SUCCESS) return false;
            *to = std::byte{yes};
            return true;
        }
        return with_number(each.what, [&]<class T>(T) {
            const auto number = number_from<T>(value);
            if (number) detail::store(to, *number);
            return number.has_value();
        });
    }

    std::vector<member> members_;
    std::size_t size_ = 0;
};

}  // namespace

result<std::unique_ptr<payload_codec>> make_flat_codec(const stored_type& type) {
    std::vector<member> members;
    std::string_view rest = as_text(type.descriptor);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        auto one = parse_member(rest.substr(0, end));
        if (!one) return pass_on(std::move(one));
        members.push_back(std::move(*one));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (members.size() > most_members)
            return fail(errc::undecodable, "the stored layout has too many members");
    }
    return std::make_unique<flat_payload>(std::move(members));
}

}  // namespace varve::tool
