// A thin owner of RocksDB's C++ interface: databases, bytes, and errors as values.
//
// The only file that includes RocksDB's headers. It adds ownership and our failures and decides
// nothing: which options a database needs is the business of whoever opens it.
//
//     rocksdb::DBOptions options;
//     options.create_if_missing = true;
//     auto db = varve::rocksdb_database::open("folder", options, {{"default", {}}},
//                                             varve::rocksdb_access::write);
//     db->raw().Put({}, "key", "value");
#pragma once

#include <varve/bytes.hpp>
#include <varve/failure.hpp>

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/file_system.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/write_batch_with_index.h>
#include <rocksdb/version.h>
#include <rocksdb/write_batch.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// The same bytes, not copied.
inline rocksdb::Slice as_slice(bytes_view data) noexcept {
    const auto* from = reinterpret_cast<const char*>(data.data());
    return {from == nullptr ? "" : from, data.size()};  // RocksDB asserts that there is an address
}
inline bytes_view slice_bytes(const rocksdb::Slice& data) noexcept {
    return {reinterpret_cast<const std::byte*>(data.data()), data.size()};
}

/// Which of our codes stands for a status that is not OK.
inline errc rocksdb_errc(const rocksdb::Status& status) {
    const auto says = [&status](int error) {
        return status.ToString().find(std::generic_category().message(error)) != std::string::npos;
    };
    if (status.IsNoSpace() || says(ENOSPC) || says(EDQUOT)) return errc::full;
    if (status.IsCorruption()) return errc::corrupt;
    if (says(EACCES) || says(EROFS) || says(EPERM)) return errc::denied;
    if (status.IsNotFound() || status.IsPathNotFound()) return errc::not_found;
    if (status.IsBusy()) return errc::busy;
    if (status.IsInvalidArgument()) return errc::invalid_argument;
    if (status.IsNotSupported()) return errc::unsupported;
    return errc::io;
}

inline std::unexpected<failure> rocksdb_failure(const rocksdb::Status& status,
                                                const std::string& what) {
    return fail(rocksdb_errc(status), what + ": " + status.ToString());
}

/// What RocksDB is asked to do with a folder.
enum class rocksdb_access : std::uint8_t {
    write,
    read,  ///< As it is now; nothing is written, and what is written later is not seen.
};

/// An open database with its column families. The functions of `raw()` by any thread.
class rocksdb_database {
public:
    rocksdb_database() = default;
    rocksdb_database(rocksdb_database&& other) noexcept
        : raw_(std::move(other.raw_)), families_(std::move(other.families_)) {
        other.families_.clear();
    }
    rocksdb_database& operator=(rocksdb_database&& other) noexcept {
        std::swap(raw_, other.raw_);
        std::swap(families_, other.families_);
        return *this;
    }
    ~rocksdb_database() { close(); }

    /// For writing, `families` are all that the database has. Errors: those of `rocksdb_errc`.
    static result<rocksdb_database> open(
        const std::string& path, const rocksdb::DBOptions& options,
        const std::vector<rocksdb::ColumnFamilyDescriptor>& families, rocksdb_access access) {
        rocksdb_database opened;
        rocksdb::DB* raw = nullptr;
        const auto status = access == rocksdb_access::write
                                ? rocksdb::DB::Open(options, path, families, &opened.families_,
                                                    &raw)
                                : rocksdb::DB::OpenForReadOnly(options, path, families,
                                                               &opened.families_, &raw);
        opened.raw_.reset(raw);
        if (status.ok()) return opened;
        return rocksdb_failure(status, "opening '" + path + "'");
    }

    /// Makes a column family and appends it to the others.
    result<void> add_family(const rocksdb::ColumnFamilyDescriptor& family) {
        rocksdb::ColumnFamilyHandle* made = nullptr;
        const auto status = raw_->CreateColumnFamily(family.options, family.name, &made);
        if (!status.ok()) return rocksdb_failure(status, "making column family " + family.name);
        families_.push_back(made);
        return {};
    }

    /// Null if there is none of that name.
    rocksdb::ColumnFamilyHandle* family(std::string_view name) const {
        for (auto* one : families_)
            if (one->GetName() == name) return one;
        return nullptr;
    }

    void close() noexcept {
        for (auto* one : families_) (void)raw_->DestroyColumnFamilyHandle(one);
        families_.clear();
        raw_.reset();
    }

    rocksdb::DB& raw() const noexcept { return *raw_; }
    explicit operator bool() const noexcept { return raw_ != nullptr; }

private:
    std::unique_ptr<rocksdb::DB> raw_;
    std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

/// Takes what RocksDB says and keeps none of it: no LOG files.
class rocksdb_silence final : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

}  // namespace varve::inline v0
