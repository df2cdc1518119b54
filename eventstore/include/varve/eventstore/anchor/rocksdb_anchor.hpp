// An anchor in the folder of a RocksDB store: the file `ANCHOR`.
#pragma once

#include <varve/adapters/rocksdb.hpp>
#include <varve/eventstore/anchor/storage.hpp>
#include <varve/eventstore/rocksdb/files.hpp>

#include <memory>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

class rocksdb_anchor final : public anchor_storage {
public:
    rocksdb_anchor(rocksdb_files files, bool read_only)
        : files_(std::move(files)), read_only_(read_only) {}

    result<bytes> read(std::uint64_t offset, std::size_t size) override {
        file_.reset();  // whoever writes may have made it anew
        std::unique_ptr<rocksdb::FSSequentialFile> file;
        auto status = files_.system()->NewSequentialFile(path(), {}, &file, nullptr);
        if (rocksdb_files::missing(status)) return bytes{};
        bytes data(size);
        rocksdb::Slice got;
        if (status.ok()) status = file->Skip(offset);
        if (status.ok())
            status = file->Read(size, {}, &got, reinterpret_cast<char*>(data.data()), nullptr);
        if (!status.ok()) return failed("reading", status);
        return to_bytes(slice_bytes(got));
    }

    result<void> write(std::uint64_t offset, bytes_view data) override {
        if (read_only_) return fail(errc::unsupported, "'" + path() + "' is open for reading");
        rocksdb::IOStatus status;
        if (!file_) {
            status = files_.system()->NewRandomRWFile(path(), {}, &file_, nullptr);
            fresh_ = true;
        }
        if (status.ok()) status = file_->Write(offset, as_slice(data), {}, nullptr);
        if (status.ok()) return {};
        file_.reset();  // a disk that lost its power gives up its files
        return failed("writing", status);
    }

    result<void> sync() override {
        if (!file_) return {};
        const auto status = file_->Sync({}, nullptr);
        if (!status.ok()) return failed("syncing", status);
        if (!std::exchange(fresh_, false)) return {};
        auto named = files_.sync_folder();
        fresh_ = !named;
        return named;
    }

private:
    std::string path() const { return files_.path(rocksdb_anchor_file); }
    std::unexpected<failure> failed(const char* what, const rocksdb::IOStatus& status) const {
        return rocksdb_failure(status, std::string{what} + " '" + path() + "'");
    }

    rocksdb_files files_;
    bool read_only_;
    bool fresh_ = false;  // its name may not be durable
    std::unique_ptr<rocksdb::FSRandomRWFile> file_;
};

}  // namespace varve::inline v0::detail
