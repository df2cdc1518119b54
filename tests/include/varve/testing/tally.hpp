// A small domain whose fold shows every event that is missing, doubled or out of order.
#pragma once

#include <varve/snapshotted.hpp>
#include <varve/testing/store_test.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::testkit {

struct counted {
    static constexpr std::string_view wire_name = "counted";
    std::uint64_t n = 0;
};
struct mixed {
    static constexpr std::string_view wire_name = "mixed";
    std::uint64_t factor = 0;
};

/// Each fold version comes to other numbers.
template <std::uint32_t Fold>
struct tally {
    static constexpr std::string_view category = "tally";
    static constexpr std::uint32_t fold_version = Fold;
    using events = varve::events<counted, mixed>;

    std::uint64_t sum = 0;
    std::uint64_t count = 0;

    void evolve(const counted& e) noexcept { sum += e.n * Fold, ++count; }
    void evolve(const mixed& e) noexcept { sum = sum * e.factor + Fold, ++count; }
    friend bool operator==(const tally&, const tally&) = default;
};

using old_tally = tally<1>;
using new_tally = tally<2>;

/// The same, said to be written otherwise.
struct later_tally {
    static constexpr std::string_view category = "tally";
    static constexpr std::uint32_t fold_version = 1;
    static constexpr std::uint32_t schema_version = 2;
    using events = varve::events<counted, mixed>;

    std::uint64_t sum = 0;
    std::uint64_t count = 0;

    void evolve(const counted& e) noexcept { sum += e.n, ++count; }
    void evolve(const mixed& e) noexcept { sum = sum * e.factor + 1, ++count; }
    friend bool operator==(const later_tally&, const later_tally&) = default;
};
/// The same, but somebody added a member and forgot to say so.
struct wider_tally {
    static constexpr std::string_view category = "tally";
    static constexpr std::uint32_t fold_version = 1;
    using events = varve::events<counted, mixed>;

    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    std::uint64_t last = 0;

    void evolve(const counted& e) noexcept { sum += e.n, ++count, last = e.n; }
    void evolve(const mixed& e) noexcept { sum = sum * e.factor + 1, ++count, last = e.factor; }
    friend bool operator==(const wider_tally&, const wider_tally&) = default;
};

/// Appends, snapshots and loads of tallies.
template <class H>
class tally_world : public store_world<H> {
public:
    using store_world<H>::store_world;

    result<receipt> add(std::string_view stream, std::uint64_t events = 1) {
        draft request{this->new_id()};
        for (; events != 0; --events) {
            const bool counts = this->chance.chance(70);
            const auto payload = counts ? encode(counted{this->chance.below(1000)})
                                        : encode(mixed{this->chance.between(2, 7)});
            request.event(owned_event{.stream = std::string{stream},
                                      .type = counts ? "counted" : "mixed",
                                      .payload = std::string{as_text(payload)}});
        }
        return request.append_to(this->store());
    }

    result<receipt> end(std::string_view stream, ending how) {
        return this->store().end_stream({.id = this->new_id(), .stream = stream, .how = how});
    }

    /// What a load through a snapshot says, which must be what a full fold says.
    template <class State>
    loaded<State> same(std::string_view stream) {
        const auto full = load<State>(this->store(), stream);
        const auto quick = load_with_snapshot<State>(this->store(), stream);
        EXPECT_TRUE(full) << words_of(full);
        EXPECT_TRUE(quick) << words_of(quick);
        if (!full || !quick) return {};
        EXPECT_EQ(quick->state, full->state) << stream << " at revision " << full->revision.value;
        EXPECT_EQ(quick->revision, full->revision) << stream;
        EXPECT_EQ(quick->head, full->head) << stream;
        return *quick;
    }

    template <class State>
    snapshot_saving keep(std::string_view stream) {
        const auto saved = save_snapshot_of<State>(this->store(), stream);
        EXPECT_TRUE(saved) << words_of(saved);
        return saved ? *saved : snapshot_saving::kept;
    }

    std::vector<snapshot_entry> listed(std::string_view prefix = {}) {
        auto all = this->store().snapshots(prefix);
        EXPECT_TRUE(all) << words_of(all);
        return all ? std::move(*all) : std::vector<snapshot_entry>{};
    }

    snapshot_stats counts() { return this->store().snapshot_counts(); }
};

}  // namespace varve::inline v0::testkit
