#include "payload_codec.hpp"

namespace varve::tool {

result<std::unique_ptr<payload_codec>> make_payload_codec(const stored_type& type) {
    if (type.descriptor.size() > limits::descriptor)
        return fail(errc::undecodable, "the stored description of the type is too large");
    switch (type.encoding) {
        case encoding::protobuf: return make_protobuf_codec(type);
        case encoding::flat: return make_flat_codec(type);
        case encoding::json: return make_json_codec(type);
        case encoding::opaque: break;
    }
    return fail(errc::unsupported, "type '" + type.type +
                                       "' is stored as bytes that only its "
                                       "application knows");
}

std::string_view to_string(encoding kind) noexcept {
    switch (kind) {
        case encoding::opaque: return "opaque";
        case encoding::protobuf: return "protobuf";
        case encoding::flat: return "flat";
        case encoding::json: return "json";
    }
    return "?";
}

}  // namespace varve::tool
