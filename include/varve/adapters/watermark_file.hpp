// How readers in other processes learn that the log has grown: a small mapped file beside the store.
//
// The writer stores its durable position there after each group and wakes whoever waits, in its own
// and in other processes; readers map the file read-only and wait without polling. The file is a
// hint and not part of the store: it is not synced, it may be missing or deleted, and after the
// writer's death it stays as it was. Its position is never ahead of what was durable when it was
// written, so a reader takes it as a lower bound and looks into the store for the rest.
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

/// The mapped file. The position is the only field that changes in place.
class watermark_map {
public:
    static constexpr std::size_t size = 64;

    watermark_map() = default;
    watermark_map(watermark_map&& other) noexcept : at_(std::exchange(other.at_, nullptr)) {}
    watermark_map& operator=(watermark_map&& other) noexcept {
        std::swap(at_, other.at_);
        return *this;
    }
    ~watermark_map() {
        if (at_ != nullptr) ::munmap(at_, size);
    }

    /// Empty if the file cannot be mapped.
    static watermark_map make(int file, int protection) noexcept {
        void* at = ::mmap(nullptr, size, protection, MAP_SHARED, file, 0);
        watermark_map map;
        if (at != MAP_FAILED) map.at_ = at;
        return map;
    }

    static bytes header(const store_identity& identity, position head) {
        bytes raw;
        put_bytes(raw, as_bytes("VARVEHED"));
        put(raw, std::uint64_t{0});
        put_bytes(raw, identity.id.view());
        put(raw, identity.epoch.value);
        put(raw, head.value);
        raw.resize(size);
        return raw;
    }

    bool sound() const noexcept {
        return at_ != nullptr && as_text({raw(), 8}) == "VARVEHED" &&
               load<std::uint32_t>(raw() + 8) == 0;
    }
    store_identity identity() const noexcept {
        return {store_id::read(raw() + 16), epoch{load<std::uint64_t>(raw() + 32)}};
    }
    position head() const noexcept {
        return position{
            __atomic_load_n(reinterpret_cast<std::uint64_t*>(raw() + 40), __ATOMIC_ACQUIRE)};
    }
    void publish(position head) noexcept {
        __atomic_store_n(reinterpret_cast<std::uint64_t*>(raw() + 40), head.value,
                         __ATOMIC_RELEASE);
        ::syscall(SYS_futex, raw() + 40, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
    }
    /// Returns when the position is no longer `seen`, when `left` is over, or for no reason.
    void wait(position seen, std::chrono::nanoseconds left) const noexcept {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec relative{seconds.count(), (left - seconds).count()};
        ::syscall(SYS_futex, raw() + 40, FUTEX_WAIT, static_cast<std::uint32_t>(seen.value),
                  &relative, nullptr, 0);
    }
    explicit operator bool() const noexcept { return at_ != nullptr; }

private:
    std::byte* raw() const noexcept { return static_cast<std::byte*>(at_); }

    void* at_ = nullptr;
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
        auto map = attach(path, identity);
        if (!map) map = create(path, detail::watermark_map::header(identity, head));
        if (!map) return pass_on(std::move(map));
        watermark_writer writer;
        writer.map_ = std::move(*map);
        writer.publish(head);
        return writer;
    }

    /// Everything up to `head` is durable: says so and wakes who waits for it.
    void publish(position head) noexcept { map_.publish(head); }

private:
    using mapped = result<detail::watermark_map>;

    static mapped attach(const std::string& path, const store_identity& identity) {
        const detail::descriptor file{::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
        struct stat status{};
        if (!file || ::fstat(file.get(), &status) != 0 ||
            status.st_size < static_cast<off_t>(detail::watermark_map::size))
            return fail(errc::not_found, path);
        auto map = detail::watermark_map::make(file.get(), PROT_READ | PROT_WRITE);
        if (!map.sound() || map.identity() != identity) return fail(errc::foreign, path);
        return map;
    }

    /// Under another name first, so that no reader ever maps half a file. Written, not just sized:
    /// a mapped hole would end the process when the disk is full.
    static mapped create(const std::string& path, bytes_view header) {
        const std::string fresh = path + "-new";
        ::unlink(fresh.c_str());
        const detail::descriptor file{::open(
            fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
        if (!file) return detail::system_failure("creating '" + fresh + "'", errno);
        const ssize_t written = ::pwrite(file.get(), header.data(), header.size(), 0);
        if (written != static_cast<ssize_t>(header.size()))
            return detail::system_failure("writing '" + fresh + "'", written < 0 ? errno : ENOSPC);
        auto map = detail::watermark_map::make(file.get(), PROT_READ | PROT_WRITE);
        if (!map) return detail::system_failure("mapping '" + fresh + "'", errno);
        if (std::rename(fresh.c_str(), path.c_str()) != 0)
            return detail::system_failure("renaming '" + fresh + "'", errno);
        return map;
    }

    detail::watermark_map map_;
};

/// Sees what the writer published. One thread at a time.
class watermark_reader {
public:
    /// How long a wait lasts at most while there is no file to wait on.
    static constexpr std::chrono::milliseconds without_file{50};

    /// Never fails: if there is no file, or none of ours, then `attached()` says so, and each wait
    /// looks again.
    static watermark_reader open(std::string path) {
        watermark_reader reader;
        reader.path_ = std::move(path);
        reader.attach();
        return reader;
    }

    /// Whether there is a file. If not, the caller has to look into the store from time to time.
    bool attached() const noexcept { return static_cast<bool>(map_); }
    /// Of the store that the file belongs to, if there is one.
    std::optional<store_identity> identity() const noexcept {
        if (!map_) return std::nullopt;
        return map_.identity();
    }
    /// A lower bound of the durable position; 0 without a file.
    position head() const noexcept { return map_ ? map_.head() : position{}; }

    /// Waits until the position lies beyond `where` or `wait` is over; without a file at most
    /// `without_file`. Gives what `head()` gives then.
    position wait_beyond(position where, std::chrono::nanoseconds wait) {
        using clock = std::chrono::steady_clock;
        const auto longest = std::chrono::hours{24};
        const auto until = clock::now() + std::min<std::chrono::nanoseconds>(wait, longest);
        if (attach(); !map_) {
            nap(std::min<std::chrono::nanoseconds>(wait, without_file));
            attach();
            return head();
        }
        for (;;) {
            const position seen = map_.head();
            const auto left = until - clock::now();
            if (seen > where || left <= left.zero()) return seen;
            map_.wait(seen, left);
        }
    }

private:
    /// Maps the file that bears the name now, unless it is mapped already.
    void attach() {
        struct stat status{};
        const bool there = ::stat(path_.c_str(), &status) == 0;
        if (there && map_ && status.st_ino == inode_ && status.st_dev == device_) return;
        map_ = {};
        if (!there) return;
        const detail::descriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
        if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
            status.st_size < static_cast<off_t>(detail::watermark_map::size))
            return;
        auto map = detail::watermark_map::make(file.get(), PROT_READ);
        if (!map.sound()) return;
        map_ = std::move(map);
        inode_ = status.st_ino;
        device_ = status.st_dev;
    }

    static void nap(std::chrono::nanoseconds time) noexcept {
        if (time <= time.zero()) return;
        const timespec relative{0, static_cast<long>(time.count())};
        ::nanosleep(&relative, nullptr);
    }

    std::string path_;
    detail::watermark_map map_;
    ino_t inode_ = 0;
    dev_t device_ = 0;
};

}  // namespace varve::inline v0
