// What every test of the conformance suite stands on: one store, its place, its clock, its chance.
#pragma once

#include <varve/testing/audit.hpp>
#include <varve/testing/clock.hpp>
#include <varve/testing/events.hpp>
#include <varve/testing/harness.hpp>
#include <varve/testing/offers.hpp>
#include <varve/testing/random.hpp>

#include <gtest/gtest.h>

#include <barrier>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit {

/// Runs `body(0)` to `body(threads - 1)` at once, each on a thread of its own, and waits for all.
template <class Body>
void at_once(std::size_t threads, Body&& body) {
    std::barrier start{static_cast<std::ptrdiff_t>(threads)};
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < threads; ++i)
        running.emplace_back([&, i] {
            start.arrive_and_wait();
            body(i);
        });
}

/// The code of an answer; nothing if it is a success.
template <class T>
std::optional<errc> code_of(const result<T>& answer) {
    return answer ? std::nullopt : std::optional{answer.error().code};
}

/// The words of an answer, for the message of a failed check.
template <class T>
std::string words_of(const result<T>& answer) {
    return answer ? "it succeeded" : to_string(answer.error());
}

/// The value of an answer. Throws if there is none, which fails the test and spares the others.
template <class T>
T must(result<T> answer) {
    if (!answer) throw std::logic_error(words_of(answer));
    return std::move(*answer);
}

/// A place with a store in it, and all that the store is given. Closed at first.
template <conformance_harness H>
class store_world {
public:
    using store_type = typename H::store_type;

    explicit store_world(std::uint64_t seed = chosen_seed(1)) : chance(seed) {}
    ~store_world() { close(); }
    store_world(const store_world&) = delete;
    store_world& operator=(const store_world&) = delete;

    /// Throws if it did not open, which fails the test and spares the others.
    store_type& store() {
        if (!store_) throw std::logic_error("the store is not open; an earlier failure says why");
        return *store_;
    }
    bool is_open() const noexcept { return store_.has_value(); }
    void close() { store_.reset(); }

    /// Closes what is open, and opens what lies there.
    result<void> open() {
        close();
        auto opened = harness.open(env);
        if (!opened) return std::unexpected(opened.error());
        store_.emplace(std::move(*opened));
        return {};
    }

    append_id new_id() { return env.ids().template next<append_id>(); }

    /// An append of one event.
    draft write(std::string_view stream, std::string_view payload = "x") {
        return std::move(draft{new_id()}.event(stream, payload));
    }

    manual_clock clock;
    seeded_random chance;
    thread_executor threads{1};
    environment env{clock, chance, threads};
    H harness;

private:
    std::optional<store_type> store_;
};

/// A fixture over the harness `H`: the store is open when the test begins.
template <conformance_harness H>
class store_test : public ::testing::Test, public store_world<H> {
protected:
    void SetUp() override { open_or_fail(); }

    void open_or_fail() {
        const auto opened = this->open();
        ASSERT_TRUE(opened) << words_of(opened);
    }

    /// The process ends in order, and a new one begins where it left off.
    void restart() {
        this->close();
        open_or_fail();
    }

    /// What is derived from the log is made anew: in place, if the store can do that.
    void reopen_or_restart() {
        if constexpr (reopenable_store<typename H::store_type>) {
            const auto reopened = this->store().reopen();
            ASSERT_TRUE(reopened) << words_of(reopened);
        } else {
            restart();
        }
    }

    /// Appends `count` events to a stream, one append each.
    void fill(std::string_view stream, std::uint64_t count) {
        for (std::uint64_t i = 1; i <= count; ++i) {
            const auto done = this->write(stream, std::to_string(i)).append_to(this->store());
            ASSERT_TRUE(done) << words_of(done);
        }
    }

    /// The revision of a stream's newest event.
    revision newest(std::string_view stream) {
        const auto end = this->store().scan_stream(stream, stream_range{.limit = 1},
                                                   [](const recorded_event&) { return true; });
        EXPECT_TRUE(end) << words_of(end);
        return end ? end->newest : revision{};
    }

    /// Everything the store says of itself agrees.
    void expect_sound() {
        const auto found = audit(this->store());
        EXPECT_TRUE(found.sound()) << found.text();
    }
};

}  // namespace varve::inline v0::testkit
