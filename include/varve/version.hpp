// The version of the library, in one place.
//
// The stored format has a version of its own (eventstore/README.md), and so has the tool's JSON.
#pragma once

#define VARVE_VERSION_MAJOR 0
#define VARVE_VERSION_MINOR 1
#define VARVE_VERSION_PATCH 0

namespace varve::inline v0 {

/// The library's semantic version as text.
inline constexpr const char* version_text = "0.1.0";

}  // namespace varve::inline v0
