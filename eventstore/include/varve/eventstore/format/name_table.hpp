// A small table of a batch in the making: each entry once, in order of first use.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace varve::inline v0::detail {

/// Finds entries by walking back over the last few; only a long table is asked by hash as well.
/// Appends name few streams and types, and mostly the one before.
class name_table_index {
public:
    /// The index of an entry in the table, added if it is new. `same(entry)` recognises it, `make()`
    /// makes it, `hash(entry)` is asked only if the table is long.
    template <class Entry, class Hash, class Same, class Make>
    std::size_t index_in(std::vector<Entry>& table, Hash&& hash, Same&& same, Make&& make) {
        for (std::size_t i = table.size(); i-- > 0 && table.size() - i <= few;)
            if (same(table[i])) return i;
        if (table.size() > few) {
            if (known_.empty())
                for (std::size_t i = 0; i < table.size(); ++i) known_.emplace(hash(table[i]), i);
            const auto made = make();
            const std::size_t hashed = hash(made);
            for (auto [at, end] = known_.equal_range(hashed); at != end; ++at)
                if (same(table[at->second])) return at->second;
            known_.emplace(hashed, table.size());
        }
        table.push_back(make());
        return table.size() - 1;
    }

private:
    static constexpr std::size_t few = 16;
    std::unordered_multimap<std::size_t, std::size_t> known_;  // hash of an entry, its index
};

}  // namespace varve::inline v0::detail
