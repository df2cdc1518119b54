// An open engine of each kind, with the few calls that most tests need.
#pragma once

#include "engines.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engines {

template <class Place>
class an_engine : public testing::Test {
protected:
    using engine_type = typename Place::engine;
    using transaction = typename engine_type::transaction;

    void write(const auto& work) {
        must(engine->transact([&](transaction& t) -> result<void> {
            work(t);
            return {};
        }));
    }
    void put(std::uint64_t at, std::string_view value) {
        write([&](transaction& t) { must(t.put(log, at, as_bytes(value))); });
    }
    void put(std::string_view at, std::string_view value) {
        write([&](transaction& t) { must(t.put(names, as_bytes(at), as_bytes(value))); });
    }
    std::optional<std::string> get(const space& in, const key& at) {
        std::optional<std::string> value;
        auto view = must(engine->view());
        const bool found = must(view.get(in, at, [&](bytes_view v) { value = as_text(v); }));
        EXPECT_EQ(found, value.has_value());
        return value;
    }
    std::vector<std::uint64_t> numbers(std::uint64_t low, std::uint64_t high, direction way,
                                       std::size_t most = 1000) {
        std::vector<std::uint64_t> seen;
        auto view = must(engine->view());
        must(view.scan(log, low, high, way, [&](const key& at, bytes_view) {
            seen.push_back(at.number);
            return seen.size() < most;
        }));
        return seen;
    }

    Place place;
    std::optional<engine_type> engine{must(place.open())};
};

using places = testing::Types<memory_place, simulated_sqlite_place, engines::sqlite_place,
                              simulated_rocksdb_place, engines::rocksdb_place>;

}  // namespace engines
