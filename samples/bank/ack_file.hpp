// What the bank's clients were told, kept outside the store: the witness against it.
//
// A line per answered command, `append-id first last account cents`, written with write(2) before the
// next command is sent, so that it outlives a kill -9. A rejected command stored nothing: `first` is 0.
#pragma once

#include <varve/failure.hpp>
#include <varve/ids.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace bank {

struct ack {
    varve::append_id id;
    varve::position first;
    varve::position last;
    std::string account;
    std::int64_t cents = 0;

    bool stored() const noexcept { return first.value != 0; }
};

inline std::string to_line(const ack& a) {
    return to_string(a.id) + " " + to_string(a.first) + " " + to_string(a.last) + " " + a.account +
           " " + std::to_string(a.cents) + "\n";
}

inline std::optional<ack> parse_ack(const std::string& line) {
    std::istringstream words{line};
    std::string id, rest;
    ack a;
    if (!(words >> id >> a.first.value >> a.last.value >> a.account >> a.cents) || words >> rest)
        return {};
    const auto parsed = varve::parse_id<varve::append_id>(id);
    if (!parsed) return {};
    a.id = *parsed;
    return a;
}

struct acks {
    std::vector<ack> all;
    std::uint64_t bytes = 0;  ///< Of whole lines; a torn last line lies beyond.
};

/// Reads the whole lines of an ack file; a file that does not exist has none.
inline varve::result<acks> read_acks(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    acks read;
    for (std::string line; std::getline(in, line) && !in.eof();) {
        auto parsed = parse_ack(line);
        if (!parsed)
            return varve::fail(varve::errc::corrupt, path + ", line " +
                                                         std::to_string(read.all.size() + 1) +
                                                         ": not an acknowledgement: " + line);
        read.all.push_back(*std::move(parsed));
        read.bytes += line.size() + 1;
    }
    return read;
}

/// Adds lines; `add` may be called from any thread.
class ack_writer {
public:
    /// Goes on behind the first `from` bytes; what lies beyond is cut off.
    static varve::result<ack_writer> open(const std::string& path, std::uint64_t from) {
        ack_writer writer{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
        if (writer.file_ < 0 || ::ftruncate(writer.file_, static_cast<off_t>(from)) != 0)
            return varve::fail(varve::errc::io, path + ": " + std::strerror(errno));
        return writer;
    }
    ack_writer(ack_writer&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    ack_writer& operator=(ack_writer&&) = delete;
    ~ack_writer() {
        if (file_ >= 0) ::close(file_);
    }

    varve::result<void> add(const ack& a) {
        const auto line = to_line(a);
        if (::write(file_, line.data(), line.size()) == static_cast<ssize_t>(line.size()))
            return {};
        return varve::fail(varve::errc::io,
                           std::string{"cannot write to the ack file: "} + std::strerror(errno));
    }

private:
    explicit ack_writer(int file) : file_(file) {}
    int file_;
};

}  // namespace bank
