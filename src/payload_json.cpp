// JSON payloads: validated and put on one line; made only if they fit what is known of the members.
#include "json_layout.hpp"
#include "payload_codec.hpp"

#include <varve/adapters/json.hpp>

#include <simdjson.h>

#include <utility>

namespace varve::tool {
namespace {

class json_payload final : public payload_codec {
public:
    explicit json_payload(bytes descriptor) : descriptor_(std::move(descriptor)) {}

    /// Not held against the description: a stored event is shown as it is.
    result<std::string> to_json(bytes_view payload) override {
        return minify(as_text(payload), errc::undecodable);
    }

    result<bytes> from_json(std::string_view json) override {
        auto text = minify(json, errc::invalid_argument);
        if (!text) return pass_on(std::move(text));
        if (auto fits = check(*text); !fits) return pass_on(std::move(fits));
        return to_bytes(as_bytes(*text));
    }

private:
    result<std::string> minify(std::string_view json, errc code) {
        simdjson::dom::element root;
        if (const auto error = parser_.parse(json.data(), json.size()).get(root))
            return fail(code, std::string{"not valid JSON: "} + simdjson::error_message(error));
        std::string text(json.size(), '\0');
        std::size_t size = 0;
        if (const auto error = simdjson::minify(json.data(), json.size(), text.data(), size))
            return fail(code, std::string{"not valid JSON: "} + simdjson::error_message(error));
        text.resize(size);
        return text;
    }

    result<void> check(const std::string& text) {
        if (descriptor_.empty()) return {};
        const auto layout = json_layout::parse(as_text(descriptor_));
        if (!layout) return std::unexpected(layout.error());
        simdjson::dom::parser limited{limits::payload + 1};
        simdjson::dom::element root;
        auto error = limited.allocate(text.size(), limits::json_depth + 1);
        if (!error) error = limited.parse(text).get(root);
        if (error == simdjson::DEPTH_ERROR)
            return fail(errc::invalid_argument,
                        "it nests deeper than " + std::to_string(limits::json_depth));
        if (error)
            return fail(errc::invalid_argument,
                        std::string{"not valid JSON: "} + simdjson::error_message(error));
        return layout->check(root);
    }

    bytes descriptor_;
    simdjson::dom::parser parser_{limits::payload + 1};
};

}  // namespace

std::unique_ptr<payload_codec> make_json_codec(const stored_type& type) {
    return std::make_unique<json_payload>(type.descriptor);
}

}  // namespace varve::tool
