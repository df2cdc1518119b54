// The engine's file: one record for each transaction, synced before anybody sees it.
//
//     record   u64 length of the body, u64 its number, u64 checksum of all the rest, body
//     body     for each write: u8 space, u8 removes, u32 length of the key, u32 of the value, key, value
//
// Record 0 names the spaces. A record is synced before the next is written, so only the last can be
// torn: if an unharmed one follows, then bytes were damaged.
#pragma once

#include "append_only_file.hpp"
#include "versions.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace third_party {

using varve::bytes;
using varve::bytes_view;
using varve::errc;
using varve::fail;
using varve::result;

class journal {
public:
    journal(file_opener opener, std::string place, std::string names)
        : opener_(std::move(opener)), place_(std::move(place)), names_(std::move(names)) {}

    const std::string& place() const noexcept { return place_; }

    /// Durable when it returns.
    result<void> store(const std::vector<versions::write>& writes) { return add(body_of(writes)); }

    /// Reads all that is there. What is found stays: it is written once more, for a sync that failed
    /// may have left it readable and not durable. Errors: `corrupt`, `foreign`, those of the file.
    result<void> load(versions& into) {
        file_.reset();
        auto opened = opener_();
        if (!opened) return varve::pass_on(std::move(opened));
        file_ = std::move(*opened);
        const auto content = file_->read_all();
        if (!content) return std::unexpected(content.error());
        std::uint64_t last = 0;
        if (auto fine = replay(*content, into, last); !fine) return fine;
        if (end_ != content->size())
            if (auto done = file_->cut(end_); !done) return done;
        if (next_ == 0) return add(varve::as_bytes(names_));
        const auto newest = bytes_view{*content}.subspan(last, end_ - last);
        if (auto done = file_->write(last, newest); !done) return done;
        return file_->sync();
    }

private:
    static constexpr std::size_t head_size = 24;

    /// FNV-1a over everything but the checksum itself.
    static std::uint64_t checksum(bytes_view record) {
        std::uint64_t sum = 0xcbf29ce484222325u;
        for (std::size_t i = 0; i < record.size(); ++i)
            if (i < 16 || i >= head_size)
                sum = (sum ^ std::to_integer<std::uint64_t>(record[i])) * 0x100000001b3u;
        return sum;
    }
    template <class Number>
    static void put(bytes& to, Number n) {
        const auto* raw = reinterpret_cast<const std::byte*>(&n);
        to.insert(to.end(), raw, raw + sizeof n);
    }
    template <class Number>
    static Number number(bytes_view from) {
        Number n;
        std::memcpy(&n, from.data(), sizeof n);
        return n;
    }
    static bytes body_of(const std::vector<versions::write>& writes) {
        bytes body;
        for (const auto& each : writes) {
            const bytes_view value = each.content ? bytes_view{*each.content} : bytes_view{};
            put(body, each.space);
            put(body, std::uint8_t{each.content == nullptr});
            put(body, static_cast<std::uint32_t>(each.key.size()));
            put(body, static_cast<std::uint32_t>(value.size()));
            const auto key = varve::as_bytes(each.key);
            body.insert(body.end(), key.begin(), key.end());
            body.insert(body.end(), value.begin(), value.end());
        }
        return body;
    }
    static std::vector<versions::write> writes_in(bytes_view body) {
        std::vector<versions::write> all;
        while (!body.empty()) {
            const auto key = number<std::uint32_t>(body.subspan(2));
            const auto value = number<std::uint32_t>(body.subspan(6));
            const auto content = body.subspan(10 + key, value);
            all.push_back({number<std::uint8_t>(body),
                           std::string{varve::as_text(body.subspan(10, key))}, nullptr});
            if (body[1] == std::byte{0})
                all.back().content = std::make_shared<const bytes>(content.begin(), content.end());
            body = body.subspan(10 + key + value);
        }
        return all;
    }
    static bytes record_of(std::uint64_t sequence, bytes_view body) {
        bytes record;
        put(record, static_cast<std::uint64_t>(body.size()));
        put(record, sequence);
        put(record, std::uint64_t{0});
        record.insert(record.end(), body.begin(), body.end());
        const auto sum = checksum(record);
        std::memcpy(record.data() + 16, &sum, sizeof sum);
        return record;
    }
    /// The body of the unharmed record at the front, if its number is at least `sequence`.
    static std::optional<bytes_view> body_at(bytes_view data, std::uint64_t sequence, bool later) {
        if (data.size() < head_size) return {};
        const auto size = number<std::uint64_t>(data);
        const auto is = number<std::uint64_t>(data.subspan(8));
        if (size > data.size() - head_size || (later ? is <= sequence : is != sequence)) return {};
        const auto record = data.first(head_size + size);
        if (checksum(record) != number<std::uint64_t>(data.subspan(16))) return {};
        return record.subspan(head_size);
    }

    result<void> add(bytes_view body) {
        const auto record = record_of(next_, body);
        if (auto done = file_->write(end_, record); !done) return done;
        if (auto done = file_->sync(); !done) return done;
        ++next_;
        end_ += record.size();
        return {};
    }

    /// Up to the torn tail; `last` is where the last record begins.
    result<void> replay(bytes_view content, versions& into, std::uint64_t& last) {
        for (next_ = end_ = 0;; ++next_) {
            const auto body = body_at(content.subspan(end_), next_, false);
            if (!body) break;
            if (next_ != 0)
                into.apply(writes_in(*body));
            else if (varve::as_text(*body) != names_)
                return fail(errc::foreign, "'" + place_ + "' was made with other spaces");
            last = end_;
            end_ += head_size + body->size();
        }
        const auto rest = content.subspan(end_);
        if (next_ == 0 && !may_be_begun(rest))
            return fail(errc::foreign, "'" + place_ + "' is no journal of this engine");
        for (std::size_t i = 1; i < rest.size(); ++i)
            if (body_at(rest.subspan(i), next_, true))
                return fail(errc::corrupt, "'" + place_ + "' is damaged at byte " +
                                               std::to_string(end_) + ": unharmed records follow");
        return {};
    }

    /// Whether this is what a power cut leaves of a first record.
    bool may_be_begun(bytes_view content) const {
        const auto whole = record_of(0, varve::as_bytes(names_));
        if (content.size() > whole.size()) return false;
        for (std::size_t i = 0; i < content.size(); ++i)
            if (content[i] != whole[i] && content[i] != std::byte{0}) return false;
        return true;
    }

    file_opener opener_;
    std::string place_, names_;
    std::unique_ptr<append_only_file> file_;
    std::uint64_t next_ = 0;  // the number of the next record
    std::uint64_t end_ = 0;   // and where it goes
};

}  // namespace third_party
