// How values become payloads and come back: a codec for each type, mostly found by itself.
//
//     varve::bytes payload = varve::encode(Deposited{500});
//     varve::result<Deposited> event = varve::decode<Deposited>(payload);
//
// Found by itself: Protobuf messages; structs with `using encoding = varve::json;` and `fields`
// (include <varve/adapters/json.hpp>); flat structs (flat.hpp). For anything else specialise
// `varve::codec<T>`; codecs are for any type, also for a snapshot's state, which has no wire name.
#pragma once

#include <varve/event.hpp>
#include <varve/failure.hpp>
#include <varve/flat.hpp>
#include <varve/limits.hpp>
#include <varve/protobuf_message.hpp>
#include <varve/wire_name.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

namespace varve::inline v0 {

/// `using encoding = varve::json;` in a struct that names its `fields` asks for JSON.
struct json {};

namespace detail {

template <class T>
struct json_codec;  // in <varve/adapters/json.hpp>

template <class T>
concept asks_for_json = requires { typename T::encoding; } &&
                        std::same_as<typename T::encoding, json>;

template <class T>
consteval auto find_codec() {
    if constexpr (protobuf_message<T>) {
        return std::type_identity<protobuf_codec<T>>{};
    } else if constexpr (asks_for_json<T>) {
        static_assert(
            requires { sizeof(json_codec<T>); },
            "varve: this type is stored as JSON; include <varve/adapters/json.hpp>");
        return std::type_identity<json_codec<T>>{};
    } else {
        static_assert(
            std::is_trivially_copyable_v<T>,
            "varve: no codec fits this type; make it a flat struct (no strings or containers) or "
            "a Protobuf message, give it `using encoding = varve::json` and `fields`, or "
            "specialise `varve::codec`");
        return std::type_identity<flat_codec<T>>{};
    }
}

}  // namespace detail

/// Turns values of `T` into payloads and back. May be specialised; a specialisation has `kind`,
/// `encode` (which appends), `decode` and `descriptor`, and, if it can write what it cannot read,
/// `static result<void> check(const T&, bytes_view encoded)`.
template <class T>
struct codec : decltype(detail::find_codec<T>())::type {};

/// The payload of a value.
template <class T>
bytes encode(const T& value) {
    bytes out;
    codec<T>::encode(value, out);
    return out;
}

/// Appends the payload of a value to `out`, and makes sure that it can be read back. On failure
/// `out` is as before. Errors: `invalid_argument` with the reason, `too_large` beyond
/// `limits::payload`.
template <class T>
result<void> try_encode(const T& value, bytes& out) {
    const auto at = out.size();
    codec<T>::encode(value, out);
    const auto size = out.size() - at;
    const auto refuse = [&](errc code, const std::string& reason) {
        out.resize(at);
        return fail(code, std::string{detail::label<T>()} + ": " + reason);
    };
    if (size > limits::payload)
        return refuse(errc::too_large, "has " + std::to_string(size) + " bytes, the limit is " +
                                           std::to_string(limits::payload));
    if constexpr (requires { codec<T>::check(value, bytes_view{}); }) {
        const auto checked = codec<T>::check(value, bytes_view{out}.subspan(at));
        if (!checked) return refuse(checked.error().code, checked.error().message);
    }
    return {};
}

/// The value of a payload. `version` is the schema version it was stored with.
/// Errors: `undecodable`, naming the type and the reason.
template <class T>
result<T> decode(bytes_view payload, std::uint32_t version = schema_version<T>) {
    if (payload.size() > limits::payload)
        return detail::undecodable<T>("has " + std::to_string(payload.size()) +
                                      " bytes, the limit is " + std::to_string(limits::payload));
    return codec<T>::decode(payload, version);
}

/// Name, version, encoding and descriptor of a type; views of what lives as long as the program.
template <class T>
const type_description& describe_type() {
    static const bytes descriptor = codec<T>::descriptor();
    static const type_description described{.type = wire_name<T>,
                                            .schema_version = schema_version<T>,
                                            .encoding = codec<T>::kind,
                                            .descriptor = descriptor};
    return described;
}

}  // namespace varve::inline v0
