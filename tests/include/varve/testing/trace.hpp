// What a simulated run did, folded into one number.
//
// Two runs of the same seed must give the same number; if they do not, something in them asked the
// machine for time, chance or a thread behind the simulation's back.
#pragma once

#include <varve/bytes.hpp>
#include <varve/testing/random.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace varve::inline v0::testkit {

/// A hash over everything noted, in order, and the last lines for whoever reads a failure.
class trace {
public:
    void note(std::uint64_t value) noexcept {
        hash_ = scramble(hash_ ^ value) + 0x9e3779b97f4a7c15ull;
        ++notes_;
    }

    void note(std::string_view line) {
        for (const char c : line)
            hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
        note(line.size());
        last_.emplace_back(line);
        if (last_.size() > kept) last_.pop_front();
    }

    std::uint64_t hash() const noexcept { return hash_; }
    std::uint64_t notes() const noexcept { return notes_; }

    /// The last lines, oldest first.
    std::string tail() const {
        std::string text;
        for (const auto& line : last_) text += line + "\n";
        return text;
    }

private:
    static constexpr std::size_t kept = 60;

    std::uint64_t hash_ = 0xcbf29ce484222325ull;
    std::uint64_t notes_ = 0;
    std::deque<std::string> last_;
};

}  // namespace varve::inline v0::testkit
