// Whatever writes to a log, kept so that it can be sent to several stores, and again.
#pragma once

#include <varve/store.hpp>
#include <varve/testing/events.hpp>

#include <string>
#include <utility>
#include <variant>

namespace varve::inline v0::testkit {

/// The end of a stream, kept so that it can be sent again.
struct end_draft {
    append_id id;
    std::string stream;
    ending how = ending::soft;
    expectation expected{};

    template <class Store>
    result<receipt> send_to(Store& store) const {
        return store.end_stream({.id = id, .stream = stream, .how = how, .expected = expected});
    }
};

/// Whatever writes to the log.
class log_write {
public:
    log_write(draft append) : what_(std::move(append)) {}
    log_write(end_draft end) : what_(std::move(end)) {}

    /// Nothing if it is not an append.
    const draft* append() const noexcept { return std::get_if<draft>(&what_); }
    const end_draft* end() const noexcept { return std::get_if<end_draft>(&what_); }
    const append_id& id() const noexcept { return append() ? append()->id() : end()->id; }
    bool has_events() const noexcept { return append() == nullptr || !append()->events().empty(); }

    template <class Store>
    result<receipt> send_to(Store& store) const {
        return append() ? append()->append_to(store) : end()->send_to(store);
    }

    /// For a person who has to understand a difference.
    std::string text() const {
        if (const auto* e = end())
            return std::string{e->how == ending::soft ? "delete " : "tombstone "} + e->stream +
                   ", expected " + to_string(e->expected) + ", id " + to_string(e->id);
        return append()->send([](const append_request& request) {
            std::string text = "append " + to_string(request.id) + ":";
            for (const auto& e : request.events)
                text += " " + std::string{e.stream.substr(0, 20)} + "/" + std::string{e.type};
            for (const auto& each : request.checks)
                text += ", " + std::string{each.stream.substr(0, 20)} + " expected " +
                        to_string(each.expected);
            for (const auto& each : request.conditions)
                text += ", condition after " + to_string(each.after);
            if (!request.fail_if_exists.empty()) text += ", fail_if_exists";
            return text;
        });
    }

private:
    std::variant<draft, end_draft> what_;
};

}  // namespace varve::inline v0::testkit
