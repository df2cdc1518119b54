// The journal of the memory engine: a header, then one checksummed record per transaction.
//
// The bytes are described in the README of this folder. A record is synced before the next one is
// written, so only the last one can be torn; what is wrong before it is damage and is reported.
#pragma once

#include <varve/adapters/xxhash.hpp>
#include <varve/eventstore/named_spaces.hpp>
#include <varve/eventstore/simulation/disk.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// The writes of one transaction, as the journal stores them.
class journal_record {
public:
    static constexpr std::size_t head_size = 32;  // length, operations, sequence, checksum, zeros

    struct write {
        bool removes;
        std::uint8_t space;
        bytes_view key;  // 8 bytes in a number space
        bytes_view value;
    };

    explicit journal_record(const named_spaces& spaces) : spaces_(&spaces) { clear(); }

    void clear() {
        data_.assign(head_size, std::byte{0});
        marks_.clear();
        operations_ = 0;
    }
    bool empty() const noexcept { return operations_ == 0; }

    result<void> put(const space& in, const key& at, bytes_view value) {
        return add(in, at, value, 1);
    }
    result<void> remove(const space& in, const key& at) { return add(in, at, {}, 2); }

    std::uint64_t mark() {
        marks_.push_back({data_.size(), operations_});
        return marks_.size() - 1;
    }

    result<void> cut(std::uint64_t to) {
        if (to >= marks_.size())
            return fail(errc::invalid_argument, "no savepoint " + std::to_string(to));
        data_.resize(marks_[to].size);
        operations_ = marks_[to].operations;
        marks_.resize(to + 1);
        return {};
    }

    /// Completes the head; what comes back is what the journal stores.
    bytes_view finish(std::uint64_t sequence) {
        data_.resize((data_.size() + 7) / 8 * 8);
        store(data_.data(), static_cast<std::uint64_t>(data_.size()));
        store(data_.data() + 8, sequence);
        store(data_.data() + 16, static_cast<std::uint64_t>(operations_));
        store(data_.data() + 24, checksum(data_));
        return data_;
    }

    /// The length of the whole record at the front of `data`, or 0 if none is there unharmed.
    static std::uint64_t check(bytes_view data, std::uint64_t low, std::uint64_t high) {
        if (data.size() < head_size) return 0;
        const auto length = load<std::uint64_t>(data.data());
        const auto sequence = load<std::uint64_t>(data.data() + 8);
        if (length < head_size || length > data.size() || length % 8 != 0) return 0;
        if (sequence < low || sequence > high) return 0;
        const bytes_view record = data.first(length);
        return load<std::uint64_t>(data.data() + 24) == checksum(record) ? length : 0;
    }

    /// Calls `visit(write)` for each; false if the operations do not fill the record.
    template <class Visit>
    static bool each(bytes_view record, Visit&& visit) {
        auto left = load<std::uint64_t>(record.data() + 16);
        bytes_view rest = record.subspan(head_size);
        for (; left != 0; --left) {
            if (rest.size() < 8) return false;
            const std::uint64_t key_size = load<std::uint16_t>(rest.data() + 2);
            const std::uint64_t value_size = load<std::uint32_t>(rest.data() + 4);
            if (rest.size() < 8 + key_size + value_size) return false;
            visit(write{rest[0] == std::byte{2}, std::to_integer<std::uint8_t>(rest[1]),
                        rest.subspan(8, key_size), rest.subspan(8 + key_size, value_size)});
            rest = rest.subspan(8 + key_size + value_size);
        }
        return rest.size() < 8;
    }

    bytes_view view() const noexcept { return data_; }

private:
    struct marked {
        std::size_t size;
        std::uint64_t operations;
    };

    /// Of everything but the checksum itself.
    static std::uint64_t checksum(bytes_view record) {
        return xxh3_64(record.subspan(head_size), xxh3_64(record.first(24)));
    }

    result<void> add(const space& in, const key& at, bytes_view value, std::uint8_t what) {
        if (auto fine = check_entry(*spaces_, in, at, value.size()); !fine) return fine;
        std::byte number[8];
        store(number, at.number);
        const bytes_view name = in.keys == key_kind::number ? bytes_view{number} : at.octets;
        detail::put(data_, what);
        detail::put(data_, in.index);
        detail::put(data_, static_cast<std::uint16_t>(name.size()));
        detail::put(data_, static_cast<std::uint32_t>(value.size()));
        put_bytes(data_, name);
        put_bytes(data_, value);
        ++operations_;
        return {};
    }

    const named_spaces* spaces_;
    bytes data_;
    std::vector<marked> marks_;
    std::uint64_t operations_ = 0;
};

/// The journal's file. One thread at a time.
class memory_journal {
public:
    /// Called with each record that is stored, in order.
    using replay = std::function<void(bytes_view)>;

    /// Opens or creates `name`, replays it, and makes durable what it found, so that it stays.
    result<void> open(simulated_disk& disk, const std::string& name, const named_spaces& spaces,
                      const replay& each);
    void close() {
        file_ = {};
        lock_.reset();
    }

