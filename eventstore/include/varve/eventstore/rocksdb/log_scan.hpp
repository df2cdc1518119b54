// Reads one of RocksDB's logs (a write-ahead log or a MANIFEST) and says where it is whole.
//
// RocksDB cannot tell a torn end from damage: each of its recovery modes either drops records that
// follow a flipped bit without a word, or refuses a log that a power cut tore (traps 0.5, 0.6). We
// can, because of how we write: a record is begun only after all before it are synced. So what a
// power cut tears is the last record, and nothing whole begins behind it; if something does, then
// what is broken had been durable.
//
// A log is a row of blocks of 32 KiB; in a block lie fragments: a masked CRC-32C (4 bytes) of all
// that follows the length, the length (2), the type (1: a whole record, 2: its begin, 3: its
// middle, 4: its end) and that many bytes; fewer than 7 bytes at the end of a block are zeros
// (https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format).
#pragma once

#include <varve/adapters/rocksdb.hpp>
#include <varve/bytes.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

/// What was found in a log.
struct rocksdb_log {
    std::uint64_t size = 0;     ///< Bytes, as far as was looked.
    std::uint64_t whole = 0;    ///< Of them, those up to the end of the last whole record.
    bool begins_again = false;  ///< A sound record begins behind the place where it is broken.
    std::optional<std::uint64_t> first{};  ///< The number that the first record carries.
    std::uint64_t next = 0;  ///< The number that the record after the last whole one would carry.

    bool sound() const noexcept { return whole == size; }
};

/// Walks through a log, block by block.
class rocksdb_log_scan {
public:
    /// `numbered`: the records are write batches, which begin with a sequence number and a count.
    explicit rocksdb_log_scan(bool numbered) : numbered_(numbered) {}

    /// Looks at no more than `end` bytes. Errors: `not_found`, `io`.
    static result<rocksdb_log> read(rocksdb::FileSystem& files, const std::string& path,
                                    std::uint64_t end, bool numbered) {
        const auto failed = [&path](const rocksdb::IOStatus& status) {
            return rocksdb_failure(status, "reading '" + path + "'");
        };
        std::unique_ptr<rocksdb::FSSequentialFile> file;
        auto status = files.NewSequentialFile(path, {}, &file, nullptr);
        if (!status.ok()) return failed(status);
        rocksdb_log_scan scan{numbered};
        std::string scratch(block, '\0');
        for (rocksdb::Slice got;;) {
            const auto most = std::min<std::uint64_t>(block, end - scan.log_.size);
            if (most == 0) return scan.log_;
            status = file->Read(static_cast<std::size_t>(most), {}, &got, scratch.data(), nullptr);
            if (!status.ok()) return failed(status);
            if (got.empty()) return scan.log_;
            scan.take(slice_bytes(got));
            if (got.size() < most) return scan.log_;
        }
    }

private:
    static constexpr std::size_t block = 32u << 10;
    static constexpr std::size_t header = 7;
    enum type : std::uint8_t { full = 1, begin, middle, last };

    struct fragment {
        type kind;
        bytes_view content;
    };

    void take(bytes_view data) {
        std::size_t at = 0;
        while (!broken_ && at + header <= data.size()) {
            const auto found = at_place(data, at);
            if (!found || !fits(*found)) {
                broken_ = true;
                log_.begins_again = found && found->kind <= begin;  // a record in a record
                break;
            }
            at += header + found->content.size();
            if (found->kind == full || found->kind == last) end_record(log_.size + at);
        }
        if (broken_) {
            look_behind(data, at);
        } else if (at < data.size() && !padding(data.subspan(at))) {
            broken_ = true;
        } else if (log_.whole == log_.size + at) {
            log_.whole = log_.size + data.size();  // with the zeros that fill the block
        }
        log_.size += data.size();
    }

    /// A sound fragment at that place, or nothing.
    static std::optional<fragment> at_place(bytes_view data, std::size_t at) {
        if (at + header > data.size()) return std::nullopt;
        const auto length = load<std::uint16_t>(data.data() + at + 4);
        const auto kind = std::to_integer<std::uint8_t>(data[at + 6]);
        if (kind < full || kind > last || at + header + length > data.size()) return std::nullopt;
        if (load<std::uint32_t>(data.data() + at) != masked_crc(data.subspan(at + 6, length + 1u)))
            return std::nullopt;
        return fragment{static_cast<type>(kind), data.subspan(at + header, length)};
    }

    /// Whether it can follow what was read so far; takes note of a record's numbers.
    bool fits(const fragment& found) {
        if ((found.kind == full || found.kind == begin) == inside_) return false;
        inside_ = found.kind == begin || found.kind == middle;
        if (numbered_ && head_.size() < batch_header) put_bytes(head_, found.content);
        return true;
    }

    void end_record(std::uint64_t at) {
        log_.whole = at;
        if (head_.size() >= batch_header) {
            const auto number = load<std::uint64_t>(head_.data());
            if (!log_.first) log_.first = number;
            log_.next = number + load<std::uint32_t>(head_.data() + 8);
        }
        head_.clear();
    }

    /// Whether a record begins at or behind `at`. Lengths may be broken, so every place is tried.
    void look_behind(bytes_view data, std::size_t at) {
        for (; !log_.begins_again && at + header <= data.size(); ++at) {
            const auto found = at_place(data, at);
            if (found && found->kind <= begin) log_.begins_again = true;
            if (found) at += header + found->content.size() - 1;
        }
    }

    static bool padding(bytes_view data) {
        for (const auto b : data)
            if (b != std::byte{0}) return false;
        return true;
    }

    static std::uint32_t masked_crc(bytes_view data) {
        static const auto factory = rocksdb::GetFileChecksumGenCrc32cFactory();
        const auto made = factory->CreateFileChecksumGenerator({});
        made->Update(reinterpret_cast<const char*>(data.data()), data.size());
        made->Finalize();
        std::uint32_t crc = 0;
        for (const char c : made->GetChecksum()) crc = crc << 8 | static_cast<unsigned char>(c);
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
    }

    static constexpr std::size_t batch_header = 12;

    bool numbered_;
    rocksdb_log log_;
    bool inside_ = false;  // of a record that is in several fragments
    bool broken_ = false;
    bytes head_;
};

}  // namespace varve::inline v0::detail
