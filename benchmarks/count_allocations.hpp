// Counts what this program allocates; included by one source of a program, because it replaces operator new.
//
// Each thread counts for itself. What a library takes by `malloc` is not seen.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace bench {

inline thread_local std::size_t allocations = 0;

/// Mean allocations of this thread per call of `once()`.
template <class Once>
double allocations_of(std::size_t calls, Once&& once) {
    const std::size_t before = allocations;
    for (std::size_t i = 0; i < calls; ++i) once();
    return static_cast<double>(allocations - before) / static_cast<double>(calls);
}

}  // namespace bench

// g++ takes a `free` for a mistake where it sees only one half of the pair
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

void* operator new(std::size_t size) {
    ++bench::allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc{};
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    ++bench::allocations;
    const auto step = static_cast<std::size_t>(alignment);
    if (void* memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
    throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
