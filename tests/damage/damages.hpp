// What can happen to a file: a bit flips, a sector is zeros, the end is gone, an old one comes back.
#pragma once

#include "damage/image.hpp"

#include <varve/testing/random.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve::tests {

enum class harm : std::uint8_t {
    flipped_bit,
    zeroed_sector,   ///< 512 bytes, aligned.
    zeroed_page,     ///< 4096 bytes, aligned.
    emptied,         ///< Cut to nothing.
    halved,          ///< Cut to half.
    one_byte_short,  ///< Cut by one byte.
    cut,             ///< Cut to a drawn length.
    grown,           ///< Drawn bytes behind its end.
    stale,           ///< As it, or one of its kind, was earlier in the store's life.
    missing,
    swapped,  ///< With the same file of another store, or one of its kind.
};
inline constexpr std::array harms{harm::flipped_bit, harm::zeroed_sector, harm::zeroed_page,
                                  harm::emptied,     harm::halved,        harm::one_byte_short,
                                  harm::cut,         harm::grown,         harm::stale,
                                  harm::missing,     harm::swapped};

constexpr std::string_view to_string(harm what) noexcept {
    switch (what) {
        case harm::flipped_bit: return "flipped bit";
        case harm::zeroed_sector: return "zeroed sector";
        case harm::zeroed_page: return "zeroed page";
        case harm::emptied: return "emptied";
        case harm::halved: return "halved";
        case harm::one_byte_short: return "one byte short";
        case harm::cut: return "cut";
        case harm::grown: return "grown";
        case harm::stale: return "stale";
        case harm::missing: return "missing";
        case harm::swapped: return "swapped";
    }
    return "?";
}

/// One file and what was done to it.
struct damage {
    std::string file;
    harm what{};
    std::optional<std::string> content{};  ///< What it holds now; nothing: it is missing.
    std::string words{};                   ///< For people: `bit 3 of byte 4711`.

    void apply(image& to) const {
        if (content)
            to[file] = *content;
        else
            to.erase(file);
    }
};

/// Draws damages. `part` of `parts` says in which stretch of the file a place is drawn, so that a row
/// of damages covers all of it.
class damage_source {
public:
    explicit damage_source(testkit::seeded_random& chance) : chance_(&chance) {}

    /// Nothing if that cannot happen to the file: it is empty, or what it would become is what it is.
    /// `others`: what stale or swapped files may hold instead.
    std::optional<damage> draw(const std::string& file, const std::string& content, harm what,
                               const std::vector<std::string>& others, std::uint64_t part,
                               std::uint64_t parts) {
        damage made{.file = file, .what = what};
        if (what == harm::missing) return made;
        if (what == harm::stale || what == harm::swapped) {
            std::vector<const std::string*> differ;
            for (const auto& each : others)
                if (each != content) differ.push_back(&each);
            if (differ.empty()) return std::nullopt;
            made.content = *differ[chance_->below(differ.size())];
            return made;
        }
        made.content = content;
        if (what == harm::grown)
            grow(made);
        else if (content.empty())
            return std::nullopt;
        else
            change(made, part, parts);
        if (*made.content == content) return std::nullopt;
        return made;
    }

private:
    void grow(damage& made) {
        const auto more = chance_->between(1, 5000);
        for (std::uint64_t i = 0; i < more; ++i)
            *made.content += static_cast<char>(chance_->next());
        made.words = std::to_string(more) + " bytes more";
    }

    void change(damage& made, std::uint64_t part, std::uint64_t parts) {
        auto& content = *made.content;
        const std::uint64_t size = content.size();
        const std::uint64_t low = size * part / parts;
        const std::uint64_t at = low + chance_->below(std::max<std::uint64_t>(
                                           1, size * (part + 1) / parts - low));
        switch (made.what) {
            case harm::flipped_bit: {
                const auto bit = chance_->below(8);
                content[at] = static_cast<char>(content[at] ^ (1 << bit));
                made.words = "bit " + std::to_string(bit) + " of byte " + std::to_string(at);
                return;
            }
            case harm::zeroed_sector: return zero(made, at, 512);
            case harm::zeroed_page: return zero(made, at, 4096);
            case harm::emptied: return cut(made, 0);
            case harm::halved: return cut(made, size / 2);
            case harm::one_byte_short: return cut(made, size - 1);
            default: return cut(made, at);
        }
    }

    /// The sector at `at`, or the next one behind it that is not zeros already.
    void zero(damage& made, std::uint64_t at, std::uint64_t sector) {
        auto& content = *made.content;
        const auto sectors = (content.size() + sector - 1) / sector;
        for (std::uint64_t i = 0; i < sectors; ++i) {
            const auto begin = (at / sector + i) % sectors * sector;
            const auto length = std::min<std::uint64_t>(sector, content.size() - begin);
            const auto found = std::string_view{content}.substr(begin, length);
            if (found.find_first_not_of('\0') == std::string_view::npos) continue;
            content.replace(begin, length, length, '\0');
            made.words = "from byte " + std::to_string(begin);
            return;
        }
    }

    void cut(damage& made, std::uint64_t size) {
        made.words = "from " + std::to_string(made.content->size()) + " bytes to " +
                     std::to_string(size);
        made.content->resize(size);
    }

    testkit::seeded_random* chance_;
};

}  // namespace varve::tests
