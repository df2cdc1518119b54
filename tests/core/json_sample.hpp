// A struct with every kind of field that JSON carries; for the tests and the fuzzer.
#pragma once

#include <varve/adapters/json.hpp>
#include <varve/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace samples {

enum class kind : std::int16_t { first = 1 };

struct Line {
    std::string part;
    std::optional<std::int32_t> number;
    std::vector<Line> inside;

    static constexpr auto fields = varve::fields(varve::field("part", &Line::part),
                                                 varve::field("number", &Line::number),
                                                 varve::field("inside", &Line::inside));
    friend bool operator==(const Line&, const Line&) = default;
};

struct Ordered {
    static constexpr std::string_view wire_name = "shop.ordered";
    using encoding = varve::json;

    std::string customer;
    std::int64_t total = 0;
    std::uint64_t count = 0;
    double ratio = 0;
    float share = 0;
    std::uint8_t small = 0;
    bool paid = false;
    samples::kind kind = samples::kind::first;
    std::optional<std::string> note;
    std::vector<Line> lines;
    std::vector<bool> flags;
    varve::timestamp at{};

    static constexpr auto fields = varve::fields(
        varve::field("customer", &Ordered::customer), varve::field("total", &Ordered::total),
        varve::field("count", &Ordered::count), varve::field("ratio", &Ordered::ratio),
        varve::field("share", &Ordered::share), varve::field("small", &Ordered::small),
        varve::field("paid", &Ordered::paid), varve::field("kind", &Ordered::kind),
        varve::field("note", &Ordered::note), varve::field("lines", &Ordered::lines),
        varve::field("flags", &Ordered::flags), varve::field("at", &Ordered::at));
    friend bool operator==(const Ordered&, const Ordered&) = default;
};

}  // namespace samples
