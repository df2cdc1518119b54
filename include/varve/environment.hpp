// Time, chance and threads come in as arguments: this is what they come in.
#pragma once

#include <varve/executor.hpp>
#include <varve/ids.hpp>
#include <varve/time.hpp>

#include <cstdint>
#include <mutex>
#include <random>

namespace varve::inline v0 {

/// Where chance comes from. Called from any thread.
class random_source {
public:
    virtual ~random_source() = default;
    /// 64 uniform bits.
    virtual std::uint64_t next() noexcept = 0;
};

/// The system's own source; also right after `fork()`.
class system_random_source final : public random_source {
public:
    std::uint64_t next() noexcept override {
        thread_local std::random_device device;
        return (std::uint64_t{device()} << 32) | device();
    }
};

/// Makes identifiers: UUID version 7 (RFC 9562 §5.7), increasing within a millisecond and when the
/// clock steps back (§6.2, method 1 with a 12-bit counter). Called from any thread.
class id_source {
public:
    id_source(clock_source& clock, random_source& random) : clock_(&clock), random_(&random) {}

    template <class Id>
    Id next() {
        const std::uint64_t chance = random_->next();
        const auto [milliseconds, counter] = tick();
        Id id;
        for (std::size_t i = 0; i < 6; ++i)
            id.raw[i] = static_cast<std::byte>((milliseconds >> (40 - 8 * i)) & 0xff);
        id.raw[6] = static_cast<std::byte>(0x70 | (counter >> 8));
        id.raw[7] = static_cast<std::byte>(counter & 0xff);
        detail::store(id.raw.data() + 8, chance);
        id.raw[8] = (id.raw[8] & std::byte{0x3f}) | std::byte{0x80};
        return id;
    }

private:
    struct ticked {
        std::uint64_t milliseconds;
        std::uint32_t counter;
    };

    ticked tick() {
        const auto since = clock_->now().time_since_epoch();
        const auto now = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
        const std::lock_guard lock{mutex_};
        if (now > milliseconds_) {
            milliseconds_ = now;
            counter_ = 0;
        } else if (++counter_ == 4096) {
            ++milliseconds_;
            counter_ = 0;
        }
        return {milliseconds_, counter_};
    }

    clock_source* clock_;
    random_source* random_;
    std::mutex mutex_;
    std::uint64_t milliseconds_ = 0;
    std::uint32_t counter_ = 0;
};

/// Everything that is not a function of its input. It outlives whatever it is given to.
class environment {
public:
    environment(clock_source& clock, random_source& random, varve::executor& threads)
        : clock_(&clock), random_(&random), executor_(&threads), ids_(clock, random) {}

    timestamp now() noexcept { return clock_->now(); }
    clock_source& clock() noexcept { return *clock_; }
    random_source& random() noexcept { return *random_; }
    varve::executor& executor() noexcept { return *executor_; }
    id_source& ids() noexcept { return ids_; }

    /// Production: the machine's clock, the system's randomness, two threads started at first use.
    static environment& system() {
        static system_clock_source clock;
        static system_random_source random;
        static thread_executor threads{2};
        static environment instance{clock, random, threads};
        return instance;
    }

private:
    clock_source* clock_;
    random_source* random_;
    varve::executor* executor_;
    id_source ids_;
};

}  // namespace varve::inline v0
