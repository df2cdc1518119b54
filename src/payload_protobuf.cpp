// Protobuf payloads: by the stored descriptors, or by field numbers where there are none.
#include "payload_codec.hpp"
#include "text.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/util/json_util.h>

#include <map>
#include <utility>
#include <vector>

namespace varve::tool {
namespace {

namespace pb = google::protobuf;

constexpr int most_files = 1000;
constexpr int deepest_group = 32;

/// Keeps the first complaint about a descriptor.
class complaint final : public pb::DescriptorPool::ErrorCollector {
public:
    void AddError(const std::string& file, const std::string& element, const pb::Message*,
                  ErrorLocation, const std::string& message) override {
        if (first_.empty()) first_ = fmt::format("{}: {}: {}", file, element, message);
    }
    const std::string& first() const noexcept { return first_; }

private:
    std::string first_;
};

result<void> parse(pb::Message& message, bytes_view payload) {
    // partial: a message without a required field is printed all the same
    if (message.ParsePartialFromArray(payload.data(), static_cast<int>(payload.size()))) return {};
    return fail(errc::undecodable,
                fmt::format("these {} bytes are not this Protobuf message", payload.size()));
}

class described_message final : public payload_codec {
public:
    result<void> build(const stored_type& type) {
        pb::FileDescriptorSet files;
        if (!files.ParseFromArray(type.descriptor.data(), static_cast<int>(type.descriptor.size())))
            return fail(errc::undecodable, "its stored Protobuf descriptor is damaged");
        if (files.file_size() > most_files)
            return fail(errc::undecodable, "its stored Protobuf descriptor has too many files");
        for (const auto& file : files.file()) {
            complaint why;
            if (pool_.BuildFileCollectingErrors(file, &why) == nullptr)
                return fail(errc::undecodable,
                            "its stored Protobuf descriptor does not build: " + why.first());
        }
        const auto* found = pool_.FindMessageTypeByName(type.type);
        if (found == nullptr)
            return fail(errc::undecodable,
                        "its stored Protobuf descriptor has no message of its name");
        message_.reset(factory_.GetPrototype(found)->New());
        return {};
    }

    result<std::string> to_json(bytes_view payload) override {
        message_->Clear();
        if (auto parsed = parse(*message_, payload); !parsed) return pass_on(std::move(parsed));
        std::string json;
        const auto status = pb::util::MessageToJsonString(*message_, &json);
        if (!status.ok()) return fail(errc::undecodable, status.ToString());
        return json;
    }

    result<bytes> from_json(std::string_view json) override {
        message_->Clear();
        const auto status = pb::util::JsonStringToMessage({json.data(), json.size()},
                                                          message_.get());
        if (!status.ok()) return fail(errc::invalid_argument, status.ToString());
        if (!message_->IsInitialized())
            return fail(errc::invalid_argument,
                        "it lacks " + message_->InitializationErrorString());
        return to_bytes(as_bytes(message_->SerializeAsString()));
    }

private:
    pb::DescriptorPool pool_;
    pb::DynamicMessageFactory factory_{&pool_};
    std::unique_ptr<pb::Message> message_;  // last: goes before what it was made from
};

std::string fields_json(const pb::UnknownFieldSet& fields, int depth);

std::string field_json(const pb::UnknownField& field, int depth) {
    switch (field.type()) {
        case pb::UnknownField::TYPE_VARINT: return fmt::format("\"{}\"", field.varint());
        case pb::UnknownField::TYPE_FIXED32: return fmt::format("{}", field.fixed32());
        case pb::UnknownField::TYPE_FIXED64: return fmt::format("\"{}\"", field.fixed64());
        case pb::UnknownField::TYPE_GROUP: return fields_json(field.group(), depth + 1);
        case pb::UnknownField::TYPE_LENGTH_DELIMITED: break;
    }
    const std::string& data = field.length_delimited();
    if (!is_utf8(data)) return "{\"hex\":\"" + hex(as_bytes(data)) + "\"}";
    std::string json;
    put_json_string(json, data);
    return json;
}

/// `{"1":"500","2":["a","b"]}`: by number, repeated ones as lists, in order of number.
std::string fields_json(const pb::UnknownFieldSet& fields, int depth) {
    if (depth > deepest_group) return "\"...\"";
    std::map<int, std::vector<std::string>> by_number;
    for (int i = 0; i < fields.field_count(); ++i)
        by_number[fields.field(i).number()].push_back(field_json(fields.field(i), depth));
    std::string json = "{";
    for (const auto& [number, values] : by_number) {
        if (json.size() > 1) json += ',';
        json += fmt::format("\"{}\":", number);
        json += values.size() == 1 ? values[0] : fmt::format("[{}]", fmt::join(values, ","));
    }
    return json + "}";
}

class undescribed_message final : public payload_codec {
public:
    result<std::string> to_json(bytes_view payload) override {
        pb::Empty message;
        if (auto parsed = parse(message, payload); !parsed) return pass_on(std::move(parsed));
        return fields_json(message.GetReflection()->GetUnknownFields(message), 0);
    }
    result<bytes> from_json(std::string_view) override {
        return fail(errc::invalid_argument,
                    "the store has no Protobuf descriptor of this type, so JSON cannot become one");
    }
};

}  // namespace

result<std::unique_ptr<payload_codec>> make_protobuf_codec(const stored_type& type) {
    pb::SetLogHandler(nullptr);  // what it would print is in our own words already
    if (type.descriptor.empty()) return std::make_unique<undescribed_message>();
    auto described = std::make_unique<described_message>();
    if (auto built = described->build(type); !built) return pass_on(std::move(built));
    return described;
}

}  // namespace varve::tool
