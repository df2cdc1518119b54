// Payloads as JSON and back, by what the store knows of their type and without the app's code.
//
// A type description comes from a file and may be anything: its size is limited, and whatever is
// wrong with it is a value. Protobuf follows the proto3 JSON rules; a flat struct becomes an object
// whose 64-bit numbers are strings and whose bytes are hexadecimal.
#pragma once

#include <varve/bytes.hpp>
#include <varve/eventstore/store_options.hpp>
#include <varve/failure.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace varve::tool {

/// One type at one schema version. One thread at a time.
class payload_codec {
public:
    virtual ~payload_codec() = default;
    /// A JSON value in one line. Errors: `undecodable` with the reason.
    virtual result<std::string> to_json(bytes_view payload) = 0;
    /// Errors: `invalid_argument` with the reason.
    virtual result<bytes> from_json(std::string_view json) = 0;
};

/// Errors: `undecodable` if the description itself is of no use; `unsupported` for opaque types,
/// which have no form but their bytes.
result<std::unique_ptr<payload_codec>> make_payload_codec(const stored_type& type);

/// For each encoding one; `make_payload_codec` chooses.
result<std::unique_ptr<payload_codec>> make_protobuf_codec(const stored_type& type);
result<std::unique_ptr<payload_codec>> make_flat_codec(const stored_type& type);
std::unique_ptr<payload_codec> make_json_codec(const stored_type& type);

/// `json`, `protobuf`, ...: as `--encoding` takes it.
std::string_view to_string(encoding kind) noexcept;

}  // namespace varve::tool
