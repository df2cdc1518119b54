// Reading from a RocksDB object: by key, by range, at one moment.
#pragma once

#include <varve/adapters/rocksdb.hpp>
#include <varve/engine.hpp>
#include <varve/eventstore/named_spaces.hpp>
#include <varve/eventstore/rocksdb/object.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace varve::inline v0 {

namespace detail {

/// A key as RocksDB orders it: numbers as 8 bytes, big-endian.
class rocksdb_key {
public:
    rocksdb_key(const space& in, const key& at) noexcept {
        if (in.keys == key_kind::octets) {
            slice_ = as_slice(at.octets);
            return;
        }
        for (std::size_t i = 0; i < number_.size(); ++i)
            number_[i] = static_cast<char>(at.number >> (56 - 8 * i) & 0xff);
        slice_ = {number_.data(), number_.size()};
    }
    rocksdb_key(const rocksdb_key&) = delete;
    rocksdb_key& operator=(const rocksdb_key&) = delete;
    operator const rocksdb::Slice&() const noexcept { return slice_; }

private:
    std::array<char, 8> number_{};
    rocksdb::Slice slice_;
};

/// And back; nothing if it is no key of such a space.
inline bool read_rocksdb_key(const space& in, const rocksdb::Slice& raw, key& into) noexcept {
    if (in.keys == key_kind::octets) {
        into = key{slice_bytes(raw)};
        return true;
    }
    if (raw.size() != 8) return false;
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(raw[i]);
    into = key{number};
    return number <= largest_number;
}

}  // namespace detail

/// What was durable when it began. May outlive `reopen` and the engine, with what it saw.
class rocksdb_view {
public:
    /// `frozen`: nobody writes through this object.
    rocksdb_view(std::shared_ptr<detail::rocksdb_object> object, bool frozen)
        : object_(std::move(object)), snapshot_(frozen ? nullptr : object_->raw().GetSnapshot()) {}
    rocksdb_view(rocksdb_view&& other) noexcept
        : object_(std::move(other.object_)), snapshot_(std::exchange(other.snapshot_, nullptr)) {}
    rocksdb_view& operator=(rocksdb_view&&) = delete;
    ~rocksdb_view() {
        if (snapshot_ != nullptr) object_->raw().ReleaseSnapshot(snapshot_);
    }

    result<bool> get(const space& in, const key& at, const std::function<void(bytes_view)>& found) {
        if (auto fine = detail::check_entry(object_->spaces(), in, at, 0); !fine)
            return pass_on(std::move(fine));
        rocksdb::PinnableSlice value;
        const auto status = object_->raw().Get(how(), object_->family(in),
                                               detail::rocksdb_key{in, at}, &value);
        if (status.IsNotFound()) return false;
        if (!status.ok()) return pass_on(failed(status));
        found(slice_bytes(value));
        return true;
    }

    result<void> scan(const space& in, const key& low, const key& high, direction way,
                      const entry_visitor& visit) {
        for (const key* at : {&low, &high})
            if (auto fine = detail::check_entry(object_->spaces(), in, *at, 0); !fine) return fine;
        const detail::rocksdb_key first{in, low};
        const detail::rocksdb_key last{in, high};
        const std::unique_ptr<rocksdb::Iterator> at{
            object_->raw().NewIterator(how(), object_->family(in))};
        const bool forward = way == direction::forward;
        const auto within = [&] {
            return forward ? at->key().compare(last) <= 0 : at->key().compare(first) >= 0;
        };
        for (forward ? at->Seek(first) : at->SeekForPrev(last); at->Valid() && within();
             forward ? at->Next() : at->Prev()) {
            key where;
            if (!detail::read_rocksdb_key(in, at->key(), where))
                return fail(errc::corrupt, "space " + std::string{in.name} +
                                               " holds a key that is no number of 63 bits");
            if (!visit(where, slice_bytes(at->value()))) return {};
        }
        if (at->status().ok()) return {};  // else the end is none (semantics.md §26)
        return failed(at->status());
    }

private:
    rocksdb::ReadOptions how() const {
        rocksdb::ReadOptions how;
        how.snapshot = snapshot_;
        how.verify_checksums = true;
        how.total_order_seek = true;
        return how;
    }

    /// RocksDB names the file and the offset of a block that is damaged.
    static result<void> failed(const rocksdb::Status& status) {
        std::string text = status.ToString();
        if (const auto at = text.find(" offset "); at != std::string::npos)
            text.replace(at, 8, " at byte ");
        return fail(status.IsCorruption() ? errc::corrupt : errc::io, "reading: " + text);
    }

    std::shared_ptr<detail::rocksdb_object> object_;
    const rocksdb::Snapshot* snapshot_;
};

}  // namespace varve::inline v0
