// An anchor on the files of a SQLite VFS: the system's or a simulated disk's.
#pragma once

#include <varve/eventstore/anchor/storage.hpp>
#include <varve/eventstore/sqlite/file.hpp>

#include <memory>
#include <string>
#include <utility>

namespace varve::inline v0::detail {

class sqlite_anchor final : public anchor_storage {
public:
    sqlite_anchor(std::string vfs, std::string path, bool read_only)
        : vfs_(std::move(vfs)), path_(std::move(path)), read_only_(read_only) {}

    result<bytes> read(std::uint64_t offset, std::size_t size) override {
        file_.reset();  // whoever writes may have made it anew
        if (!sqlite_file::exists(vfs_, path_)) return bytes{};
        auto file = sqlite_file::open(vfs_, path_, kind | SQLITE_OPEN_READONLY);
        if (!file) return pass_on(std::move(file));
        const auto length = (*file)->size();
        if (!length) return std::unexpected(length.error());
        bytes data(*length <= offset ? 0 : std::min<std::uint64_t>(size, *length - offset));
        if (auto done = (*file)->read(offset, data); !done) return pass_on(std::move(done));
        return data;
    }

    result<void> write(std::uint64_t offset, bytes_view data) override {
        if (read_only_) return fail(errc::unsupported, "'" + path_ + "' is open for reading");
        if (!file_) {
            auto file = sqlite_file::open(vfs_, path_,
                                          kind | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
            if (!file) return pass_on(std::move(file));
            file_ = std::move(*file);
        }
        auto done = file_->write(offset, data);
        if (!done) file_.reset();  // a disk that lost its power gives up its files
        return done;
    }

    result<void> sync() override { return file_ ? file_->sync() : result<void>{}; }

private:
    /// A kind of file that SQLite gives no meaning to; it syncs the folder of a new one.
    static constexpr int kind = SQLITE_OPEN_MAIN_JOURNAL;

    std::string vfs_;
    std::string path_;
    bool read_only_;
    std::unique_ptr<sqlite_file> file_;
};

}  // namespace varve::inline v0::detail
