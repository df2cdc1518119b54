// The words in which a differential run says what it asked, and the answers that it tells apart.
#pragma once

#include <varve/engine.hpp>
#include <varve/failure.hpp>
#include <varve/ids.hpp>
#include <varve/testing/log_write.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace varve::inline v0::testkit::internal {

struct differential_text {
    /// The text from the line on in which it parts from the other; long answers are alike at first.
    static std::string from_difference(const std::string& text, const std::string& other) {
        std::size_t at = 0;
        while (at < text.size() && at < other.size() && text[at] == other[at]) ++at;
        const auto line = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
        const auto begin = line == std::string::npos ? 0 : line + 1;
        return (begin == 0 ? "" : "... ") + text.substr(begin, 1500);
    }

    static std::string text(const auto& range) {
        return std::string{range.way == direction::forward ? "forward" : "backward"} + " after " +
               to_string(range.after) + ", limit " + std::to_string(range.limit) + ", bytes " +
               std::to_string(range.max_bytes) + ", up to " + to_string(range.up_to);
    }

    static std::string place_in(std::size_t i, const std::vector<log_write>& all) {
        return all.size() == 1 ? ""
                               : " (" + std::to_string(i + 1) + " of a group of " +
                                     std::to_string(all.size()) + ")";
    }

    /// An answer after which nobody knows, or that says that nothing was tried.
    template <class T>
    static bool in_trouble(const result<T>& answer) {
        if (answer) return false;
        const auto code = answer.error().code;
        return code == errc::unknown || code == errc::poisoned || code == errc::full ||
               code == errc::io;
    }

    static bool is_unknown(const result<receipt>& answer) {
        return !answer && answer.error().code == errc::unknown;
    }
};

}  // namespace varve::inline v0::testkit::internal
