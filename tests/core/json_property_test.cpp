#include "json_sample.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

namespace {

using samples::Line;
using samples::Ordered;

/// Any bit pattern that is a number.
rc::Gen<double> any_finite() {
    return rc::gen::suchThat(
        rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                     [](std::uint64_t bits) { return std::bit_cast<double>(bits); }),
        [](double value) { return std::isfinite(value); });
}

/// Code points of one to four bytes, the awkward ones often.
std::string utf8(const std::vector<std::uint32_t>& points) {
    std::string text;
    for (auto point : points) {
        point %= 0x110000;
        if (point >= 0xd800 && point < 0xe000) point = 0;
        const auto tail = [&](unsigned shift) {
            text += static_cast<char>(0x80 | ((point >> shift) & 0x3f));
        };
        if (point < 0x80) {
            text += static_cast<char>(point);
        } else if (point < 0x800) {
            text += static_cast<char>(0xc0 | (point >> 6));
            tail(0);
        } else if (point < 0x10000) {
            text += static_cast<char>(0xe0 | (point >> 12));
            tail(6);
            tail(0);
        } else {
            text += static_cast<char>(0xf0 | (point >> 18));
            tail(12);
            tail(6);
            tail(0);
        }
    }
    return text;
}

std::string any_text() {
    const auto points = rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 0x100),
                                       rc::gen::arbitrary<std::uint32_t>());
    return utf8(*rc::gen::container<std::vector<std::uint32_t>>(points));
}

Line any_line(int depth) {
    Line line{any_text(), {}, {}};
    if (*rc::gen::arbitrary<bool>()) line.number = *rc::gen::arbitrary<std::int32_t>();
    if (depth > 0)
        for (int i = *rc::gen::inRange(0, 3); i > 0; --i)
            line.inside.push_back(any_line(depth - 1));
    return line;
}

Ordered any_order() {
    Ordered order;
    order.customer = any_text();
    order.total = *rc::gen::arbitrary<std::int64_t>();
    order.count = *rc::gen::arbitrary<std::uint64_t>();
    order.ratio = *any_finite();
    order.share = std::bit_cast<float>(*rc::gen::arbitrary<std::uint32_t>());
    if (!std::isfinite(order.share)) order.share = 0;
    order.small = *rc::gen::arbitrary<std::uint8_t>();
    order.paid = *rc::gen::arbitrary<bool>();
    order.kind = static_cast<samples::kind>(*rc::gen::arbitrary<std::int16_t>());
    if (*rc::gen::arbitrary<bool>()) order.note = any_text();
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) order.lines.push_back(any_line(3));
    order.flags = *rc::gen::arbitrary<std::vector<bool>>();
    order.at = varve::timestamp{std::chrono::nanoseconds{*rc::gen::arbitrary<std::int64_t>()}};
    return order;
}

// semantics.md §8
RC_GTEST_PROP(json_property, any_struct_comes_back_as_it_was, ()) {
    const auto order = any_order();
    varve::bytes payload;
    const auto written = varve::try_encode(order, payload);
    RC_ASSERT(written.has_value());
    const auto back = varve::decode<Ordered>(payload);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == order);
    RC_ASSERT(std::bit_cast<std::uint64_t>(back->ratio) ==
              std::bit_cast<std::uint64_t>(order.ratio));
    RC_ASSERT(std::bit_cast<std::uint32_t>(back->share) ==
              std::bit_cast<std::uint32_t>(order.share));
}

RC_GTEST_PROP(json_property, a_damaged_document_is_refused_or_read_but_never_worse, ()) {
    auto payload = varve::encode(any_order());
    const auto at = *rc::gen::inRange<std::size_t>(0, payload.size());
    payload[at] = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
    const auto back = varve::decode<Ordered>(payload);
    if (!back) {
        RC_ASSERT(back.error().code == varve::errc::undecodable);
        return;
    }
    const auto again = varve::decode<Ordered>(varve::encode(*back));
    RC_ASSERT(again.has_value() && *again == *back);
}

}  // namespace
