// The payload of an append as it is typed: text, a file, or standard input.
#pragma once

#include "diagnostic.hpp"

#include <string>
#include <string_view>

namespace varve::tool {

/// `@-` reads standard input, `@FILE` a file, anything else is the payload itself. Refuses what cannot
/// be read and what is larger than `limits::payload`.
answer<std::string> read_payload(std::string_view typed);

}  // namespace varve::tool
