// An ascending list of positions that grows at its end.
//
// Not a std::vector, because such a list may have one entry for every event of the log: growing then
// moves pages instead of copying them, and a run of positions is written once, not twice.
#pragma once

#include <varve/assert.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <utility>

namespace varve::inline v0::detail {

/// Without repetitions. Moving it leaves an empty list.
class positions {
public:
    positions() = default;
    positions(std::initializer_list<std::uint64_t> all) {
        for (const auto each : all) push_back(each);
    }
    positions(positions&& from) noexcept { *this = std::move(from); }
    positions& operator=(positions&& from) noexcept {
        memory_ = std::move(from.memory_);
        size_ = std::exchange(from.size_, 0);
        capacity_ = std::exchange(from.capacity_, 0);
        return *this;
    }

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    const std::uint64_t* begin() const noexcept { return memory_.get(); }
    const std::uint64_t* end() const noexcept { return memory_.get() + size_; }
    std::uint64_t operator[](std::size_t i) const noexcept { return memory_[i]; }
    std::uint64_t back() const noexcept { return memory_[size_ - 1]; }

    void push_back(std::uint64_t at) {
        if (size_ == capacity_) grow(size_ + 1);
        memory_[size_++] = at;
    }

    /// Adds a position unless it is the last one already.
    void add(std::uint64_t at) {
        if (empty() || back() != at) push_back(at);
    }

    /// Adds the positions from `first` up to, and without, `end`.
    void add_run(std::uint64_t first, std::uint64_t end) {
        if (capacity_ - size_ < end - first) grow(size_ + (end - first));
        while (first != end) memory_[size_++] = first++;
    }

    friend bool operator==(const positions& a, const positions& b) noexcept {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

private:
    struct give_back {
        void operator()(std::uint64_t* memory) const noexcept { std::free(memory); }
    };

    void grow(std::size_t needed) {
        const auto wanted = std::max({needed, size_ + size_ / 2, std::size_t{4}});
        void* moved = std::realloc(memory_.get(), wanted * sizeof(std::uint64_t));
        ensure(moved != nullptr, "there is memory for the index");
        (void)memory_.release();
        memory_.reset(static_cast<std::uint64_t*>(moved));
        capacity_ = wanted;
    }

    std::unique_ptr<std::uint64_t[], give_back> memory_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace varve::inline v0::detail
