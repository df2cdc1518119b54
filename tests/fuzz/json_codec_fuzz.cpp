// Any bytes as a JSON payload: refused with a reason, or read, written and read again as the same value.
#include "core/json_sample.hpp"

#include <varve/adapters/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using samples::Ordered;

/// Numbers compare by bits: 0 and -0 are two payloads.
bool same(const Ordered& a, const Ordered& b) {
    return a == b && varve::encode(a) == varve::encode(b);
}

void check_bytes(varve::bytes_view payload) {
    const auto value = varve::decode<Ordered>(payload);
    if (!value) {
        varve::detail::ensure(value.error().code == varve::errc::undecodable,
                              "another failure than undecodable");
        varve::detail::ensure(value.error().message.starts_with("shop.ordered: "),
                              "a failure without its type");
        return;
    }
    varve::bytes written;
    const auto stored = varve::try_encode(*value, written);
    varve::detail::ensure(stored.has_value(), "what was read cannot be written");
    const auto again = varve::decode<Ordered>(written);
    varve::detail::ensure(again && same(*again, *value),
                          "what was written is read as another value");
}

/// The bytes as text and numbers of a value: what has a JSON form comes back, the rest is refused.
void check_value(std::string_view text) {
    Ordered order;
    order.customer = text;
    if (text.size() >= 20) {
        const auto raw = varve::as_bytes(text);
        order.ratio = varve::detail::load<double>(raw.data());
        order.total = varve::detail::load<std::int64_t>(raw.data() + 8);
        order.share = varve::detail::load<float>(raw.data() + 16);
        order.customer = text.substr(20);
    }
    varve::bytes written;
    if (!varve::try_encode(order, written)) return;
    const auto again = varve::decode<Ordered>(written);
    varve::detail::ensure(again && same(*again, order), "a value does not come back as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const varve::bytes_view input{reinterpret_cast<const std::byte*>(data), size};
    check_bytes(input);
    check_value(varve::as_text(input));
    return 0;
}
