// What the members of a JSON type hold, read from its stored descriptor; and whether a text fits.
//
// The form of the descriptor is told in varve/adapters/json_descriptor.hpp. It comes from a file and may
// be anything.
#pragma once

#include <varve/failure.hpp>

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace varve::tool {

/// The members of one type. What fits here is read by the application's codec, and the other way
/// round; only that a name which the type does not have is refused here, because it is a slip.
class json_layout {
public:
    /// Errors: `undecodable`, naming the line.
    static result<json_layout> parse(std::string_view descriptor);

    /// Errors: `invalid_argument`, naming the member.
    result<void> check(simdjson::dom::element document) const;

private:
    enum class kind : std::uint8_t {
        i8,
        i16,
        i32,
        i64,
        u8,
        u16,
        u32,
        u64,
        f32,
        f64,
        boolean,
        text,
        object
    };
    struct member {
        std::string name;
        kind what;
        std::size_t object;  ///< Of an object: its place in `objects_`.
        std::string layers;  ///< From the outside in: `[` a list, `?` may be missing or null.
    };
    using object = std::vector<member>;
    class reader;
    class checker;

    std::vector<object> objects_{};  ///< The first is the document.
};

}  // namespace varve::tool