    /// Stores a record: when this succeeds, it is durable.
    result<void> append(journal_record& record) {
        const bytes_view data = record.finish(last_ + 1);
        if (auto done = file_.write(end_, data); !done) return done;
        if (auto done = file_.sync(); !done) return done;
        ++last_;
        end_ += data.size();
        return {};
    }

private:
    static bytes header(const named_spaces& spaces);
    static result<void> create(simulated_disk& disk, const std::string& name, bytes_view header);
    result<void> read(const std::string& name, bytes_view header, bytes_view content,
                      const replay& each, std::uint64_t& last_at);
    result<void> settle(bytes_view content, std::uint64_t last_at);

    disk_file file_;
    disk_lock lock_;
    std::uint64_t last_ = 0;  // sequence of the last record
    std::uint64_t end_ = 0;   // where the next one goes
};

/// "VARVEMEM", version, size, then each space: kind, length, name; zeros up to a multiple of 8;
/// checksum.
inline bytes memory_journal::header(const named_spaces& spaces) {
    bytes head;
    put_bytes(head, as_bytes("VARVEMEM"));
    put(head, std::uint32_t{0});
    put(head, std::uint32_t{0});
    for (const auto& s : spaces) {
        put(head, s.keys);
        put(head, static_cast<std::uint8_t>(s.name.size()));
        put_bytes(head, as_bytes(s.name));
    }
    head.resize((head.size() + 7) / 8 * 8);
    store(head.data() + 12, static_cast<std::uint32_t>(head.size() + 8));
    put(head, xxh3_64(head));
    return head;
}

/// Under another name first: a journal without its whole header never bears the name.
inline result<void> memory_journal::create(simulated_disk& disk, const std::string& name,
                                           bytes_view header) {
    auto fresh = disk.open(name + "-new", disk_open::create);
    if (!fresh) return pass_on(std::move(fresh));
    if (auto done = fresh->truncate(0); !done) return done;
    if (auto done = fresh->append(header); !done) return done;
    if (auto done = fresh->sync(); !done) return done;
    return disk.rename(name + "-new", name);
}

inline result<void> memory_journal::open(simulated_disk& disk, const std::string& name,
                                         const named_spaces& spaces, const replay& each) {
    auto held = disk.lock(name);
    if (!held) return pass_on(std::move(held));
    const bytes expected = header(spaces);
    if (!disk.exists(name)) {
        if (auto done = create(disk, name, expected); !done) return done;
    }
    // also when the file was there: whoever created it may have failed here
    if (auto done = disk.sync_directory(); !done) return done;
    auto opened = disk.open(name, disk_open::existing);
    if (!opened) return pass_on(std::move(opened));
    const auto size = opened->size();
    if (!size) return fail(size.error().code, size.error().message);
    bytes content(*size);
    const auto got = opened->read(0, content);
    if (!got) return fail(got.error().code, got.error().message);
    if (*got != content.size()) return fail(errc::io, "'" + name + "' shrank while it was read");
    file_ = std::move(*opened);
    std::uint64_t last_at = 0;
    if (auto done = read(name, expected, content, each, last_at); !done) return done;
    if (auto done = settle(content, last_at); !done) return done;
    lock_ = std::move(*held);
    return {};
}

inline result<void> memory_journal::read(const std::string& name, bytes_view header,
                                         bytes_view content, const replay& each,
                                         std::uint64_t& last_at) {
    if (content.size() < header.size() || !std::ranges::equal(content.first(header.size()), header))
        return fail(errc::foreign,
                    "'" + name +
                        "' is no journal of a memory engine with these spaces and of version 0; "
                        "nothing was touched");
    last_ = 0;
    end_ = last_at = header.size();
    while (end_ < content.size()) {
        const bytes_view rest = content.subspan(end_);
        const std::uint64_t length = journal_record::check(rest, last_ + 1, last_ + 1);
        if (length == 0) break;
        each(rest.first(length));
        last_at = end_;
        end_ += length;
        ++last_;
    }
    // a torn record is the last one; if an unharmed one follows, then bytes were damaged
    for (std::uint64_t at = end_ + 8; at < content.size(); at += 8) {
        const bytes_view rest = content.subspan(at);
        if (journal_record::check(rest, last_ + 1, last_ + 1 + rest.size()) != 0)
            return fail(errc::corrupt,
                        "journal '" + name + "': record " + std::to_string(last_ + 1) +
                            " at byte " + std::to_string(end_) +
                            " is damaged, and unharmed ones follow; restore a backup");
    }
    return {};
}

/// Cuts the torn tail. Writes the last record once more: if its sync failed, then it is readable
/// but was never written out, and a later sync alone would not do it.
inline result<void> memory_journal::settle(bytes_view content, std::uint64_t last_at) {
    if (content.size() != end_) {
        if (auto done = file_.truncate(end_); !done) return done;
    }
    if (auto done = file_.write(last_at, content.subspan(last_at, end_ - last_at)); !done)
        return done;
    return file_.sync();
}

}  // namespace varve::inline v0::detail
