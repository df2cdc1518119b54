// JSON payloads: validated and put on one line.
#include "payload_codec.hpp"

#include <simdjson.h>

namespace varve::tool {
namespace {

class json_payload final : public payload_codec {
public:
    result<std::string> to_json(bytes_view payload) override {
        return minify(as_text(payload), errc::undecodable);
    }
    result<bytes> from_json(std::string_view json) override {
        auto text = minify(json, errc::invalid_argument);
        if (!text) return pass_on(std::move(text));
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

    simdjson::dom::parser parser_{limits::payload + 1};
};

}  // namespace

std::unique_ptr<payload_codec> make_json_codec() { return std::make_unique<json_payload>(); }

}  // namespace varve::tool
