// Things done beside the log that a seed decides: to checkpoints, and to promised appends.
#pragma once

#include <varve/checkpoint.hpp>
#include <varve/reservation.hpp>
#include <varve/testing/answers.hpp>
#include <varve/testing/log_write.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace varve::inline v0::testkit {

/// Something done to the checkpoint of a named reader.
struct reader_move {
    std::uint64_t what;  ///< Below 40 it loads, below 65 claims, below 95 saves, else resets.
    std::string reader;
    position reached;
    fencing_token holder;

    /// Gives what is stored afterwards.
    template <class Store>
    result<checkpoint> take(Store& store) const {
        if (what < 40) return store.load_checkpoint(reader);
        if (what < 65) return store.claim_reader(reader);
        const auto moved = what < 95 ? store.save_checkpoint(reader, reached, holder)
                                     : store.reset_checkpoint(reader, holder);
        if (!moved) return std::unexpected(moved.error());
        return store.load_checkpoint(reader);
    }

    /// After an answer that nobody knows: looks at what is there, and does it again if it was not done.
    template <class Store>
    result<checkpoint> take_again(Store& store, const result<checkpoint>& expected,
                                  const result<checkpoint>& before) const {
        if (!expected) return expected;  // it was not told how it would have ended
        auto there = store.load_checkpoint(reader);
        return described(there) == described(before) ? take(store) : there;
    }

    /// What is to be compared with afterwards.
    template <class Store>
    result<checkpoint> look(Store& store) const {
        return store.load_checkpoint(reader);
    }

    std::string text() const {
        constexpr const char* names[]{"load", "claim", "save", "reset"};
        return names[what < 40   ? 0
                     : what < 65 ? 1
                     : what < 95 ? 2
                                 : 3] +
               (" '" + reader) + "' at " + to_string(reached) + " under claim " +
               std::to_string(holder.value);
    }
};

/// Something done to a promised append.
struct promise_move {
    enum class kind : std::uint8_t { reserve, confirm, release, forget, list };

    kind what;
    draft append;
    std::string memo;

    /// Gives the answer and, so that nothing hides, all that is promised afterwards.
    template <class Store>
    result<std::string> take(Store& store) const {
        auto answer = answer_of(store);
        if (!answer) return answer;
        auto left = text_of(store.reservations());
        if (!left) return left;
        return *answer + "\n" + *left;
    }

    /// Everything about a promise may be said again.
    template <class Store>
    result<std::string> take_again(Store& store, const result<std::string>&,
                                   const result<std::string>&) const {
        return take(store);
    }
    template <class Store>
    result<std::string> look(Store& store) const {
        return text_of(store.reservations());
    }

    std::string text() const {
        constexpr const char* names[]{"reserve", "confirm", "release", "forget", "list"};
        return names[static_cast<int>(what)] + (" " + log_write{append}.text());
    }

private:
    template <class Store>
    result<std::string> answer_of(Store& store) const {
        switch (what) {
            case kind::reserve:
                return text_of(append.send([&](const append_request& request) {
                    return store.reserve(request, as_bytes(memo));
                }));
            case kind::confirm: return text_of(store.confirm(append.id()));
            case kind::release: return text_of(store.release(append.id()));
            case kind::forget: return text_of(store.forget(append.id()));
            case kind::list: break;
        }
        return std::string{};
    }

    template <class T>
    static result<std::string> text_of(result<T>&& answer) {
        if (!answer) return pass_on(std::move(answer));
        return described(answer);
    }
};

}  // namespace varve::inline v0::testkit
