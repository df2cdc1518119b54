// Small questions about types that several headers ask.
#pragma once

#include <optional>

namespace varve::inline v0::detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

}  // namespace varve::inline v0::detail
