// The stored form of what an append believes: checks, conditions, queries; see eventstore/README.md.
#pragma once

#include <varve/append.hpp>
#include <varve/bytes.hpp>
#include <varve/limits.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// Beliefs that own what they name. One that believes nothing (`any`) is left out.
class owned_beliefs {
public:
    owned_beliefs() = default;
    explicit owned_beliefs(const append_request& request)
        : conditions_(request.conditions.begin(), request.conditions.end()),
          fail_if_exists_(request.fail_if_exists.begin(), request.fail_if_exists.end()) {
        names_.reserve(request.checks.size());  // so that they stay where they are
        for (const auto& check : request.checks)
            if (check.expected != expect::any) add(check.stream, check.expected);
    }
    owned_beliefs(owned_beliefs&&) = default;
    owned_beliefs& operator=(owned_beliefs&&) = default;

    const std::vector<stream_check>& checks() const noexcept { return checks_; }
    const std::vector<condition>& conditions() const noexcept { return conditions_; }
    const std::vector<event_query>& fail_if_exists() const noexcept { return fail_if_exists_; }

    void reserve(std::size_t checks) { names_.reserve(checks); }
    /// No more than were reserved for.
    void add(std::string_view stream, expectation expected) {
        checks_.push_back({names_.emplace_back(stream), expected});
    }
    void add(condition believed) { conditions_.push_back(std::move(believed)); }
    void add(event_query forbidden) { fail_if_exists_.push_back(std::move(forbidden)); }

private:
    std::vector<std::string> names_;
    std::vector<stream_check> checks_;
    std::vector<condition> conditions_;
    std::vector<event_query> fail_if_exists_;
};

/// Takes numbers and names off the beginning of some bytes; once something did not fit, nothing does.
class taker {
public:
    explicit taker(bytes_view data) noexcept : rest_(data) {}

    template <class Number>
    Number number() noexcept {
        const auto from = take(sizeof(Number));
        return good_ ? load<Number>(from.data()) : Number{};
    }
    std::string_view name() noexcept { return as_text(take(number<std::uint16_t>())); }
    bytes_view take(std::size_t size) noexcept {
        good_ = good_ && size <= rest_.size();
        if (!good_) return {};
        const auto taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    void refuse() noexcept { good_ = false; }
    bool good() const noexcept { return good_; }
    bytes_view rest() const noexcept { return rest_; }

private:
    bytes_view rest_;
    bool good_ = true;
};

inline void put_stored_name(bytes& to, std::string_view name) {
    put(to, static_cast<std::uint16_t>(name.size()));
    put_bytes(to, as_bytes(name));
}

inline void put_query(bytes& to, const event_query& query) {
    put(to, static_cast<std::uint8_t>(query.is_everything()));
    put(to, static_cast<std::uint16_t>(query.items().size()));
    for (const auto& item : query.items()) {
        const auto lists = {&item.categories, &item.types, &item.tags};
        for (const auto* names : lists) put(to, static_cast<std::uint16_t>(names->size()));
        for (const auto* names : lists)
            for (const auto& name : *names) put_stored_name(to, name);
    }
}

/// A query that a store takes; anything else is refused by `from`.
inline event_query take_query(taker& from) {
    const auto everything = from.number<std::uint8_t>();
    const auto count = from.number<std::uint16_t>();
    if (everything > 1 || (everything == 1 && count != 0)) from.refuse();
    if (everything == 1) return event_query::everything();
    std::vector<query_item> items;
    for (std::size_t i = 0; i < count && from.good(); ++i) {
        auto& item = items.emplace_back();
        const auto lists = {&item.categories, &item.types, &item.tags};
        std::uint16_t sizes[3]{};
        for (auto& size : sizes) size = from.number<std::uint16_t>();
        const std::uint16_t* size = sizes;
        for (auto* names : lists)
            for (auto left = *size++; left != 0 && from.good(); --left)
                names->emplace_back(from.name());
    }
    auto query = event_query::any_of(std::move(items));
    if (from.good() && !query.check()) from.refuse();
    return query;
}

inline void put_beliefs(bytes& to, const owned_beliefs& beliefs) {
    put(to, static_cast<std::uint32_t>(beliefs.checks().size()));
    put(to, static_cast<std::uint16_t>(beliefs.conditions().size()));
    put(to, static_cast<std::uint16_t>(beliefs.fail_if_exists().size()));
    for (const auto& check : beliefs.checks()) {
        put(to, check.expected.what());
        put(to, check.expected.at().value);
        put_stored_name(to, check.stream);
    }
    for (const auto& each : beliefs.conditions()) {
        put(to, each.after.value);
        put_query(to, each.query);
    }
    for (const auto& query : beliefs.fail_if_exists()) put_query(to, query);
}

inline owned_beliefs take_beliefs(taker& from) {
    owned_beliefs found;
    const auto checks = from.number<std::uint32_t>();
    const auto conditions = from.number<std::uint16_t>();
    const auto queries = from.number<std::uint16_t>();
    if (checks > limits::checks || conditions + queries > static_cast<int>(limits::conditions))
        from.refuse();
    if (from.good()) found.reserve(checks);
    for (std::uint32_t i = 0; i < checks && from.good(); ++i) {
        const auto kind = from.number<expectation::kind>();
        const revision at{from.number<std::uint64_t>()};
        if (kind > expectation::kind::soft_deleted) from.refuse();
        found.add(from.name(), {kind, at});
    }
    for (std::uint16_t i = 0; i < conditions && from.good(); ++i) {
        const position after{from.number<std::uint64_t>()};
        found.add(condition{take_query(from), after});
    }
    for (std::uint16_t i = 0; i < queries && from.good(); ++i) found.add(take_query(from));
    return found;
}

}  // namespace varve::inline v0::detail
