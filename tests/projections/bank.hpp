// A small bank for the tests of projections: its events, and somebody who appends them.
#pragma once

#include <varve/append.hpp>
#include <varve/codec.hpp>
#include <varve/testing/events.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ledger {

struct deposited {
    static constexpr std::string_view wire_name = "bank.deposited";
    std::int64_t account;
    std::int64_t cents;
};

struct withdrawn {
    static constexpr std::string_view wire_name = "bank.withdrawn";
    std::int64_t account;
    std::int64_t cents;
};

/// No projection here wants it.
struct noted {
    static constexpr std::string_view wire_name = "bank.noted";
    std::int64_t account;
};

template <class Event>
varve::testkit::owned_event event_of(const Event& event) {
    const auto payload = varve::encode(event);
    return {.stream = "account-" + std::to_string(event.account),
            .type = std::string{varve::wire_name<Event>},
            .payload = std::string{varve::as_text(payload)}};
}

/// Appends events, each call under an id of its own; gives the position of the last.
class teller {
public:
    explicit teller(std::uint64_t who = 1) : who_(who) {}

    template <class Store, class... Event>
    varve::position say(Store& store, const Event&... events) {
        return say_all(store, {event_of(events)...});
    }

    template <class Store>
    varve::position say_all(Store& store, std::vector<varve::testkit::owned_event> events) {
        varve::append_id id;
        varve::detail::store(id.raw.data(), who_);
        varve::detail::store(id.raw.data() + 8, ++said_);
        varve::testkit::draft draft{id};
        draft.events() = std::move(events);
        return draft.append_to(store).value().last;
    }

    /// `count` appends of one event each, of all three types, drawn from a fixed sequence.
    template <class Store>
    varve::position say_some(Store& store, int count) {
        varve::position last;
        for (int i = 0; i < count; ++i) {
            const auto n = static_cast<std::int64_t>(
                varve::testkit::scramble(who_ * 1'000 + said_) % 1'000);
            if (n % 5 == 0)
                last = say(store, noted{n % 7});
            else if (n % 5 == 1)
                last = say(store, withdrawn{n % 7, n});
            else
                last = say(store, deposited{n % 7, n});
        }
        return last;
    }

private:
    std::uint64_t who_;
    std::uint64_t said_ = 0;
};

/// An empty folder for a test's files; what an earlier run left there is gone.
inline std::string fresh_folder(const std::string& name) {
    const auto path = std::filesystem::temp_directory_path() / ("varve_projections_" + name);
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
    return path.string() + "/";
}

}  // namespace ledger
