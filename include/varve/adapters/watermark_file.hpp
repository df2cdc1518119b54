// How readers in other processes learn that the log has grown: a small mapped file beside the store.
//
// The writer stores its durable position there after each group and wakes whoever waits, in its own
// and in other processes; readers map the file read-only and wait without polling. The file is a
// hint and not part of the store: it is not synced, it may be missing, deleted or cut short at any
// time, and after the writer's death it stays as it was. Its position is never ahead of what was
// durable when it was written, so a reader takes it as a lower bound and looks into the store for the
// rest. It is written and read by calls, and mapped only to wait on, so that whoever cuts it short
// ends no process.
//
// Its 64 bytes: "VARVEHED", version 0 (4), zeros (4), store id (16), epoch (8), position (8), zeros
// (16); little-endian. The low half of the position is the futex (futex(2)) that readers wait on.
#pragma once

#include <varve/adapters/descriptor.hpp>
#include <varve/store.hpp>

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace varve::inline v0 {

namespace detail {

/// An open watermark file: its 64 bytes by calls, its futex by a mapping.
class watermark_file {
public:
    static constexpr std::size_t size = 64;
    static constexpr std::size_t position_at = 40;

    watermark_file() = default;
    watermark_file(watermark_file&& other) noexcept
        : file_(std::move(other.file_)), map_(std::exchange(other.map_, nullptr)) {}
    watermark_file& operator=(watermark_file&& other) noexcept {
        std::swap(file_, other.file_);
        std::swap(map_, other.map_);
        return *this;
    }
    ~watermark_file() {
        if (map_ != nullptr) ::munmap(map_, size);
    }

    /// Empty if the file cannot be mapped.
    static watermark_file take(descriptor file) noexcept {
        watermark_file taken;
        void* at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
        if (at == MAP_FAILED) return taken;
        taken.map_ = at;
        taken.file_ = std::move(file);
        return taken;
    }

    static bytes content(const store_identity& identity, position head) {
        bytes raw;
        put_bytes(raw, as_bytes("VARVEHED"));
        put(raw, std::uint64_t{0});
        put_bytes(raw, identity.id.view());
        put(raw, identity.epoch.value);
        put(raw, head.value);
        raw.resize(size);
        return raw;
    }

    struct said {
        store_identity identity;
        position head;
    };
    /// What the file says now; nothing if it is not whole, or none of ours.
    std::optional<said> read() const noexcept {
        std::array<std::byte, size> raw{};
        if (map_ == nullptr || ::pread(file_.get(), raw.data(), size, 0) != size ||
            as_text(bytes_view{raw}.first(8)) != "VARVEHED" ||
            load<std::uint32_t>(raw.data() + 8) != 0)
            return std::nullopt;
        return said{{store_id::read(raw.data() + 16), epoch{load<std::uint64_t>(raw.data() + 32)}},
                    position{load<std::uint64_t>(raw.data() + position_at)}};
    }

    /// False if it could not be written.
    bool write(position head) const noexcept {
        return ::pwrite(file_.get(), &head.value, sizeof head.value, position_at) ==
               sizeof head.value;
    }
    /// Wakes whoever waits on this file.
    void wake() const noexcept {
        ::syscall(SYS_futex, futex(), FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
    }
    /// Returns when the position is no longer `seen`, when `left` is over, or for no reason; false if
    /// there is nothing to wait on any more.
    bool wait(position seen, std::chrono::nanoseconds left) const noexcept {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec relative{seconds.count(), (left - seconds).count()};
        const auto low = static_cast<std::uint32_t>(seen.value);
        return ::syscall(SYS_futex, futex(), FUTEX_WAIT, low, &relative, nullptr, 0) == 0 ||
               errno != EFAULT;
    }

    /// Whether the file still bears this name.
    bool is_at(const std::string& path) const noexcept {
        struct stat ours{}, named{};
        return ::fstat(file_.get(), &ours) == 0 && ::stat(path.c_str(), &named) == 0 &&
               ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
    }
    /// Whether the file has a name at all.
    bool is_linked() const noexcept {
        struct stat ours{};
        return ::fstat(file_.get(), &ours) == 0 && ours.st_nlink != 0;
    }
    explicit operator bool() const noexcept { return map_ != nullptr; }

private:
    const std::byte* futex() const noexcept {
        return static_cast<const std::byte*>(map_) + position_at;
    }

    descriptor file_;
    void* map_ = nullptr;
};

}  // namespace detail

/// Publishes the durable position. One thread at a time.
class watermark_writer {
public:
    /// Replaces the file at `path` unless it is of the same life of the same store. `head` is the
    /// durable position at this moment. Errors: `denied`, `full`, `not_found`, `io`; a store can do
    /// without.
    static result<watermark_writer> open(const std::string& path, const store_identity& identity,
                                         position head = {}) {
        auto file = attach(path, identity);
        if (!file) file = create(path, identity, head);
        if (!file) return pass_on(std::move(file));
        watermark_writer writer;
        writer.path_ = path;
        writer.identity_ = identity;
        writer.file_ = std::move(*file);
        writer.publish(head);
        return writer;
    }

    /// Everything up to `head` is durable: says so and wakes who waits for it. If somebody removed the
    /// file there is a new one.
    void publish(position head) noexcept {
        const bool written = file_.write(head);
        file_.wake();
        if (written && file_.is_linked()) return;
        if (auto fresh = create(path_, identity_, head)) file_ = std::move(*fresh);
    }

private:
    using opened = result<detail::watermark_file>;

    static opened attach(const std::string& path, const store_identity& identity) {
        detail::descriptor file{::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
        if (!file) return fail(errc::not_found, path);
        auto taken = detail::watermark_file::take(std::move(file));
        const auto said = taken.read();
        if (!said || said->identity != identity) return fail(errc::foreign, path);
        return taken;
    }

    /// Under another name first, so that no reader ever meets half a file.
    static opened create(const std::string& path, const store_identity& identity, position head) {
        const std::string fresh = path + "-new";
        ::unlink(fresh.c_str());
        detail::descriptor file{::open(
            fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
        if (!file) return detail::system_failure("creating '" + fresh + "'", errno);
        const auto content = detail::watermark_file::content(identity, head);
        const ssize_t written = ::pwrite(file.get(), content.data(), content.size(), 0);
        if (written != static_cast<ssize_t>(content.size()))
            return detail::system_failure("writing '" + fresh + "'", written < 0 ? errno : ENOSPC);
        auto taken = detail::watermark_file::take(std::move(file));
        if (!taken) return detail::system_failure("mapping '" + fresh + "'", errno);
        if (std::rename(fresh.c_str(), path.c_str()) != 0)
            return detail::system_failure("renaming '" + fresh + "'", errno);
        return taken;
    }

    std::string path_;
    store_identity identity_{};
    detail::watermark_file file_;
};

/// Sees what the writer published. One thread at a time.
class watermark_reader {
public:
    /// How long a wait lasts at most while there is no file to wait on.
    static constexpr std::chrono::milliseconds without_file{50};
    /// How often a wait looks whether its file is still the one that bears the name.
    static constexpr std::chrono::seconds look_again{1};

    /// Never fails: if there is no file, or none of ours, then `attached()` says so, and each wait
    /// looks again.
    static watermark_reader open(std::string path) {
        watermark_reader reader;
        reader.path_ = std::move(path);
        reader.attach();
        return reader;
    }

    /// Whether there is a file. If not, the caller has to look into the store from time to time.
    bool attached() const noexcept { return static_cast<bool>(file_); }
    /// Of the store that the file belongs to, if there is one.
    std::optional<store_identity> identity() const noexcept {
        const auto said = file_.read();
        if (!said) return std::nullopt;
        return said->identity;
    }
    /// A lower bound of the durable position; 0 without a file.
    position head() const noexcept {
        const auto said = file_.read();
        return said ? said->head : position{};
    }

    /// Waits until the position lies beyond `where` or `wait` is over; without a file at most
    /// `without_file`. Gives what `head()` gives then.
    position wait_beyond(position where, std::chrono::nanoseconds wait) {
        using clock = std::chrono::steady_clock;
        const auto longest = std::chrono::hours{24};
        const auto until = clock::now() + std::min<std::chrono::nanoseconds>(wait, longest);
        for (;;) {
            attach();
            const auto said = file_.read();
            const std::chrono::nanoseconds left = until - clock::now();
            if (said && (said->head > where || left <= left.zero())) return said->head;
            const auto slice = std::min<std::chrono::nanoseconds>(left, look_again);
            if (said && file_.wait(said->head, slice)) continue;
            nap(std::min<std::chrono::nanoseconds>(left, without_file));
            return head();
        }
    }

private:
    /// Takes the file that bears the name now, unless it is taken already.
    void attach() {
        if (file_ && file_.is_at(path_)) return;
        file_ = {};
        detail::descriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
        struct stat status{};
        if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
        auto taken = detail::watermark_file::take(std::move(file));
        if (taken.read()) file_ = std::move(taken);
    }

    static void nap(std::chrono::nanoseconds time) noexcept {
        if (time <= time.zero()) return;
        const timespec relative{0, static_cast<long>(time.count())};
        ::nanosleep(&relative, nullptr);
    }

    std::string path_;
    detail::watermark_file file_;
};

}  // namespace varve::inline v0
