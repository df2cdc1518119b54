// Tags and headers as they lie in stored bytes, walked in place.
//
// A tag is `u16 length, bytes`; a header is `u16 key length, u32 value length, key, value`; integers
// little-endian. Whoever makes one of these ranges has checked that the bytes are whole.
#pragma once

#include <varve/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace varve::inline v0 {

/// A named value beside the payload, for whoever needs it; the store does not look inside.
struct header {
    std::string_view key;
    std::string_view value;

    friend bool operator==(const header&, const header&) = default;
};

namespace detail {

struct packed_tag {
    using value_type = std::string_view;
    static std::size_t size(const std::byte* at) noexcept { return 2u + load<std::uint16_t>(at); }
    static std::string_view read(const std::byte* at) noexcept {
        return as_text({at + 2, load<std::uint16_t>(at)});
    }
};

struct packed_header {
    using value_type = header;
    static std::size_t size(const std::byte* at) noexcept {
        return 6u + load<std::uint16_t>(at) + load<std::uint32_t>(at + 2);
    }
    static header read(const std::byte* at) noexcept {
        const std::size_t key = load<std::uint16_t>(at);
        const std::size_t value = load<std::uint32_t>(at + 2);
        return {as_text({at + 6, key}), as_text({at + 6 + key, value})};
    }
};

}  // namespace detail

/// A forward range over packed entries; copying it copies two words.
template <class Entry>
class packed_range {
public:
    using value_type = typename Entry::value_type;

    class iterator {
    public:
        using value_type = typename Entry::value_type;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::forward_iterator_tag;

        iterator() = default;
        explicit iterator(const std::byte* at) noexcept : at_(at) {}
        value_type operator*() const noexcept { return Entry::read(at_); }
        iterator& operator++() noexcept {
            at_ += Entry::size(at_);
            return *this;
        }
        iterator operator++(int) noexcept {
            auto before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(iterator, iterator) = default;

    private:
        const std::byte* at_ = nullptr;
    };

    packed_range() = default;
    packed_range(bytes_view raw, std::size_t count) noexcept : raw_(raw), count_(count) {}

    iterator begin() const noexcept { return iterator{raw_.data()}; }
    iterator end() const noexcept { return iterator{raw_.data() + raw_.size()}; }
    std::size_t size() const noexcept { return count_; }
    bool empty() const noexcept { return count_ == 0; }
    bytes_view raw() const noexcept { return raw_; }

private:
    bytes_view raw_;
    std::size_t count_ = 0;
};

using tag_range = packed_range<detail::packed_tag>;
using header_range = packed_range<detail::packed_header>;

}  // namespace varve::inline v0
