// Events as records: everything for programs, what fits for people, the payload as JSON if possible.
#pragma once

#include "payload_codec.hpp"
#include "record.hpp"
#include "settings.hpp"

#include <varve/event.hpp>
#include <varve/eventstore/store_options.hpp>
#include <varve/failure.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace varve::tool {

/// Knows the stored types, and asks again when a type turns up that was not there before.
class event_printer {
public:
    using type_source = std::function<result<std::vector<stored_type>>()>;

    event_printer(output_format format, type_source types)
        : format_(format), types_(std::move(types)) {}

    /// Never fails: a payload that cannot be read is marked as such, with the reason and its bytes.
    record print(const recorded_event& event);

private:
    struct known_type {
        stored_type described{};
        bool built = false;                      ///< `codec` and `fault` are what they will be.
        std::unique_ptr<payload_codec> codec{};  ///< None: printed as bytes.
        std::string fault{};                     ///< Why there is none, if that is a fault.
    };

    known_type& find(const recorded_event& event);
    void load();
    static void build(known_type& type);
    void print_payload(const recorded_event& event, record& to);
    static void print_bytes(bytes_view payload, const std::string& fault, record& to);

    output_format format_;
    type_source types_;
    std::string key_{};  // of `find`, reused
    std::unordered_map<std::string, known_type> known_{};
};

}  // namespace varve::tool
