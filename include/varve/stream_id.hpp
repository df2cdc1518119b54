// The name of a stream: a category and a key, written `account-7`.
#pragma once

#include <varve/failure.hpp>
#include <varve/limits.hpp>

#include <string>
#include <string_view>

namespace varve::inline v0 {

/// The part before the first `-`; the whole name if there is none.
constexpr std::string_view category_of(std::string_view stream) noexcept {
    return stream.substr(0, stream.find('-'));
}

/// The part after the first `-`; empty if there is none.
constexpr std::string_view key_of(std::string_view stream) noexcept {
    const auto dash = stream.find('-');
    return dash == std::string_view::npos ? std::string_view{} : stream.substr(dash + 1);
}

/// Whether this may name a stream, a type or a tag: any bytes are allowed, but the name is not empty,
/// not longer than `limit`, and not in the store's own range.
constexpr bool is_name(std::string_view name, std::size_t limit) noexcept {
    return !name.empty() && name.size() <= limit && !name.starts_with(limits::reserved_prefix);
}

/// Says what is wrong with a name (`what` says whose it is). Errors: `invalid_argument`, `too_large`.
inline result<void> check_name(std::string_view what, std::string_view name, std::size_t limit) {
    if (name.empty()) return fail(errc::invalid_argument, std::string{what} + " is empty");
    if (name.size() > limit)
        return fail(errc::too_large, std::string{what} + " has " + std::to_string(name.size()) +
                                         " bytes, the limit is " + std::to_string(limit));
    if (name.starts_with(limits::reserved_prefix))
        return fail(errc::invalid_argument, std::string{what} + " '" + std::string{name} +
                                                "' begins with '$', which is reserved");
    return {};
}

/// An owned stream name. `stream_id{"account", 7}` and `stream_id{"account-7"}` are the same.
class stream_id {
public:
    stream_id() = default;
    explicit stream_id(std::string name) : name_(std::move(name)) {}
    stream_id(std::string_view category, std::string_view key)
        : name_(std::string{category} + "-" + std::string{key}) {}

    std::string_view name() const noexcept { return name_; }
    std::string_view category() const noexcept { return category_of(name_); }
    std::string_view key() const noexcept { return key_of(name_); }
    operator std::string_view() const noexcept { return name_; }

    friend auto operator<=>(const stream_id&, const stream_id&) = default;

private:
    std::string name_;
};

}  // namespace varve::inline v0
