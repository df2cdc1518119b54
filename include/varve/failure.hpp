// Failures as values: a closed set of codes, each saying what the caller should do.
#pragma once

#include <varve/expect.hpp>
#include <varve/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// What went wrong, and so what to do about it.
enum class errc : std::uint8_t {
    conflict = 1,  ///< The stream or boundary moved on since it was read. Load, decide again.
    exists,        ///< What `fail_if_exists` asks for is there already. Do not retry.
    rejected,      ///< The domain said no. Show the reason; do not retry.
    overloaded,    ///< The queue is full. Nothing was tried; retry later.
    unknown,       ///< The engine failed while storing. Reopen, ask again with the same append id.
    poisoned,      ///< An earlier write failed. Reopen first.
    reserved,      ///< A prepared transaction holds the stream. Wait for its outcome.
    tombstoned,    ///< The stream was ended for ever. Take another stream.
    full,          ///< No space or quota, seen before anything was written.
    corrupt,       ///< Stored bytes fail their checks. Never retried; run `varve verify`.
    id_reused,     ///< This append id was stored with other bytes. Take a new id.
    invalid_argument,  ///< The call breaks a stated rule. Mend the caller.
    too_large,         ///< A stated limit is exceeded; nothing was written. Split the request.
    not_found,         ///< What was named does not exist.
    busy,              ///< Another process or object holds the store. The message names it.
    foreign,           ///< Not a store, or of a newer format. Nothing was touched.
    io,           ///< The engine or the system failed while reading. Retry or look at the disk.
    denied,       ///< The system refuses access. Mend the permissions.
    undecodable,  ///< The payload does not fit the type it is decoded into.
    timeout,      ///< Not reached in time; the message says how far it came.
    cancelled,    ///< Somebody asked to stop.
    closed,       ///< The object was closed before.
    unsupported,  ///< This store or engine cannot do that; its traits say so.
    fenced,       ///< Another holder has taken over since. Stop; do not retry under this claim.
};

/// The code as one word, as the tool and the logs print it.
constexpr std::string_view to_string(errc code) noexcept {
    switch (code) {
        case errc::conflict: return "conflict";
        case errc::exists: return "exists";
        case errc::rejected: return "rejected";
        case errc::overloaded: return "overloaded";
        case errc::unknown: return "unknown";
        case errc::poisoned: return "poisoned";
        case errc::reserved: return "reserved";
        case errc::tombstoned: return "tombstoned";
        case errc::full: return "full";
        case errc::corrupt: return "corrupt";
        case errc::id_reused: return "id_reused";
        case errc::invalid_argument: return "invalid_argument";
        case errc::too_large: return "too_large";
        case errc::not_found: return "not_found";
        case errc::busy: return "busy";
        case errc::foreign: return "foreign";
        case errc::io: return "io";
        case errc::denied: return "denied";
        case errc::undecodable: return "undecodable";
        case errc::timeout: return "timeout";
        case errc::cancelled: return "cancelled";
        case errc::closed: return "closed";
        case errc::unsupported: return "unsupported";
        case errc::fenced: return "fenced";
    }
    return "?";
}

/// One check of an append that did not hold, with what was there instead.
struct failed_check {
    std::string stream;
    expectation expected;
    revision actual;     ///< 0 if the stream was never written.
    stream_state state;  ///< Tells a stream that was ended from one that has events.

    friend bool operator==(const failed_check&, const failed_check&) = default;
};

/// One condition of an append that did not hold.
struct failed_condition {
    enum class kind : std::uint8_t { condition, fail_if_exists };

    kind what;          ///< In which of the request's two lists it stands,
    std::size_t index;  ///< and at which place there, from 0.
    position found;     ///< The first event that it is refused for.

    friend bool operator==(const failed_condition&, const failed_condition&) = default;
};

/// Why something did not happen.
struct failure {
    errc code{};
    std::string message;                 ///< What, where and why; a sentence for a person.
    std::vector<failed_check> checks{};  ///< With `conflict`, `exists`: every check that failed.
    append_id append{};                  ///< With `unknown`: ask again with this id.
    std::vector<failed_condition> conditions{};  ///< Every condition that failed, likewise.
};

/// A value, or the failure that stands in its place.
template <class T>
using result = std::expected<T, failure>;

namespace detail {
template <class T>
struct as_result_of {
    using type = result<T>;
};
template <class T>
struct as_result_of<result<T>> {
    using type = result<T>;
};
/// `result<T>`, also for a `T` that is one.
template <class T>
using as_result = typename as_result_of<T>::type;
}  // namespace detail

/// `return fail(errc::io, "...")` from any function that returns a `result`.
inline std::unexpected<failure> fail(errc code, std::string message) {
    return std::unexpected(failure{.code = code, .message = std::move(message)});
}

/// Hands a failure on to the caller.
template <class T>
std::unexpected<failure> pass_on(result<T>&& failed) {
    return std::unexpected(std::move(failed).error());
}

/// `conflict: account-7 is at 4, expected at 3`: the code and the sentence.
inline std::string to_string(const failure& f) {
    return std::string{to_string(f.code)} + ": " + f.message;
}

}  // namespace varve::inline v0
